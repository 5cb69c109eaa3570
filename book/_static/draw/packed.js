// Files that are stored packed (gzip), whatever the server is called and however it labels them.

/** Fetch a file and unpack it as it arrives, unless the server has done so. `received(n)` is told of each n bytes. */
export async function unpacked(address, type, received = () => {}) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  const reader = answer.body.getReader();
  const next = async () => {
    const { done, value } = await reader.read();
    if (!done) received(value.length);
    return done ? null : value;
  };
  const start = await next();
  let body = new ReadableStream({
    start: (stream) => stream.enqueue(start),
    pull: async (stream) => {
      const value = await next();
      if (value) stream.enqueue(value);
      else stream.close();
    },
  });
  if (start[0] === 0x1f && start[1] === 0x8b) body = body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(body, { headers: { "content-type": type } });
}
