// The drawing pad: pen, finger and keyboard make strokes. What is on the canvas may also have been painted by others.

import { SIDE, paint, paintStroke } from "./strokes.js";

const PEN = 14; // pixels, as shown
const STEP = 14; // pixels per arrow key
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

export class Pad {
  /** `canvas` has 280 × 280 pixels; `sharp` lies over it with those of the screen. `changed(finished)` is told. */
  constructor(canvas, sharp, cursor, changed) {
    Object.assign(this, { canvas, sharp, cursor, changed });
    this.ink = canvas.getContext("2d", { willReadFrequently: true });
    this.strokes = [];
    this.cleared = null; // what undo brings back
    this.others = null; // pixels under the strokes that others painted
    this.pointer = null; // the one that draws: other fingers are ignored
    this.painted = 0; // points of the stroke being drawn that are on the canvas
    this.pen = [SIDE / 2, SIDE / 2]; // of the keyboard
    this.penDown = false;
    this.render();
    this.#listenToPointers();
    this.#listenToKeys();
    addEventListener("resize", () => this.render());
  }

  get drawing() {
    return this.pointer !== null || this.penDown;
  }

  get empty() {
    return this.strokes.length === 0 && !this.others;
  }

  /** What to look at: { strokes }, or { pixels } (grey) if others painted on the canvas. */
  content() {
    if (!this.drawing) this.#notice();
    if (!this.others) return { strokes: this.strokes };
    const { data } = this.ink.getImageData(0, 0, SIDE, SIDE);
    const grey = (i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3;
    return { pixels: Float32Array.from({ length: SIDE * SIDE }, (_, i) => grey(i)) };
  }

  /** Other strokes than those on the canvas; whatever was being drawn ends. */
  replace(strokes) {
    this.pointer = null;
    this.penDown = false;
    this.others = null;
    this.strokes = strokes;
    this.render();
    this.changed(true);
  }

  /** A picture, 280 × 280, in place of strokes. */
  show(picture) {
    this.replace([]);
    this.ink.drawImage(picture, 0, 0, SIDE, SIDE);
    this.changed(true);
  }

  clear() {
    if (this.strokes.length) this.cleared = this.strokes;
    this.replace([]);
  }

  undo() {
    if (this.strokes.length) this.replace(this.strokes.slice(0, -1));
    else if (this.cleared) {
      this.replace(this.cleared);
      this.cleared = null;
    }
  }

  /** Paint everything anew. */
  render() {
    const scale = Math.max(1, (devicePixelRatio * (this.canvas.clientWidth || SIDE)) / SIDE);
    this.sharp.width = this.sharp.height = Math.round(SIDE * scale);
    const over = this.sharp.getContext("2d");
    over.scale(this.sharp.width / SIDE, this.sharp.width / SIDE);
    paint(this.ink, []);
    if (this.others) this.ink.putImageData(this.others, 0, 0);
    else if (this.strokes.length) paint(over, []); // hides the coarser pixels below
    this.painted = 0;
    for (const stroke of this.strokes) for (const to of [this.ink, over]) paintStroke(to, stroke, PEN);
    this.own = new Uint32Array(this.ink.getImageData(0, 0, SIDE, SIDE).data.buffer);
  }

  /** Whether the canvas shows what was painted here; if not, it is kept as it is. */
  #notice() {
    const found = this.ink.getImageData(0, 0, SIDE, SIDE);
    const words = new Uint32Array(found.data.buffer);
    if (words.every((word, i) => word === this.own[i])) return;
    this.others = found;
    this.strokes = [];
    this.render();
  }

  #begin(point) {
    this.#notice();
    if (!this.others && !this.strokes.length) paint(this.sharp.getContext("2d"), []);
    this.strokes = [...this.strokes, []];
    this.painted = 0;
    this.#add([point]);
  }

  /** Points of the present stroke; they are painted with the next frame. */
  #add(points) {
    const stroke = this.strokes.at(-1);
    for (const point of points) if (point.some((value, k) => value !== stroke.at(-1)?.[k])) stroke.push(point);
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      if (!this.drawing) return;
      const latest = this.strokes.at(-1);
      for (const to of [this.ink, this.sharp.getContext("2d")]) paintStroke(to, latest, PEN, this.painted - 2);
      this.painted = latest.length;
      this.changed(false);
    });
  }

  #finish() {
    this.pointer = null;
    this.penDown = false;
    this.render();
    this.changed(true);
  }

  /** Where on the pad a pointer is; it may be shown smaller than it is. */
  #where(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  }

  #listenToPointers() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || (this.pointer !== null && this.pointer !== event.pointerId)) return;
      if (this.drawing) this.#finish();
      this.pointer = event.pointerId;
      try {
        canvas.setPointerCapture(this.pointer);
      } catch {
        // a pointer that is gone already: the stroke is a tap
      }
      this.#begin(this.#where(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.pointer) return;
      if (event.pointerType === "mouse" && !(event.buttons & 1)) return this.#finish(); // released where nobody saw it
      const all = event.getCoalescedEvents?.() ?? [];
      this.#add((all.length ? all : [event]).map((each) => this.#where(each)));
    });
    const ends = (event) => {
      const other = event.type === "pointerup" && event.pointerType === "mouse" && event.buttons & 1;
      if (event.pointerId === this.pointer && !other) this.#finish();
    };
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(name, ends);
    addEventListener("pointerup", ends);
    addEventListener("blur", () => this.pointer !== null && this.#finish());
    canvas.addEventListener("contextmenu", (event) => this.pointer !== null && event.preventDefault());
  }

  #listenToKeys() {
    const { canvas } = this;
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key.toLowerCase() !== "z") return;
      if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
      event.preventDefault();
      this.undo();
      this.#showCursor();
    });
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Delete" || event.key === "Backspace") this.clear();
      else if (event.key === " ") {
        if (this.penDown) this.#finish();
        else {
          this.penDown = true;
          this.#begin(this.pen);
        }
      } else if (event.key in ARROWS) {
        this.pen = this.pen.map((value, i) => Math.min(Math.max(value + ARROWS[event.key][i], 0), SIDE));
        if (this.penDown) this.#add([this.pen]);
      } else return;
      event.preventDefault();
      this.#showCursor();
    });
    canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && this.#showCursor());
    canvas.addEventListener("blur", () => this.#showCursor());
  }

  #showCursor() {
    this.cursor.hidden = document.activeElement !== this.canvas;
    this.cursor.classList.toggle("draw-down", this.penDown);
    this.cursor.style.left = `${(100 * this.pen[0]) / SIDE}%`;
    this.cursor.style.top = `${(100 * this.pen[1]) / SIDE}%`;
  }
}
