"""Seconds of one search of the CNN by `make search` with one worker that has all cores, and with one worker for each core."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from run import REPEATS, entry, ratios

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"n_train": 12_000, "search_rows": 10_000, "search_epochs": 3, "max_trials": 8}


def measure():
    """Wall-clock seconds of the whole command, start of the processes included; synthetic data."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "book"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        environment = os.environ | {"PYTHONPATH": str(clone / "src")}
        environment.pop("EMNIST_DIR", None)

        def search(workers):
            shutil.rmtree(clone / "_build", ignore_errors=True)
            command = [ROOT / ".venv" / "bin" / "python", "-m", "search", "--model", "cnn", "--workers", str(workers)]
            command += ["--data", "synthetic", *(f"--set={name}={value}" for name, value in SIZES.items())]
            started = time.perf_counter()
            subprocess.run(command, cwd=clone, env=environment, stdout=subprocess.DEVNULL, check=True)
            return time.perf_counter() - started

        several = max(2, len(os.sched_getaffinity(0)))
        one, many = [], []
        for _ in range(REPEATS + 1):  # the first is the warm-up
            one.append(search(1))
            many.append(search(several))
        yield entry("search_one_s", one[1:], "s")
        yield entry("search_many_s", many[1:], "s")
        yield entry("search_speedup", ratios(one[1:], many[1:]), "ratio")
