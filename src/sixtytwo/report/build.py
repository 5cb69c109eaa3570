"""Build the HTML of a run with Jupyter Book, strictly: the old site stays until the new one is whole."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from sixtytwo.base import contracts, files, paths, surroundings
from sixtytwo.report import book, draw_page, stage

WARNING = re.compile(
    r"^(?:(?P<place>\S.*?):(?:(?P<line>\d+):)? )?(?:WARNING|ERROR|CRITICAL|SEVERE): (?P<text>.*)", re.MULTILINE
)
COLOUR = re.compile(r"\x1b\[[\d;]*m")
CELL = 10_000  # MyST-NB numbers the lines of the first cell from here on, those of the second from twice as much, …


def build(run_folder, work) -> bool:
    """Build the site of a run into the folder `html` of `work`; False if it was up to date.

    What Jupyter Book has to say against a chapter, which a reader may have written, is told and is no reason to throw away
    what was executed; but the published run, and all other pages, must be without fault. Raises RunError.
    """
    stage.stage(run_folder, work / "stage")
    inputs, mark = _digest(work / "stage", run_folder), work / "site.json"
    if (work / "html").exists() and mark.exists() and json.loads(mark.read_text(encoding="utf-8"))["inputs"] == inputs:
        return False
    mark.unlink(missing_ok=True)
    results = contracts.read(run_folder / "results.json")
    draw_page.write_files(run_folder, results, work / "stage" / "book" / "_static" / "draw")  # only now: packing takes a second
    _replace(work / "html", run_jupyter_book(work / "stage", work / "sphinx", strict=run_folder == paths.REFERENCE))
    files.write_json(mark, {"inputs": inputs})
    return True


def _digest(staged, run_folder) -> str:
    """Identity of all that the HTML is made from."""
    inputs = {path.relative_to(staged).as_posix(): path for path in sorted(staged.rglob("*")) if path.is_file()}
    inputs["requirements.lock"] = paths.ROOT / "requirements.lock"
    runtime = {name: draw_page.RUNTIME / name for name in draw_page.INSTALLED}
    inputs |= {name: path for name, path in runtime.items() if path.exists()}  # one that is missing is told as it is needed
    inputs |= {path.name: path for path in sorted((run_folder / "models").glob("*.onnx"))}
    return files.digest({name: files.file_digest(path) for name, path in inputs.items()})


def run_jupyter_book(staged, output, *, strict) -> Path:
    """The folder of HTML that Jupyter Book makes; a page that it leaves out is an error, and so is any warning.

    One about a chapter is only told if it is not `strict`. Raises RunError.
    """
    shutil.rmtree(output, ignore_errors=True)
    program = (
        "from jupyter_book.cli.main import main; main()"  # scripts have other names on Windows, and no spaces in their path
    )
    command = [sys.executable, "-c", program, "build", staged, "--path-output", output, "-n", "--quiet"]
    environment = os.environ | {"PYTHONPATH": surroundings.search_path(), "PYTHONUTF8": "1"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    done = subprocess.run(command, env=environment, check=False, **streams)
    said = COLOUR.sub("", done.stdout).strip()
    warnings = [_told(found, staged) for found in WARNING.finditer(said)]
    if done.returncode or any(strict or about is None for about, _ in warnings):
        raise book.RunError(f"Jupyter Book failed:\n{said}")
    for about, text in warnings:
        print(f"{about}: {text}")
    built = output / "_build" / "html"
    if missing := [page for page in book.pages(staged) if not (built / page).exists()]:
        raise book.RunError(f"Jupyter Book succeeded but wrote no {', '.join(missing)}; is it version 1 (pip list)?")
    return built


def _told(warning, staged) -> tuple[str | None, str]:
    """The place in a chapter that a warning is about, None if it is in none, and what it says."""
    place = Path(warning["place"] or "")
    if not place.is_relative_to(staged / "notebooks"):
        return None, warning["text"]
    words = _line(place, int(warning["line"] or 0))
    about = place.relative_to(staged).as_posix()
    return f'{about}, at "{words:.60}"' if words else about, warning["text"]


def _line(path, number):
    """The text of a line of a staged notebook, by the number that MyST-NB gives it; "" if there is none."""
    cell, row = divmod(number, CELL)
    cells = nbformat.read(path, as_version=4).cells
    lines = cells[cell - 1].source.splitlines() if 0 < cell <= len(cells) else []
    return lines[row - 2].strip() if 1 < row < len(lines) + 2 else ""


def _replace(target, built):
    """Put a folder where another may be."""
    old = target.with_name(f"{target.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    built.rename(target)
    shutil.rmtree(old, ignore_errors=True)
