// The drawing page (book/draw.md): brings pad, networks and cards together. Everything is loaded from this folder.

import { Card, alike, best } from "./guesses.js";
import { HeatMaps } from "./heat.js";
import * as meant from "./meant.js";
import { ask, onProgress, started, state } from "./networks.js";
import { Pad } from "./pad.js";
import { button, create, domReady, element, showPixels } from "./page.js";
import { SAMPLES } from "./samples.js";
import { decode, encode } from "./strokes.js";
import { takePictures } from "./upload.js";

const PAUSE = 120; // milliseconds between guesses while the pen is down
const LINK = "#draw=";

/** The five best guesses of each model for what is on the canvas; none for an empty canvas. */
async function classify() {
  await started.all;
  const [{ answers }, { models, classes }] = [await ask("look", pad.content()), await started.settings];
  return Object.fromEntries(models.map(({ key }) => [key, answers ? best(answers[key], classes) : []]));
}

/** What the networks see, 28 rows of 28 pixels in [0, 1]. */
async function see() {
  await started.first;
  return (await ask("look", pad.content())).image;
}

const ready = Promise.all([started.first, started.settings, domReady]).then(() => {});
window.drawDemo = { ready, classify, see };

await domReady;

const pad = new Pad(element("pad"), element("sharp"), element("cursor"), (finished) => refresh(finished));
const heat = new HeatMaps(ask);
let settings;
let cards = [];
let latest = { image: null, answers: null };

let unread = ""; // what the reader should know before drawing

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

/** What is being loaded, or what the networks say, for those who listen to the page as well. */
function report() {
  const { models = [], bytes = 0 } = settings ?? {};
  const missing = models.length - state.loaded.length;
  const loading = `${megabytes(state.received)} of ${megabytes(bytes)} MB`;
  if (unread) say(unread);
  else if (!settings || !state.loaded.length) say(settings ? `Loading the first network: ${loading}` : "Loading the networks …");
  else if (missing) say(`${state.loaded.length} of ${models.length} networks answer; loading: ${loading}`);
  else if (!latest.answers) say("Draw a character.");
  else {
    const read = models.map(({ key, title }) => latest.answers[key] && `${title}: ${best(latest.answers[key], settings.classes)[0].char}`);
    say(read.filter(Boolean).join(", "));
  }
}

function say(text) {
  if (element("status").textContent !== text) element("status").textContent = text;
}

let working = false;
let changed = false;
let finished = false; // a stroke ended: worth announcing

/** Show the guesses for the present canvas; what changes meanwhile is shown next. */
async function refresh(ended) {
  element("undo").disabled = !pad.strokes.length && !pad.cleared;
  element("clear").disabled = pad.empty;
  changed = true;
  finished ||= ended;
  if (!pad.empty) unread = "";
  if (!settings || !state.loaded.length || working) return;
  working = true;
  while (changed) {
    changed = false;
    latest = await ask("look", pad.content());
    showPixels(element("seen"), latest.image);
    for (const card of cards) card.show(latest.answers && latest.answers[card.model.key]);
    heat.remove(cards);
    if (pad.drawing) await new Promise((go) => setTimeout(go, PAUSE));
  }
  working = false;
  element("clear").disabled = pad.empty;
  element("count").disabled = !latest.answers;
  if (!finished) return;
  finished = false;
  report();
  heat.show(cards, latest, settings);
}

function follow() {
  report();
  if (state.loaded.length && settings) refresh(false);
}

/** The drawing of the page's address, if it carries one. */
function fromLink() {
  if (!location.hash.startsWith(LINK)) return;
  const strokes = decode(location.hash.slice(LINK.length));
  if (strokes) pad.replace(strokes);
  else unread = "The link carries no drawing that this page can read; it may have been cut.";
  report();
}

async function copyLink() {
  if (!pad.strokes.length) return say("Draw something first: a link carries strokes, not pictures.");
  history.replaceState(null, "", LINK + encode(pad.strokes));
  try {
    await navigator.clipboard.writeText(location.href);
    say("Link copied: whoever opens it sees your drawing.");
  } catch {
    say("The address of this page carries your drawing now: copy it.");
  }
}

function offerMeant() {
  const choice = element("meant");
  choice.append(...settings.classes.map((char) => new Option(char, char)));
  element("count").addEventListener("click", () => {
    if (!latest.answers) return say("Draw a character first.");
    if (!choice.value) return say("Choose the character that you meant.");
    meant.count(latest.answers, choice.value, settings);
    meant.show(cards);
    const group = alike(choice.value, settings.look_alikes);
    say(`Counted as ${choice.value}${group.length > 1 ? `, which looks like ${group.filter((c) => c !== choice.value).join(", ")}` : ""}.`);
  });
  element("forget").addEventListener("click", () => {
    meant.forget();
    meant.show(cards);
  });
}

for (const [name, strokes] of SAMPLES) {
  element("samples").append(button(name, () => pad.replace(strokes), `Draw a sample ${name}`));
}
element("undo").addEventListener("click", () => pad.undo());
element("clear").addEventListener("click", () => pad.clear());
element("link").addEventListener("click", copyLink);
element("why").addEventListener("click", ({ target }) => {
  heat.on = !heat.on;
  target.setAttribute("aria-pressed", heat.on);
  heat.show(cards, latest, settings);
});
addEventListener("hashchange", fromLink);
onProgress(follow);

function fail(error) {
  onProgress(() => {});
  console.warn(error);
  document.getElementById("draw").classList.add("draw-failed");
  say(
    "The networks could not be loaded here, so nothing will guess. The browser must support WebAssembly and open this page " +
      "from a web server, not as a file. The rest of the book works.",
  );
}
async function start() {
  settings = await started.settings;
  cards = settings.models.map((model) => new Card(model, settings));
  element("guesses").replaceChildren(...cards.map(({ root }) => root));
  offerMeant();
  meant.show(cards);
  takePictures(pad, ask, settings, started.all, say);
  follow();
  await started.all;
  refresh(true);
}
fromLink();
start().catch(fail);
