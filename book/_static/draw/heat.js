// Where covering the drawing costs a network the most of its answer: maps of 12 by 12 squares, one per card.

import { alike, best } from "./guesses.js";
import { create } from "./page.js";

const SEEN = 28; // pixels of what the networks see
const CENTRES = 12; // squares along each side, centred on every other pixel from the third on
const SCALE = 4; // pixels of the map per pixel of the image

/** In words: where the largest loss is, and how large. */
function words(lost, char) {
  const most = lost.indexOf(Math.max(...lost));
  if (lost[most] < 0.02) return `No single square matters for ${char}.`;
  const third = (i) => Math.min(Math.floor((3 * i) / CENTRES), 2);
  const [row, column] = [third(Math.floor(most / CENTRES)), third(most % CENTRES)];
  const place = `${["upper ", "", "lower "][row]}${["left", "middle", "right"][column]}`;
  return `Covering the ${place} costs ${char} ${Math.round(100 * lost[most])} of 100 points.`;
}

function paint(canvas, image, lost) {
  const context = canvas.getContext("2d");
  image.forEach((value, i) => {
    const grey = 255 * (1 - value);
    context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
    context.fillRect(SCALE * (i % SEEN), SCALE * Math.floor(i / SEEN), SCALE, SCALE);
  });
  lost.forEach((value, i) => {
    context.fillStyle = `rgb(196 20 0 / ${Math.min(Math.max(value, 0), 1) * 0.85})`;
    context.fillRect(SCALE * (1 + 2 * (i % CENTRES)), SCALE * (1 + 2 * Math.floor(i / CENTRES)), 2 * SCALE, 2 * SCALE);
  });
}

export class HeatMaps {
  constructor(ask) {
    this.ask = ask;
    this.on = false;
  }

  /** Leave no map that belongs to another drawing. */
  remove(cards) {
    this.round = {}; // what is under way is not shown any more
    for (const card of cards) card.extra.querySelector(".draw-heat")?.remove();
  }

  /** Make the maps of all cards for an image, one after the other. */
  async show(cards, { image, answers }, settings) {
    this.remove(cards);
    if (!this.on || !answers) return;
    const round = this.round;
    for (const card of cards.filter(({ model }) => answers[model.key])) {
      const { char } = best(answers[card.model.key], settings.classes)[0];
      const label = settings.classes.indexOf(char);
      const { lost } = await this.ask("heat", { image, key: card.model.key, label });
      if (!lost || round !== this.round) return;
      const figure = create("figure", "draw-heat");
      const canvas = create("canvas");
      canvas.width = canvas.height = SEEN * SCALE;
      canvas.setAttribute("aria-hidden", "true"); // the caption says it
      paint(canvas, image, lost);
      const several = alike(char, settings.look_alikes).length > 1 ? `the answer ${char}` : char;
      figure.append(canvas, create("figcaption", "", words(lost, several)));
      card.extra.prepend(figure);
    }
  }
}
