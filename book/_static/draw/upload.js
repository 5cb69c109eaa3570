// Pictures of characters: chosen, photographed, pasted or dropped. One character goes to the pad, several are read in turn.

import { best } from "./guesses.js";
import { button, create, element } from "./page.js";
import { cut } from "./paper.js";
import { SIDE } from "./strokes.js";

const LARGEST = 900; // pixels: a larger picture is made smaller first
const FILLED = 240; // pixels: longer side of a character on the pad

function pixels(width, height) {
  const canvas = create("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff"; // where a picture is transparent
  context.fillRect(0, 0, width, height);
  return context;
}

async function read(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LARGEST / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(scale * side)));
  const context = pixels(width, height);
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** A character as a canvas like the pad: black on white, in the middle. */
function onPaper({ width, height, ink }) {
  const small = pixels(width, height);
  const image = small.getImageData(0, 0, width, height);
  ink.forEach((inked, i) => inked && image.data.set([0, 0, 0, 255], 4 * i));
  small.putImageData(image, 0, 0);
  const scale = FILLED / Math.max(width, height);
  const context = pixels(SIDE, SIDE);
  context.imageSmoothingQuality = "high";
  context.drawImage(small.canvas, (SIDE - scale * width) / 2, (SIDE - scale * height) / 2, scale * width, scale * height);
  return context;
}

function grey(context) {
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i]);
}

/** Below the pad: each character, and what each network reads. */
async function showLine(found, pad, ask, settings) {
  const papers = found.map(onPaper);
  const looks = await Promise.all(papers.map((context) => ask("look", { pixels: grey(context) })));
  const row = create("p", "draw-cuts");
  papers.forEach(({ canvas }, i) => {
    const choose = button("", () => pad.show(canvas), `Put character ${i + 1} on the pad`);
    choose.append(canvas);
    row.append(choose);
  });
  const readings = create("dl", "draw-readings");
  for (const { key, title } of settings.models) {
    const text = looks.map(({ answers }) => (answers?.[key] ? best(answers[key], settings.classes)[0].char : "·")).join("");
    readings.append(create("dt", "", title), create("dd", "", text));
  }
  element("line").replaceChildren(create("h2", "", `${found.length} characters`), row, readings);
}

/** Make the page take pictures. `say(text)` tells the reader what became of one. */
export function takePictures(pad, ask, settings, all, say) {
  const take = async (file) => {
    element("line").replaceChildren();
    try {
      say("Looking for characters …");
      const found = cut(await read(file));
      if (!found.length) return say("No ink found in this picture: dark strokes on light paper are expected.");
      pad.show(onPaper(found[0]).canvas);
      if (found.length > 1) {
        await all;
        await showLine(found, pad, ask, settings);
        say(`${found.length} characters found; each is answered below.`);
      }
    } catch {
      say("This file is no picture that the browser can read: JPEG, PNG or WebP are expected.");
    }
  };
  element("picture").addEventListener("change", ({ target }) => {
    if (target.files[0]) take(target.files[0]);
    target.value = ""; // the same file may be chosen again
  });
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  const frame = element("pad").parentElement;
  frame.addEventListener("dragover", (event) => event.preventDefault());
  frame.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
}
