"""What is kept of the outputs of an executed chapter: what a page shows, in few bytes."""

import base64
import io
import json

import PIL.Image

from sixtytwo.base.contracts import CHART

LONGEST = 100_000  # characters of text that one output keeps


def without_progress(notebook):
    """An executed notebook without the live lines of progress (`journal.say`), which are for who watches."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not output.get("metadata", {}).get("progress")]
    return notebook


def tidied(notebook):
    """An executed notebook as it is kept: no chatter of libraries, no paths of this machine, small pictures, no endless text."""
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                if "text" in output:
                    output.text = _shortened(output.text)
                if "data" in output:
                    _tidy(output.data)
    return notebook


def _tidy(data):
    """Tidy what one output shows, by its kind."""
    if "image/png" in data:
        data["image/png"] = _palette_png(data["image/png"])
    if CHART in data:
        data[CHART]["narrow"] = _palette_png(data[CHART]["narrow"])
    if "application/json" in data:  # of which a page shows the text
        data["text/plain"] = json.dumps(data.pop("application/json"), indent=1, ensure_ascii=False)
    for kind in [kind for kind in data if kind.startswith("application/vnd.") and kind != CHART]:  # for others than pages
        del data[kind]
    if "text/plain" in data:
        data["text/plain"] = _shortened(data["text/plain"])


def _shortened(text):
    if (left_out := len(text) - LONGEST) <= 0:
        return text
    half = LONGEST // 2
    return f"{text[:half]}\n… {left_out:,} characters are left out …\n{text[-half:]}"


def _palette_png(encoded):
    """A picture in base64 with 256 colours instead of 16 million: a figure needs no more, and has a third of the bytes."""
    with PIL.Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        small = picture.convert("RGB").quantize(256, dither=PIL.Image.Dither.NONE)
        stream = io.BytesIO()
        small.save(stream, "PNG", optimize=True, dpi=picture.info.get("dpi"))
    return base64.b64encode(stream.getvalue()).decode()
