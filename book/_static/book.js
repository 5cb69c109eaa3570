// What the theme leaves out: boxes that scroll can be reached by keyboard.
function reachable() {
  for (const box of document.querySelectorAll(".output, .pst-scrollable-table-container, pre")) {
    if (box.scrollWidth <= box.clientWidth) continue;
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    const caption = box.closest("figure")?.querySelector("figcaption");
    box.setAttribute("aria-label", caption?.textContent.trim().slice(0, 80) || "Scrolls sideways");
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);

// The explorable confusion matrix: shows the title of the cell that is pointed at, tapped, or walked to by keyboard.
function explore(matrix) {
  const cells = [...matrix.querySelectorAll("rect")];
  const text = matrix.parentElement.querySelector(".confusion-cell");
  let at = cells[0];

  function select(cell) {
    if (!cell) return;
    at.removeAttribute("class");
    at = cell;
    at.setAttribute("class", "selected");
    matrix.append(at); // on top of its neighbours
    text.textContent = at.querySelector("title").textContent;
  }

  /** The next cell in a direction: along the row or the column of the present one. */
  function next(line, along, step) {
    const position = Number(at.dataset[along]);
    const ahead = cells.filter(
      (cell) => cell.dataset[line] === at.dataset[line] && step * (Number(cell.dataset[along]) - position) > 0,
    );
    return ahead.sort((a, b) => step * (a.dataset[along] - b.dataset[along]))[0];
  }

  const moves = {
    ArrowLeft: () => next("row", "column", -1),
    ArrowRight: () => next("row", "column", 1),
    ArrowUp: () => next("column", "row", -1),
    ArrowDown: () => next("column", "row", 1),
  };
  matrix.addEventListener("pointerover", (event) => select(event.target.closest("rect")));
  matrix.addEventListener("click", (event) => select(event.target.closest("rect")));
  matrix.addEventListener("keydown", (event) => {
    if (!(event.key in moves)) return;
    event.preventDefault();
    select(moves[event.key]());
  });
}
addEventListener("load", () => document.querySelectorAll("svg.confusion").forEach(explore));
