"""Seconds of `make book PROFILE=draft` from nothing, before there was an engine and now: `make bench SECTIONS=draft`, an hour.

BASE names another commit to compare with; EMNIST must be on this machine.
"""

import os

from checkout import clone
from run import entry, ratios

BASE = "a8431ac"  # the last commit that trained one after another, in one process
PAIRS = 1


def measure():
    """Wall-clock seconds of the whole command in a clone of each commit, in turn."""
    before, now = [], []
    for _ in range(PAIRS):
        before.append(seconds_of_draft(os.environ.get("BASE", BASE)))
        now.append(seconds_of_draft("HEAD"))
    yield entry("draft_before_s", before, "s")
    yield entry("draft_s", now, "s")
    yield entry("draft_speedup", ratios(before, now), "ratio")


def seconds_of_draft(commit) -> float:
    """Seconds of the command in a fresh clone of a commit."""
    with clone(commit, EMNIST_DIR=os.environ.get("EMNIST_DIR"), RERUN="1") as (_, seconds):
        return seconds("make", "--old-file=.venv/ready", "book", "PROFILE=draft")
