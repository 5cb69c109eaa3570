// The drawing page (book/draw.md): a canvas, EMNIST's preprocessing and all models, in the browser alone.
// draw.json (written by src/sixtytwo/report/draw_page.py) lists classes, look-alikes and models; everything is loaded from this folder.

const here = (name) => new URL(name, import.meta.url).href;
const element = (id) => document.getElementById(`draw-${id}`);
const PEN = 18; // canvas pixels
const GUESSES = 5;

// --- models ----------------------------------------------------------------------------------------------------------

let book, runtime, preparation, models;

async function load() {
  const bytes = async (file) => new Uint8Array(await (await fetch(here(file))).arrayBuffer());
  const starting = import(here("ort.wasm.bundle.min.mjs"));
  const graph = bytes("drawing.onnx");
  book = await (await fetch(here("draw.json"))).json();
  const files = [graph, ...book.models.map((model) => bytes(model.file))]; // fetched while the runtime starts
  runtime = await starting;
  runtime.env.wasm.numThreads = 1; // static hosts do not send the headers that threads need
  const open = async (file) => runtime.InferenceSession.create(await file);
  [preparation, ...models] = await Promise.all(files.map(open));
  await domReady;
  await look(); // the first run of a session is slow
}

const domReady = new Promise((go) => {
  if (document.readyState !== "loading") go();
  else document.addEventListener("DOMContentLoaded", go);
});

/** The canvas as EMNIST would have it: tensor [1, 28, 28, 1]. */
async function prepare() {
  const { data } = ink.getImageData(0, 0, pad.width, pad.height);
  const grey = new Float32Array(pad.width * pad.height);
  for (let i = 0; i < grey.length; i++) grey[i] = (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3;
  const canvas = new runtime.Tensor("float32", grey, [pad.height, pad.width]);
  return (await preparation.run({ canvas })).image;
}

/** Probabilities of all classes by each model, in the order of book.models. */
async function guess(image) {
  const answers = [];
  for (const model of models) {
    const output = await model.run({ [model.inputNames[0]]: image });
    answers.push(output[model.outputNames[0]].data);
  }
  return answers;
}

const best = (probabilities) =>
  [...probabilities]
    .map((probability, i) => ({ char: book.classes[i], probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, GUESSES);

let previous = Promise.resolve(); // a session runs once at a time

/** What the networks see, and the probabilities of each model; no probabilities for an empty canvas. */
function look() {
  const now = previous.then(async () => {
    const image = await prepare();
    const answers = await guess(image);
    return { image, answers: image.data.some((value) => value > 0) ? answers : null };
  });
  previous = now.catch(() => {});
  return now;
}

/** The five best guesses of each model for what is on the canvas; none for an empty canvas. */
async function classify() {
  await ready;
  const { answers } = await look();
  return Object.fromEntries(book.models.map((model, i) => [model.key, answers ? best(answers[i]) : []]));
}

/** What the networks see, 28 rows of 28 pixels in [0, 1]. */
async function see() {
  await ready;
  return (await look()).image.data;
}

const ready = load();
window.drawDemo = { ready, classify, see };

await domReady;

const pad = element("pad");
const ink = pad.getContext("2d", { willReadFrequently: true });
let strokes = []; // each a list of [x, y]; undo removes the last

// --- what the page shows -----------------------------------------------------------------------------------------------

const percent = (p) => (p > 0.995 ? "> 99 %" : `${Math.round(100 * p)} %`);

function create(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Characters that look like this one, itself among them; itself alone if there are none. */
const alike = (char) => book.look_alikes.find((group) => group.includes(char)) ?? [char];

/** "0, O or o: > 99 % together", for the best guess and its look-alikes. */
function summary(probabilities) {
  const group = alike(best(probabilities)[0].char);
  const total = group.reduce((sum, char) => sum + probabilities[book.classes.indexOf(char)], 0);
  if (group.length === 1) return `${group[0]}: ${percent(total)}`;
  return `${group.slice(0, -1).join(", ")} or ${group.at(-1)}: ${percent(total)} together`;
}

function card(model, probabilities) {
  const made = create("section", "draw-card");
  made.style.setProperty("--model", model.colour);
  made.append(create("h2", "", model.title));
  made.append(create("p", "draw-alike", probabilities ? summary(probabilities) : "\u00a0"));
  const list = create("ol", "");
  const guesses = probabilities ? best(probabilities) : Array(GUESSES).fill(null);
  const group = guesses[0] ? alike(guesses[0].char) : [];
  for (const found of guesses) {
    const line = create("li", found && group.includes(found.char) ? "draw-in-group" : "");
    const bar = create("span", "draw-bar");
    bar.style.setProperty("--share", found?.probability ?? 0);
    line.append(create("span", "draw-char", found?.char ?? "\u00a0"), bar);
    line.append(create("span", "draw-percent", found ? percent(found.probability) : ""));
    list.append(line);
  }
  made.append(list);
  return made;
}

function showSeen(image) {
  const pixels = new ImageData(28, 28);
  image.data.forEach((value, i) => pixels.data.set([255 * value, 255 * value, 255 * value, 255], 4 * i));
  element("seen").getContext("2d").putImageData(pixels, 0, 0);
}

/** After a stroke, for those who listen to the page. */
function announce(answers) {
  element("status").textContent = answers
    ? book.models.map((model, i) => `${model.title}: ${best(answers[i])[0].char}`).join(", ")
    : "Draw a character.";
}

let working = false;
let changed = false;
let finished = false; // a stroke ended: worth announcing

/** Show the guesses for the present canvas; what changes meanwhile is shown next. */
async function update() {
  element("undo").disabled = element("clear").disabled = strokes.length === 0;
  changed = true;
  if (!models || working) return;
  working = true;
  while (changed) {
    changed = false;
    const { image, answers } = await look();
    showSeen(image);
    element("guesses").replaceChildren(...book.models.map((model, i) => card(model, answers?.[i])));
    if (finished && !changed) announce(answers);
  }
  working = finished = false;
}

function finish() {
  finished = true;
  update();
}

// --- drawing -----------------------------------------------------------------------------------------------------------

function line(from, to) {
  ink.strokeStyle = "#000";
  ink.lineWidth = PEN;
  ink.lineCap = ink.lineJoin = "round";
  ink.beginPath();
  ink.moveTo(...from);
  ink.lineTo(...to);
  ink.stroke();
}

function redraw() {
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, pad.width, pad.height);
  for (const stroke of strokes) stroke.forEach((point, i) => line(stroke[Math.max(i - 1, 0)], point));
}

/** Other strokes than those on the canvas; whatever was being drawn ends. */
function replace(newStrokes) {
  strokes = newStrokes;
  penDown = false;
  drawing = null;
  redraw();
  finish();
}

const undo = () => replace(strokes.slice(0, -1));
const clear = () => replace([]);

function draw(point) {
  const stroke = strokes.at(-1);
  line(stroke.at(-1) ?? point, point);
  stroke.push(point);
  update();
}

/** Where on the canvas a pointer is; the canvas may be shown smaller than it is. */
function where(event) {
  const box = pad.getBoundingClientRect();
  return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height];
}

let drawing = null; // the pointer that draws: other fingers are ignored

pad.addEventListener("pointerdown", (event) => {
  if (drawing !== null || event.button !== 0) return;
  drawing = event.pointerId;
  pad.setPointerCapture(drawing);
  penDown = false;
  strokes.push([]);
  draw(where(event));
});

pad.addEventListener("pointermove", (event) => {
  if (event.pointerId !== drawing) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const each of events.length ? events : [event]) draw(where(each));
});

for (const name of ["pointerup", "pointercancel"]) {
  pad.addEventListener(name, (event) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    finish();
  });
}

// The keyboard moves a pen of its own.
const STEP = 14;
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const cursor = element("cursor");
let pen = [pad.width / 2, pad.height / 2];
let penDown = false;

function showCursor() {
  cursor.hidden = document.activeElement !== pad;
  cursor.classList.toggle("draw-down", penDown);
  cursor.style.left = `${(100 * pen[0]) / pad.width}%`;
  cursor.style.top = `${(100 * pen[1]) / pad.height}%`;
}

pad.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") undo();
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (event.key === "Delete" || event.key === "Backspace") clear();
  else if (event.key === " ") {
    penDown = !penDown;
    if (penDown) {
      strokes.push([]);
      draw(pen);
    } else finish();
  } else if (event.key in ARROWS) {
    pen = pen.map((value, i) => Math.min(Math.max(value + ARROWS[event.key][i], 0), pad.width));
    if (penDown) draw(pen);
  } else return;
  event.preventDefault();
  showCursor();
});
pad.addEventListener("focus", () => {
  if (pad.matches(":focus-visible")) showCursor();
});
pad.addEventListener("blur", showCursor);

element("undo").addEventListener("click", undo);
element("clear").addEventListener("click", clear);

// Strokes on a grid of 100 by 100: what a hand might draw, not EMNIST images.
const arc = (x, y, rx, ry, from, to, n = 24) =>
  Array.from({ length: n + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / n) * Math.PI) / 180;
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  });
const SAMPLES = {
  3: [[...arc(48, 32, 22, 18, -150, 90), ...arc(48, 69, 25, 19, -90, 150)]],
  8: [[...arc(50, 31, 18, 17, 90, 450), ...arc(50, 69, 23, 20, -90, 270)]],
  A: [[[24, 86], [50, 14], [76, 86]], [[34, 60], [66, 60]]],
  R: [[[30, 86], [30, 14]], [[30, 15], ...arc(46, 33, 22, 18, -90, 90), [32, 51]], [[44, 52], [74, 86]]],
  b: [[[32, 12], [32, 86]], arc(50, 66, 19, 20, -180, 180)],
  g: [arc(48, 36, 21, 20, 0, 360), [[69, 18], [69, 68], ...arc(48, 68, 21, 18, 0, 150)]],
  O: [arc(50, 50, 30, 36, -90, 270)],
};

for (const [name, sample] of Object.entries(SAMPLES)) {
  const button = create("button", "", name);
  button.type = "button";
  button.setAttribute("aria-label", `Draw a sample ${name}`);
  const strokes = sample.map((stroke) => stroke.map((point) => point.map((value) => (value * pad.width) / 100)));
  button.addEventListener("click", () => replace(strokes));
  element("samples").append(button);
}

// --- start -------------------------------------------------------------------------------------------------------------

redraw();
ready.then(
  finish,
  (error) => {
    console.warn(error);
    document.getElementById("draw").classList.add("draw-failed");
    element("status").textContent =
      "The networks could not be loaded here, so nothing will guess. The browser must support WebAssembly and open this page " +
      "from a web server, not as a file. The rest of the book works.";
  },
);
