// Runs preparation and networks beside the page, so that drawing never waits for them.
// Asked { id, kind, … }, it answers { id, … }; while it loads it says { received }, { settings }, { loaded: key }, { failed }.

import { unpacked } from "./packed.js";
import { SIDE, atNormalSize, paint } from "./strokes.js";

const here = (name) => new URL(name, import.meta.url).href;
const WASM = "ort-wasm-simd-threaded";
const SEEN = 28; // pixels, each side of what the networks see
const COVER = 5; // pixels, each side of the square that covers a part of it
const CENTRES = Array.from({ length: 12 }, (_, i) => 2 + 2 * i); // of the squares: as in sixtytwo.experiments.inspection
const BATCH = 24;

let received = 0;
let told = 0;
function count(bytes) {
  received += bytes;
  if (performance.now() - told < 100) return;
  told = performance.now();
  postMessage({ received });
}

const file = (name, type = "application/octet-stream") => unpacked(here(name), type, count);
const bytes = async (name) => new Uint8Array(await (await file(name)).arrayBuffer());

// The runtime fetches its WebAssembly by its own name: it gets what is on its way already, unpacked.
const wasm = file(`${WASM}.gz.wasm`, "application/wasm");
wasm.catch((error) => postMessage({ failed: String(error) })); // the runtime would wait for it
const usual = self.fetch.bind(self);
self.fetch = (address, ...rest) => (String(address?.url ?? address).endsWith(`${WASM}.wasm`) ? wasm : usual(address, ...rest));

let runtime, preparation, usable;
const first = new Promise((go) => (usable = go)); // resolved when a network can answer
const networks = new Map(); // key -> session, in the order of loading

async function load() {
  const starting = import(here("ort.wasm.bundle.min.mjs"));
  const graph = bytes("drawing.onnx");
  const settings = await (await usual(here("draw.json"))).json();
  postMessage({ settings });
  const files = [...settings.models].sort((a, b) => a.rank - b.rank);
  const first = bytes(files[0].file);
  runtime = await starting;
  runtime.env.wasm.numThreads = 1; // static hosts do not send the headers that threads need
  const open = async (content) => runtime.InferenceSession.create(await content);
  preparation = await open(graph);
  for (const [i, { key, file: name }] of files.entries()) {
    const content = i ? bytes(name) : first;
    const session = await open(content);
    await probabilities(session, new Float32Array(SEEN * SEEN)); // the first run of a session is slow
    networks.set(key, session);
    postMessage({ loaded: key, received });
    usable();
  }
}

async function probabilities(session, images) {
  const input = new runtime.Tensor("float32", images, [images.length / (SEEN * SEEN), SEEN, SEEN, 1]);
  const output = await session.run({ [session.inputNames[0]]: input });
  return output[session.outputNames[0]].data;
}

let paper;
/** A drawing at normal size, as grey pixels. */
function drawn(strokes) {
  paper ??= new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  paint(paper, strokes.length ? atNormalSize(strokes) : []);
  const { data } = paper.getImageData(0, 0, SIDE, SIDE);
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i]);
}

/** What the networks see of strokes or of grey pixels, and the answers of those that are loaded; none for an empty pad. */
async function look({ strokes, pixels }) {
  const canvas = new runtime.Tensor("float32", pixels ?? drawn(strokes), [SIDE, SIDE]);
  const image = (await preparation.run({ canvas })).image.data;
  if (!image.some((value) => value > 0)) return { image, answers: null };
  const answers = {};
  for (const [key, session] of networks) answers[key] = await probabilities(session, image);
  return { image, answers };
}

let interrupted = false;

/** How much probability of a class a network loses where a square covers the image: 12 rows of 12; null if interrupted. */
async function heat({ image, key, label }) {
  const session = networks.get(key);
  const places = CENTRES.flatMap((row) => CENTRES.map((column) => [row, column]));
  const whole = (await probabilities(session, image))[label];
  const lost = [];
  for (let start = 0; start < places.length; start += BATCH) {
    await new Promise((go) => setTimeout(go)); // lets questions in
    if (interrupted) return { lost: null };
    const part = places.slice(start, start + BATCH);
    const covered = new Float32Array(part.length * SEEN * SEEN);
    part.forEach(([row, column], n) => {
      covered.set(image, n * SEEN * SEEN);
      for (let y = row - 2; y < row - 2 + COVER; y++) {
        covered.fill(0, n * SEEN * SEEN + y * SEEN + column - 2, n * SEEN * SEEN + y * SEEN + column - 2 + COVER);
      }
    });
    const found = await probabilities(session, covered);
    part.forEach((_, n) => lost.push(whole - found[(n * found.length) / part.length + label]));
  }
  return { lost };
}

const kinds = { look, heat };
load().catch((error) => postMessage({ failed: String(error) }));

let previous = first;
self.onmessage = ({ data }) => {
  interrupted = true;
  previous = previous.then(async () => {
    if (data.kind === "heat") interrupted = false;
    try {
      postMessage({ id: data.id, ...(await kinds[data.kind](data)) });
    } catch (error) {
      postMessage({ id: data.id, error: String(error) });
    }
  });
};
