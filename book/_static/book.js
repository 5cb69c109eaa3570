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

// Every table can be downloaded as CSV, with what the page shows in its cells.
function csv(table) {
  const grid = [...table.rows].map(() => []);
  [...table.rows].forEach((row, i) => {
    for (const cell of row.cells) {
      let j = 0;
      while (grid[i][j] !== undefined) j++; // taken by a cell of a row above
      for (let r = 0; r < cell.rowSpan; r++) {
        for (let c = 0; c < cell.colSpan; c++) grid[i + r][j + c] = cell.textContent.trim();
      }
    }
  });
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  return grid.map((cells) => cells.map(quoted).join(",") + "\r\n").join("");
}

function offerCsv(table, i) {
  const name = table.closest("figure")?.id || `table-${i + 1}`;
  const link = document.createElement("a");
  link.className = "csv";
  link.textContent = "CSV";
  link.download = `${name}.csv`;
  link.href = `data:text/csv;charset=utf-8,${encodeURIComponent(csv(table))}`;
  link.setAttribute("aria-label", `Download this table as ${link.download}`);
  (table.closest(".output, .pst-scrollable-table-container") ?? table).after(link);
}
addEventListener("load", () => document.querySelectorAll("article table").forEach(offerCsv));

// A link to a folded row opens it.
function openTarget() {
  const row = location.hash && document.getElementById(location.hash.slice(1))?.closest("details");
  if (!row) return;
  row.open = true;
  row.scrollIntoView();
}
addEventListener("load", openTarget);
addEventListener("hashchange", openTarget);

// The values of a chart: the one nearest to where a reader points or taps is told, in a tooltip of Bootstrap's.
const REACH = 24; // pixels

function tellValues(picture) {
  const image = picture.querySelector("img");
  const values = JSON.parse(picture.parentElement.querySelector(".chart-values").textContent);
  const mark = document.createElement("span");
  mark.className = "chart-value";
  mark.hidden = true;
  document.body.append(mark);
  let told;
  const options = { title: () => told, trigger: "manual", animation: false, customClass: "chart-tooltip" };
  const tooltip = new bootstrap.Tooltip(mark, options);

  /** The value nearest to a place in the window, if it is within reach. */
  function nearest(x, y) {
    const box = image.getBoundingClientRect();
    const shown = image.currentSrc.includes("/charts/") ? values.narrow : values.wide;
    const placed = shown.map(([across, down, text]) => {
      const left = box.left + across * box.width;
      const top = box.top + down * box.height;
      return { left, top, text, distance: Math.hypot(left - x, top - y) };
    });
    const best = placed.reduce((a, b) => (b.distance < a.distance ? b : a), { distance: REACH });
    return best.text && best;
  }

  function hide() {
    told = undefined;
    mark.hidden = true;
    tooltip.hide();
  }

  function point(event) {
    const value = nearest(event.clientX, event.clientY);
    if (!value) return hide();
    if (event.type === "click") event.preventDefault(); // a tap on a value is no tap on the link to the picture
    if (value.text === told) return;
    told = value.text;
    mark.hidden = false;
    mark.style.left = `${value.left + scrollX}px`;
    mark.style.top = `${value.top + scrollY}px`;
    tooltip.hide(); // what is shown already is not moved
    tooltip.show();
  }

  picture.addEventListener("pointermove", point);
  picture.addEventListener("click", point);
  picture.addEventListener("pointerleave", hide);
}
addEventListener("load", () => document.querySelectorAll("picture.chart").forEach(tellValues));
