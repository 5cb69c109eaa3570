// What the networks say: one card each, with the five best guesses.

import { create } from "./page.js";

const GUESSES = 5;
const percent = (p) => (p > 0.995 ? "> 99 %" : `${Math.round(100 * p)} %`);

/** The five best guesses, best first. */
export const best = (probabilities, classes) =>
  Array.from(probabilities, (probability, i) => ({ char: classes[i], probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, GUESSES);

/** Characters that look like this one, itself among them; itself alone if there are none. */
export const alike = (char, lookAlikes) => lookAlikes.find((group) => group.includes(char)) ?? [char];

/** "0, O or o: > 99 % together", for the best guess and its look-alikes. */
function summary(probabilities, guesses, { classes, look_alikes }) {
  const group = alike(guesses[0].char, look_alikes);
  const total = group.reduce((sum, char) => sum + probabilities[classes.indexOf(char)], 0);
  if (group.length === 1) return `${group[0]}: ${percent(total)}`;
  return `${group.slice(0, -1).join(", ")} or ${group.at(-1)}: ${percent(total)} together`;
}

export class Card {
  constructor(model, settings) {
    Object.assign(this, { model, settings });
    this.root = create("section", "draw-card");
    this.root.style.setProperty("--model", model.colour);
    this.alike = create("p", "draw-alike", "\u00a0");
    this.lines = Array.from({ length: GUESSES }, () => {
      const [line, char, bar, share] = ["li", "span", "span", "span"].map((tag) => create(tag));
      [char.className, bar.className, share.className] = ["draw-char", "draw-bar", "draw-percent"];
      line.append(char, bar, share);
      return { line, char, bar, share };
    });
    const list = create("ol");
    list.append(...this.lines.map(({ line }) => line));
    this.extra = create("div", "draw-extra"); // heat map and tally
    this.root.append(create("h2", "", model.title), this.alike, list, this.extra);
  }

  /** Show probabilities of all classes; null for an empty pad, undefined while the network is being loaded. */
  show(probabilities) {
    const guesses = probabilities ? best(probabilities, this.settings.classes) : [];
    const group = guesses.length ? alike(guesses[0].char, this.settings.look_alikes) : [];
    const nothing = probabilities === undefined ? "loading …" : "\u00a0";
    this.alike.textContent = guesses.length ? summary(probabilities, guesses, this.settings) : nothing;
    this.lines.forEach(({ line, char, bar, share }, i) => {
      const found = guesses[i];
      line.className = found && group.includes(found.char) ? "draw-in-group" : "";
      char.textContent = found?.char ?? "\u00a0";
      bar.style.setProperty("--share", found?.probability ?? 0);
      share.textContent = found ? percent(found.probability) : "";
    });
  }
}
