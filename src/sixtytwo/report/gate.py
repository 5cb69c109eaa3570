"""What is wrong with an executed notebook; papermill alone does not tell."""

import json
import re

ALIVE = {  # kinds of output that need more than a page
    "application/vnd.jupyter.widget-view+json": "a widget, which needs a running notebook",
    "application/vnd.plotly": "a figure of plotly, which needs its script from another host",
    "application/vnd.vega": "a figure of Vega, which needs its script from another host",
    "application/vnd.bokeh": "a figure of Bokeh, which needs its script from another host",
}
SHOWN = {
    "text/plain",
    "text/html",
    "text/markdown",
    "text/latex",
    "image/png",
    "image/svg+xml",
    "image/jpeg",
    "application/json",
}
REMOTE = re.compile(
    r"<(script|iframe|img|link|embed|object|video|audio)\b[^>]*https?://|\b(import|from)\b\s*\(?[\"']https?://", re.IGNORECASE
)
NEEDS = "needs-"  # a tag that goes on with the name of a parameter: without a value of that, the cell is on no page
LARGEST = 5_000_000  # characters of one output: a page must load on a phone


def problems(notebook) -> list[str]:
    """What is wrong with an executed notebook; empty if it may be published.

    Papermill alone does not tell: a dead kernel or a time-out can leave all cells "completed", `sys.exit` leaves cells
    that never ran, and an error output is published like any other.
    """
    found = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        place = f"code cell {number}"
        if any(output.output_type == "error" for output in cell.outputs):
            found.append(f"{place} has an error output")
        if cell.metadata.get("papermill", {}).get("status", "completed") != "completed":
            found.append(f"{place} did not complete")
        if cell.execution_count != number:
            found.append(f"{place} has execution count {cell.execution_count}")
        found += [f"{place} {complaint}" for complaint in (*_figure_problems(cell), *_output_problems(cell))]
    return found


def _output_problems(cell):
    """What a page would not show; a cell whose tag leaves its output out may have it."""
    if {"remove-output", "remove-cell"} & set(cell.metadata.get("tags", [])):
        return
    remedy = "show a figure of Matplotlib, a table or text, or tag the cell remove-output"
    for data in (output.data for output in cell.outputs if output.output_type in ("display_data", "execute_result")):
        alive = [words for kind in data for start, words in ALIVE.items() if kind.startswith(start)]
        if alive and "image/png" not in data:
            yield f"shows {alive[0]}: {remedy}"
        elif REMOTE.search(str(data.get("text/html", ""))):
            yield f"shows HTML that loads something from another host, which the pages refuse: {remedy}"
        elif data and not SHOWN & set(data) and not any("papermill.record" in kind for kind in data):
            yield f"shows {' and '.join(sorted(data))}, which no page can: {remedy}"
        elif (size := sum(len(str(content)) for kind, content in data.items() if kind != "text/plain")) > LARGEST:
            yield f"shows {size / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f}: {remedy}"


def _figure_problems(cell):
    displayed = [output.data for output in cell.outputs if output.output_type in ("display_data", "execute_result")]
    displayed = [data for data in displayed if not any("papermill.record" in kind for kind in data)]  # glued values
    kinds = {kind for data in displayed for kind in data}
    described = cell.metadata.get("mystnb", {})
    figure, image = described.get("figure", {}), described.get("image", {})
    if not displayed and any(tag.startswith(NEEDS) for tag in cell.metadata.get("tags", [])):
        return  # its experiment is not part of the run, and the cell of no page
    if figure and not (figure.get("caption") and figure.get("name")):
        yield "has a figure without caption or name"
    if "image/png" in kinds and not (figure and image.get("alt")):
        yield "draws a figure without caption, name or alt text"
    if figure and len(displayed) > 1:
        yield f"shows {len(displayed)} outputs for {figure.get('name')}, but a caption belongs to one"
    drawn = "image/png" in kinds or any("<svg" in data.get("text/html", "") for data in displayed)
    if image and not drawn:
        yield f"draws no image for the figure {figure.get('name')}"
    if figure and not image and "text/html" not in kinds:
        yield f"shows no table for {figure.get('name')}"


def failed_trials(folder, models) -> list[str]:
    """Searches of these models in which a trial failed."""
    found = []
    for name in models:
        search = json.loads((folder / "models" / f"{name}.json").read_text(encoding="utf-8"))["search"]
        if search and search["completed"] < search["trials"]:
            found.append(f"{search['trials'] - search['completed']} of {search['trials']} trials of the {name} search failed")
    return found
