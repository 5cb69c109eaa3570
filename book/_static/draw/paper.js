// Characters on paper: ink is told from paper by what surrounds it, rules are removed, and what hangs together is cut out.
// A picture here is { width, height, data } with four bytes per pixel, as ImageData has it.

const WINDOW = 1 / 8; // of the longer side: how far the paper is looked at around a pixel
const SHARE = 0.45; // of the darkest ink: fainter marks are paper, rules or shadow
const FAINTEST = 0.08; // of the paper's brightness: fainter than this is no ink at all
const MOST = 40; // characters

/** Means over squares of 2·reach + 1 pixels around each pixel, of the pixels where `weight` is not 0. */
function localMean(values, weight, width, height, reach) {
  const columns = width + 1;
  const sums = new Float64Array(columns * (height + 1));
  const counts = new Float64Array(columns * (height + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0, sum = 0, n = 0; x < width; x++) {
      const i = y * width + x;
      sum += weight[i] ? values[i] : 0;
      n += weight[i] ? 1 : 0;
      sums[(y + 1) * columns + x + 1] = sums[y * columns + x + 1] + sum;
      counts[(y + 1) * columns + x + 1] = counts[y * columns + x + 1] + n;
    }
  }
  return Float32Array.from(values, (value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [left, right] = [Math.max(x - reach, 0), Math.min(x + reach + 1, width)];
    const [top, bottom] = [Math.max(y - reach, 0) * columns, Math.min(y + reach + 1, height) * columns];
    const within = (table) => table[bottom + right] - table[bottom + left] - table[top + right] + table[top + left];
    const n = within(counts);
    return n ? within(sums) / n : value;
  });
}

/** How much darker than the paper each pixel is, 0 to 1, in the colour channel where it is most so. */
function darkness({ width, height, data }) {
  const reach = Math.ceil(WINDOW * Math.max(width, height));
  const found = new Float32Array(width * height);
  for (let channel = 0; channel < 3; channel++) {
    const values = Float32Array.from(found, (_, i) => data[4 * i + channel]);
    const every = localMean(values, values.map(() => 1), width, height, reach);
    const bright = values.map((value, i) => (value >= every[i] ? 1 : 0)); // paper, mostly
    const paper = localMean(values, bright, width, height, reach);
    values.forEach((value, i) => {
      found[i] = Math.max(found[i], (paper[i] - value) / Math.max(paper[i], 32));
    });
  }
  return found;
}

/** Take out rules: thin lines across most of the picture, but not the ink that crosses them. */
function removeRules(mask, width, height) {
  const thin = Math.max(3, Math.round(height / 60));
  for (let y = 0; y < height; y++) {
    let inked = 0;
    for (let x = 0; x < width; x++) inked += mask[y * width + x];
    if (inked < 0.6 * width) continue;
    for (let x = 0; x < width; x++) {
      let [top, bottom] = [y, y];
      while (top > 0 && mask[(top - 1) * width + x]) top--;
      while (bottom < height - 1 && mask[(bottom + 1) * width + x]) bottom++;
      if (bottom - top < 2 * thin) for (let row = top; row <= bottom; row++) mask[row * width + x] = 0;
    }
  }
}

/** Boxes around the ink that hangs together: { left, top, right, bottom, area, pixels }. */
function pieces(mask, width, height) {
  const left = Uint8Array.from(mask);
  const found = [];
  for (let start = 0; start < left.length; start++) {
    if (!left[start]) continue;
    const pixels = [start];
    left[start] = 0;
    const box = { left: width, top: height, right: 0, bottom: 0, pixels };
    for (let n = 0; n < pixels.length; n++) {
      const [x, y] = [pixels[n] % width, Math.floor(pixels[n] / width)];
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y);
      for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row++) {
        for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column++) {
          const i = row * width + column;
          if (left[i]) {
            left[i] = 0;
            pixels.push(i);
          }
        }
      }
    }
    found.push(box);
  }
  return found;
}

function join(a, b) {
  return {
    left: Math.min(a.left, b.left),
    right: Math.max(a.right, b.right),
    top: Math.min(a.top, b.top),
    bottom: Math.max(a.bottom, b.bottom),
    pixels: [...a.pixels, ...b.pixels],
  };
}

/** Pieces above each other are one character: the dot of an i, a broken stroke. */
function characters(boxes) {
  const found = [];
  for (const box of boxes.sort((a, b) => a.left - b.left)) {
    const last = found.at(-1);
    const shared = last ? Math.min(last.right, box.right) - Math.max(last.left, box.left) + 1 : 0;
    const narrower = last ? Math.min(last.right - last.left, box.right - box.left) + 1 : 1;
    if (shared > 0.5 * narrower) found[found.length - 1] = join(last, box);
    else found.push(box);
  }
  return found;
}

/** The characters of a picture, from left to right: { width, height, ink }, ink being 1 where there is ink. */
export function cut(picture) {
  const { width, height } = picture;
  const dark = darkness(picture);
  const darkest = Float32Array.from(dark).sort()[Math.floor(0.998 * (dark.length - 1))];
  const limit = Math.max(SHARE * darkest, FAINTEST);
  const mask = Uint8Array.from(dark, (value) => (value > limit ? 1 : 0));
  removeRules(mask, width, height);
  const all = pieces(mask, width, height);
  const tallest = Math.max(0, ...all.map((box) => Math.max(box.bottom - box.top, box.right - box.left) + 1));
  const large = all.filter(({ pixels }) => pixels.length >= Math.max(4, (tallest / 14) ** 2));
  const whole = characters(large).filter((box) => Math.max(box.bottom - box.top, box.right - box.left) > tallest / 4);
  return whole.slice(0, MOST).map((box) => {
    const [w, h] = [box.right - box.left + 1, box.bottom - box.top + 1];
    const ink = new Uint8Array(w * h);
    for (const i of box.pixels) ink[(Math.floor(i / width) - box.top) * w + (i % width) - box.left] = 1;
    return { width: w, height: h, ink };
  });
}
