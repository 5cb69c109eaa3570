// The page's side of worker.js: asks it, and knows what is loaded. It starts the worker at once, before the page is there.

const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const waiting = new Map(); // id -> what to do with the answer
let asked = 0;

function promise() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  made.promise.catch(() => {}); // whoever waits for it is told
  return made;
}
const [settings, first, all] = [promise(), promise(), promise()];

/** What draw.json says; the first network can answer; all can. */
export const started = { settings: settings.promise, first: first.promise, all: all.promise };

/** What has been loaded: bytes received, keys of networks. */
export const state = { received: 0, loaded: [] };

let tell = () => {};
/** Have a function called whenever `state` changes. */
export const onProgress = (listener) => (tell = listener);

/** Ask the worker: kind "look" { strokes } or { pixels }, or "heat" { image, key, label }. */
export function ask(kind, question) {
  asked += 1;
  const answer = promise();
  waiting.set(asked, answer);
  worker.postMessage({ id: asked, kind, ...question });
  return answer.promise;
}

function fail(reason) {
  for (const each of [settings, first, all, ...waiting.values()]) each.reject(new Error(reason));
}

worker.onerror = (event) => fail(event.message || "the worker did not start");
worker.onmessage = ({ data }) => {
  if (data.failed) return fail(data.failed);
  if (data.settings) return settings.resolve(data.settings);
  if (data.id) {
    const answer = waiting.get(data.id);
    waiting.delete(data.id);
    return data.error ? answer.reject(new Error(data.error)) : answer.resolve(data);
  }
  state.received = data.received ?? state.received;
  if (data.loaded) {
    state.loaded.push(data.loaded);
    first.resolve();
    settings.promise.then(({ models }) => models.length === state.loaded.length && all.resolve());
  }
  tell();
};
