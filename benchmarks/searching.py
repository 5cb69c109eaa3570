"""Seconds of one search of the CNN by `make search` with one worker that has all cores, and with one worker for each core."""

import os
import shutil

from checkout import clone
from run import REPEATS, entry, ratios

SIZES = {"n_train": 12_000, "search_rows": 10_000, "search_epochs": 3, "max_trials": 8}


def measure():
    """Wall-clock seconds of the whole command, start of the processes included; synthetic data."""
    with clone() as (folder, seconds):

        def search(workers):
            shutil.rmtree(folder / "_build", ignore_errors=True)
            command = [".venv/bin/python", "-m", "sixtytwo.report.command", "search", "--model", "cnn", "--data", "synthetic"]
            return seconds(*command, "--workers", str(workers), *(f"--set={name}={value}" for name, value in SIZES.items()))

        several = max(2, len(os.sched_getaffinity(0)))
        one, many = [], []
        for _ in range(REPEATS + 1):  # the first is the warm-up
            one.append(search(1))
            many.append(search(several))
        yield entry("search_one_s", one[1:], "s")
        yield entry("search_many_s", many[1:], "s")
        yield entry("search_speedup", ratios(one[1:], many[1:]), "ratio")
