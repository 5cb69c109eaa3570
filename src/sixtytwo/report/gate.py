"""What is wrong with an executed notebook; papermill alone does not tell."""

import json


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
        found += [f"{place} {complaint}" for complaint in _figure_problems(cell)]
    return found


def _figure_problems(cell):
    displayed = [output.data for output in cell.outputs if output.output_type in ("display_data", "execute_result")]
    displayed = [data for data in displayed if not any("papermill.record" in kind for kind in data)]  # glued values
    kinds = {kind for data in displayed for kind in data}
    described = cell.metadata.get("mystnb", {})
    figure, image = described.get("figure", {}), described.get("image", {})
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
