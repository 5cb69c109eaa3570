// Sample drawings: strokes on a grid of 100 by 100, what a hand might draw, not EMNIST images.

import { SIDE } from "./strokes.js";

const arc = (x, y, rx, ry, from, to, n = 24) =>
  Array.from({ length: n + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / n) * Math.PI) / 180;
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  });

const DRAWN = {
  3: [[...arc(48, 32, 22, 18, -150, 90), ...arc(48, 69, 25, 19, -90, 150)]],
  8: [[...arc(50, 31, 18, 17, 90, 450), ...arc(50, 69, 23, 20, -90, 270)]],
  A: [[[24, 86], [50, 14], [76, 86]], [[34, 60], [66, 60]]],
  R: [[[30, 86], [30, 14]], [[30, 15], ...arc(46, 33, 22, 18, -90, 90), [32, 51]], [[44, 52], [74, 86]]],
  b: [[[32, 12], [32, 86]], arc(50, 66, 19, 20, -180, 180)],
  g: [arc(48, 36, 21, 20, 0, 360), [[69, 18], [69, 68], ...arc(48, 68, 21, 18, 0, 150)]],
  O: [arc(50, 50, 30, 36, -90, 270)],
};

/** Name and strokes of each sample. */
export const SAMPLES = Object.entries(DRAWN).map(([name, strokes]) => [
  name,
  strokes.map((stroke) => stroke.map((point) => point.map((value) => (value * SIDE) / 100))),
]);
