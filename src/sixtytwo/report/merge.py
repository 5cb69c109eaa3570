"""A page of the book: prose, captions and tags from a source notebook, outputs from its executed copy."""

import base64

import nbformat

from sixtytwo.report import book


def merge(source, executed, name):
    """A page from a source notebook (prose, captions, tags) and its executed copy (outputs, injected parameters).

    Raises RunError if their code cells differ: outputs must come from the code that is shown.
    """
    ran = [cell for cell in executed.cells if cell.cell_type == "code"]
    injected = [cell for cell in ran if "injected-parameters" in cell.metadata.get("tags", [])]
    ran = [cell for cell in ran if cell not in injected]
    if [cell.source for cell in source.cells if cell.cell_type == "code"] != [cell.source for cell in ran]:
        raise book.RunError(f"the code of {name} has changed since it was executed: execute it again.")
    outputs = iter(ran)
    page = nbformat.from_dict(source)
    page.metadata["book"] = executed.metadata["book"]
    cells = []
    for cell in page.cells:
        cells.append(cell)
        if cell.cell_type != "code":
            continue
        done = next(outputs)
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
        if "parameters" in cell.metadata.get("tags", []) and injected:
            cell.metadata["tags"] = [*cell.metadata["tags"], "hide-input"]
            cells += injected
        if "hide-input" in cell.metadata.get("tags", []):
            shown = cell.metadata.setdefault("mystnb", nbformat.from_dict({}))
            shown["code_prompt_show"] = shown["code_prompt_hide"] = _prompt(cell)
    page.cells = cells
    return page


def _prompt(cell) -> str:
    """What a folded code cell does, for the line that unfolds it."""
    if "parameters" in cell.metadata["tags"]:
        return "Parameters, to change when you run it yourself"
    if "helpers.judge(" in cell.source:
        return "The facts that decide these verdicts"
    kind = "figure" if "image/png" in str(cell.outputs) else "table" if "text/html" in str(cell.outputs) else "step"
    return f"The code of this {kind}"


def figures(page) -> dict[str, bytes]:
    """The figures of an executed chapter as PNG, by name, for pages that show them again."""
    found = {}
    for cell in page.cells:
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                found[name] = base64.b64decode(output.data["image/png"])
    return found
