"""A page of the book: prose, captions and tags from a source notebook, outputs from its executed copy."""

import base64
import html
import re
import urllib.parse
from pathlib import Path

import nbformat

from sixtytwo.base import parameters
from sixtytwo.base.contracts import CHART
from sixtytwo.report import book, gate, sources

TITLE = re.compile(r"^# |^=+$", re.MULTILINE)
SHOWN_RAW = ("text/html", "text/markdown")  # kinds of raw cells that are for pages


def merge(source, executed, name):
    """A page from a source notebook (prose, captions, tags) and its executed copy (outputs, injected parameters).

    Cells that are tagged `needs-` and the name of a parameter are left out if it was 0, empty or None. Raises RunError if the code
    cells of the two differ: outputs must come from the code that is shown.
    """
    ran = [cell for cell in executed.cells if cell.cell_type == "code"]
    injected = [cell for cell in ran if "injected-parameters" in cell.metadata.get("tags", [])]
    ran = [cell for cell in ran if cell not in injected]
    if [cell.source for cell in source.cells if cell.cell_type == "code"] != [cell.source for cell in ran]:
        raise book.RunError(f"the code of {name} has changed since it was executed: execute it again.")
    outputs, chosen = iter(ran), _parameters(source, injected)
    page = nbformat.from_dict(source)
    page.metadata["book"] = executed.metadata["book"]
    page.metadata.setdefault("language_info", {"name": "python"})
    cells = []
    for cell in page.cells:
        cells.append(cell)
        if cell.cell_type != "code":
            continue
        done = next(outputs)
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = parameters.filled_in(cell.source, chosen)
            cell.metadata["tags"] = list(dict.fromkeys([*cell.metadata["tags"], "hide-input"]))
        if "hide-input" in cell.metadata.get("tags", []):
            shown = cell.metadata.setdefault("mystnb", nbformat.from_dict({}))
            shown["code_prompt_show"] = shown["code_prompt_hide"] = _prompt(cell)
    cells = [cell for cell in cells if cell.cell_type != "raw" or cell.metadata.get("format") in SHOWN_RAW]
    left_out = {f"{gate.NEEDS}{name}" for name, value in chosen.items() if not value}
    page.cells = [_prose(cell) for cell in cells if not left_out & set(cell.metadata.get("tags", []))]
    if not any(cell.cell_type == "markdown" and TITLE.search(cell.source) for cell in cells):
        page.cells.insert(0, nbformat.v4.new_markdown_cell(f"# {Path(name).stem}", id="title"))
    return page


def _parameters(source, injected) -> dict:
    """The values that a chapter was executed with."""
    cells = [cell for cell in source.cells if "parameters" in cell.metadata.get("tags", [])] + injected
    return {name: value for cell in cells for name, value in parameters.declared(cell.source).items()}


def _prose(cell):
    """A cell with the pictures that were pasted into its Markdown at their places."""
    pictures = cell.pop("attachments", {})
    if cell.cell_type == "markdown":
        for pattern in sources.PASTED:
            cell.source = pattern.sub(lambda found: _image(pictures, **found.groupdict()) or found[0], cell.source)
    return cell


def _image(pictures, name, before="", after="", alt=""):
    """The HTML of a pasted picture, which holds the picture itself; None if it is not there."""
    for kind, content in pictures.get(urllib.parse.unquote(name), {}).items():
        if content.lstrip().startswith("<"):  # SVG as text
            content = base64.b64encode(content.encode()).decode()
        described = f' alt="{html.escape(alt)}"' if alt else ""
        return f'<img{before}{described} src="data:{kind};base64,{"".join(content.split())}"{after}>'


def _prompt(cell) -> str:
    """What a folded code cell does, for the line that unfolds it."""
    if "parameters" in cell.metadata["tags"]:
        return "Parameters, to change when you run it yourself"
    if "helpers.judge(" in cell.source:
        return "The facts that decide the verdicts"
    kind = "figure" if "image/png" in str(cell.outputs) else "table" if "text/html" in str(cell.outputs) else "step"
    return f"The code of this {kind}"


def take_charts(page) -> dict[str, dict]:
    """Take what was drawn besides the pictures of its charts (`drawing.chart`) out of an executed chapter; by name."""
    taken = {}
    for cell in page.cells:
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        for output in cell.get("outputs", []):
            if CHART in output.get("data", {}):
                taken[name] = output.data.pop(CHART)
    return taken


def figures(page) -> dict[str, bytes]:
    """The figures of an executed chapter as PNG, by name, for pages that show them again."""
    found = {}
    for cell in page.cells:
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                found[name] = base64.b64decode(output.data["image/png"])
    return found
