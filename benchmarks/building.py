"""Seconds of `make site` and of `make book` when nothing, prose only, or one chapter's code has changed.

Measured in a clone of its own, with the smoke profile on synthetic data.
"""

import itertools
import shutil

import nbformat
from checkout import clone
from run import REPEATS, entry

CHAPTER = "notebooks/02_preprocessing.ipynb"


def measure():
    """Wall-clock seconds of the whole command."""
    with clone() as (folder, seconds):
        number = itertools.count()

        def make(*target):
            return seconds("make", "--old-file=.venv/ready", *target)

        def edit(kind):
            path = folder / CHAPTER
            notebook = nbformat.read(path, as_version=4)
            cell = [cell for cell in notebook.cells if cell.cell_type == kind][-1]
            cell.source += f"\n\n<!-- {next(number)} -->" if kind == "markdown" else f"\n# {next(number)}"
            nbformat.write(notebook, path)

        book = ("book", "DATA=synthetic")
        rounds = range(REPEATS + 1)  # the first is the warm-up
        times = {name: [] for name in ("site_s", "noop_s", "prose_s", "chapter_s")}
        for _ in rounds:  # before any edit: the site refuses code that was not executed
            shutil.rmtree(folder / "_build" / "site", ignore_errors=True)
            times["site_s"].append(make("site"))
        yield entry("book_s", [make(*book)], "s")
        for _ in rounds:
            times["noop_s"].append(make(*book))
            edit("markdown")
            times["prose_s"].append(make(*book))
            edit("code")
            times["chapter_s"].append(make(*book))
        for name, values in times.items():
            yield entry(name, values[1:], "s")
