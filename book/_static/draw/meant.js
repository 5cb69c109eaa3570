// "What did you mean?": how often each network was right, counted on this device only.

import { alike, best } from "./guesses.js";
import { create, element } from "./page.js";

const KEPT = "sixty-two-characters.tally";

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {}; // nothing kept, or not allowed to
  }
}

function write(tally) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(tally));
  } catch {
    // then it lasts as long as the page
  }
}

let tally = read();

/** Count the answers of all networks to a drawing that was meant to be a character. */
export function count(answers, char, { classes, look_alikes: lookAlikes }) {
  for (const [key, probabilities] of Object.entries(answers)) {
    const guess = best(probabilities, classes)[0].char;
    const { asked = 0, right = 0, nearly = 0 } = tally[key] ?? {};
    tally[key] = {
      asked: asked + 1,
      right: right + (guess === char),
      nearly: nearly + alike(char, lookAlikes).includes(guess),
    };
  }
  write(tally);
}

export function forget() {
  tally = {};
  write(tally);
}

/** On each card: "Right 3 of 5 times, 4 with look-alikes". */
export function show(cards) {
  for (const { model, extra } of cards) {
    extra.querySelector(".draw-tally")?.remove();
    const found = tally[model.key];
    if (!found) continue;
    const { asked, right, nearly } = found;
    extra.append(create("p", "draw-tally", `Right: ${right} of ${asked}, with look-alikes ${nearly}.`));
  }
  element("forget").hidden = Object.keys(tally).length === 0;
}
