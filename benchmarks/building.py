"""Seconds of `make site` and of `make book` when nothing, prose only, or one chapter's code has changed.

Measured in a clone of its own, with the smoke profile on synthetic data.
"""

import itertools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import nbformat
from run import REPEATS, entry

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = "notebooks/02_preprocessing.ipynb"


def measure():
    """Wall-clock seconds of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "book"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        (clone / ".venv").symlink_to(ROOT / ".venv")
        environment = os.environ | {"PYTHONPATH": str(clone / "src")}
        environment.pop("EMNIST_DIR", None)
        number = itertools.count()

        def make(*target):
            started = time.perf_counter()
            subprocess.run(
                ["make", "--old-file=.venv/ready", *target], cwd=clone, env=environment, stdout=subprocess.DEVNULL, check=True
            )
            return time.perf_counter() - started

        def edit(kind):
            path = clone / CHAPTER
            notebook = nbformat.read(path, as_version=4)
            cell = [cell for cell in notebook.cells if cell.cell_type == kind][-1]
            cell.source += f"\n\n<!-- {next(number)} -->" if kind == "markdown" else f"\n# {next(number)}"
            nbformat.write(notebook, path)

        book = ("book", "DATA=synthetic")
        rounds = range(REPEATS + 1)  # the first is the warm-up
        times = {name: [] for name in ("site_s", "noop_s", "prose_s", "chapter_s")}
        for _ in rounds:  # before any edit: the site refuses code that was not executed
            shutil.rmtree(clone / "_build" / "site", ignore_errors=True)
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
