"""A clone of the book of its own, so that nothing that is there makes a command faster."""

import contextlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def clone(commit="HEAD", **variables):
    """Gives the folder of a fresh clone of a commit, and a function that runs a command in it and returns its seconds.

    `variables` are set in the environment of the command; without one named EMNIST_DIR the data are not found there.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "book"
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        subprocess.run(["git", "-C", folder, "checkout", "--quiet", "--detach", commit], check=True)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        environment = os.environ | {"PYTHONPATH": str(folder / "src")}
        environment.pop("EMNIST_DIR", None)
        environment |= {name: value for name, value in variables.items() if value is not None}

        def seconds(*command):
            started = time.perf_counter()
            subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
            return time.perf_counter() - started

        yield folder, seconds
