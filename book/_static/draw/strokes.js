// Drawings as strokes: lists of points [x, y] in pixels of the pad. Their curves, their normal size, and the text of a link.

export const SIDE = 280; // pixels of the pad
const NORMAL = 200; // pixels: longer side of a drawing at normal size
const PEN = 18; // pixels, at normal size
const TAP = 3; // pixels: a whole drawing that is smaller is a tap
const CORNER = (70 * Math.PI) / 180; // a sharper turn is meant
const NEAR = 2.5; // pixels: points this close together are trembling, or the grid of the screen

const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

function extent(points) {
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

const span = ({ left, right, top, bottom }) => Math.max(right - left, bottom - top);

/** The points between close neighbours, moved towards their middle; ends and distant points stay. */
function steadied(stroke) {
  return stroke.map((point, i) => {
    const [before, after] = [stroke[i - 1], stroke[i + 1]];
    if (!before || !after || apart(before, point) > NEAR || apart(after, point) > NEAR) return point;
    return [0, 1].map((k) => (before[k] + 2 * point[k] + after[k]) / 4);
  });
}

/** The same drawing, as large as one usually draws, in the middle of the pad. */
export function atNormalSize(strokes) {
  const box = extent(strokes.flat());
  const scale = span(box) < TAP ? 1 : NORMAL / span(box);
  const middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const calm = scale > 1.5 ? strokes.map((stroke) => steadied(steadied(stroke))) : strokes;
  return calm.map((stroke) => stroke.map((point) => point.map((value, k) => SIDE / 2 + (value - middle[k]) * scale)));
}

/** The direction of the curve at each point: none in corners, so that they stay sharp; at the ends, bent as it goes on. */
function directions(points) {
  const unit = (a, b) => [0, 1].map((k) => (b[k] - a[k]) / (apart(a, b) || 1));
  const found = points.map((point, i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (!before || !after) return [0, 0];
    const [arriving, leaving] = [unit(before, point), unit(point, after)];
    const cosine = arriving[0] * leaving[0] + arriving[1] * leaving[1];
    if (cosine < Math.cos(CORNER)) return [0, 0];
    const length = apart(before, point) + apart(point, after) || 1;
    return [(after[0] - before[0]) / length, (after[1] - before[1]) / length];
  });
  const bent = (a, b, next) => (next[0] || next[1] ? unit(a, b).map((value, k) => 2 * value - next[k]) : [0, 0]);
  if (points.length > 2) {
    found[0] = bent(points[0], points[1], found[1]);
    found[points.length - 1] = bent(points.at(-2), points.at(-1), found.at(-2));
  }
  return found;
}

/** One stroke as ink, from point number `from` on. A tap is a dot. */
export function paintStroke(context, stroke, pen = PEN, from = 0) {
  const points = stroke.filter((point, i) => i === 0 || apart(point, stroke[i - 1]) > 0.01);
  context.fillStyle = context.strokeStyle = "#000";
  if (span(extent(points)) < pen / 3) {
    context.beginPath();
    context.arc(...points[0], 0.65 * pen, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.lineWidth = pen;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  const start = Math.min(Math.max(from, 0), points.length - 2);
  const around = points.slice(Math.max(start - 1, 0)); // the direction at the start depends on the point before it
  const ways = directions(around);
  const first = points.length - around.length === start ? 0 : 1;
  context.moveTo(...around[first]);
  for (let i = first + 1; i < around.length; i++) {
    const third = apart(around[i - 1], around[i]) / 3;
    const leaving = [0, 1].map((k) => around[i - 1][k] + third * ways[i - 1][k]);
    const arriving = [0, 1].map((k) => around[i][k] - third * ways[i][k]);
    context.bezierCurveTo(...leaving, ...arriving, ...around[i]);
  }
  context.stroke();
}

/** A whole drawing, black on white. */
export function paint(context, strokes, pen = PEN) {
  context.fillStyle = "#fff";
  context.fillRect(0, 0, SIDE, SIDE);
  for (const stroke of strokes) paintStroke(context, stroke, pen);
}

/** The points without which the stroke would be more than `tolerance` pixels off (Douglas and Peucker 1973). */
function simplified(points, tolerance = 0.7) {
  if (points.length < 3) return points;
  const [a, b] = [points[0], points.at(-1)];
  const length = apart(a, b);
  const off = points.map((p) =>
    length ? Math.abs((b[0] - a[0]) * (a[1] - p[1]) - (a[0] - p[0]) * (b[1] - a[1])) / length : apart(a, p),
  );
  const most = off.indexOf(Math.max(...off));
  if (off[most] <= tolerance) return [a, b];
  return [...simplified(points.slice(0, most + 1), tolerance).slice(0, -1), ...simplified(points.slice(most), tolerance)];
}

/** A drawing as text for a link: half pixels, dots between numbers, "~" between strokes. */
export const encode = (strokes) =>
  strokes.map((stroke) => simplified(stroke).flat().map((value) => Math.round(2 * value)).join(".")).join("~");

/** The drawing of such a text; null if it is none. */
export function decode(text) {
  if (!/^-?\d{1,4}(\.-?\d{1,4})+(~-?\d{1,4}(\.-?\d{1,4})+)*$/.test(text) || text.length > 50000) return null;
  const strokes = text.split("~").map((part) => {
    const values = part.split(".").map((value) => Number(value) / 2);
    return values.length % 2 ? null : values.flatMap((x, i) => (i % 2 ? [] : [[x, values[i + 1]]]));
  });
  return strokes.includes(null) ? null : strokes;
}
