"""Speed and memory of the book, measured side by side: `make bench`, or `python benchmarks/run.py SECTION …`.

Contestants take turns in one run, so that a drift of the machine meets all of them; after one round of warm-up each
quantity is measured REPEATS times. `results.json` keeps median, smallest and largest value. A section that is run alone
replaces its own entries only; every entry names when and where it was measured.
"""

import datetime
import importlib
import json
import statistics
import sys
from pathlib import Path

from sixtytwo.base import files, machine

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results.json"
REPEATS = 5
BATCH_SIZE = 64
SECTIONS = ("training_speed", "engine", "operations", "inference", "memory", "time_to_accuracy", "building", "draft")
ON_REQUEST = ("draft",)  # takes an hour


def entry(name, values, unit) -> dict:
    """One line of results.json: median, smallest and largest of the repeats."""
    return {"name": name, "median": statistics.median(values), "low": min(values), "high": max(values), "unit": unit}


def ratios(above, below) -> list:
    """Quotients within each repeat: what was measured side by side is compared."""
    return [a / b for a, b in zip(above, below, strict=True)]


def environment() -> str:
    """Processor, cores and versions, in one line."""
    facts = machine.environment()
    return (
        f"{facts['cpu']}, {facts['cores']} cores, Python {facts['python']}, TensorFlow {facts['tensorflow']}, "
        f"Keras {facts['keras']}, commit {facts['git_commit']}"
    )


def _keep(results):
    """Write results.json, after each quantity, so that a section that is interrupted loses what it was at."""
    results = sorted(results, key=lambda one: SECTIONS.index(one["section"]))
    files.write_text(RESULTS, json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def main(sections) -> int:
    """Measure, print and keep the results section by section; returns the exit status."""
    if unknown := set(sections) - set(SECTIONS):
        print(f"no section {', '.join(sorted(unknown))}: expected some of {', '.join(SECTIONS)}.", file=sys.stderr)
        return 2
    where = environment()  # before anything is written
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    for section in sections or [name for name in SECTIONS if name not in ON_REQUEST]:
        measured = []
        for one in importlib.import_module(section).measure():
            origin = {
                "section": section,
                "measured": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
                "environment": where,
            }
            measured.append(one | origin)
            done = {(section, new["name"]) for new in measured}
            _keep([old for old in kept if (old["section"], old["name"]) not in done] + measured)
            print(f"{one['name']:34} {one['median']:10.3f}  ({one['low']:.3f} to {one['high']:.3f}) {one['unit']}", flush=True)
        kept = [old for old in kept if old["section"] != section] + measured
        _keep(kept)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
