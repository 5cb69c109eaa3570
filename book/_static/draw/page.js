// Small tools for the elements of the page.

/** The element of this page with an id that starts with "draw-". */
export const element = (name) => document.getElementById(`draw-${name}`);

export function create(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

export function button(text, action, label = "") {
  const made = create("button", "", text);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
}

/** Resolved when the page has been read. */
export const domReady = new Promise((go) => {
  if (document.readyState !== "loading") go();
  else document.addEventListener("DOMContentLoaded", go);
});

/** Put values in [0, 1], row by row, on a canvas as grey pixels. */
export function showPixels(canvas, values) {
  const pixels = new ImageData(canvas.width, canvas.height);
  values.forEach((value, i) => pixels.data.set([255 * value, 255 * value, 255 * value, 255], 4 * i));
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}
