"""The stored steps of a run: on how many workers they were computed, and how long they would take on others."""

import collections
import itertools
import json

from sixtytwo.base import contracts, paths, schedule, store
from sixtytwo.report import markdown

WORKERS = (2, 16, 64)
ALL_IMAGES = 697_932  # training images of ByClass


def used(run_folder) -> dict[str, list[store.Entry]]:
    """The stored steps of a run by chapter, each where it was used first."""
    found, seen = {}, set()
    for path in sorted((run_folder / "notebooks").glob("*.ipynb")):
        names = json.loads(path.read_text(encoding="utf-8"))["metadata"]["book"]["store"]
        entries = [store.entry(name) for name in names if name not in seen]
        found[path.stem] = [entry for entry in entries if entry]
        seen.update(names)
    return found


def computed_by(chapters) -> str:
    """A sentence on who computed the steps of a run (`used`)."""
    # An entry without this number was stored before there were workers.
    numbers = collections.Counter(entry.environment.get("workers", 1) for entries in chapters.values() for entry in entries)
    parts = [f"{count:,} by {workers} workers side by side" for workers, count in sorted(numbers.items()) if workers > 1]
    if numbers[1]:
        parts.append(f"{numbers[1]:,} one after another in one process")
    return f"Stored steps: {numbers.total():,}, computed {' and '.join(parts)}." if parts else "There are no stored steps."


def scale_out(chapters, images) -> str:
    """How long the trainings of a run (`used`) take on several workers, as a Markdown table and what it counts.

    Their costs are the stored ones, for a run on so many images; on all of ByClass they grow with the images. The wall clock is that of list scheduling (`schedule.makespan`), one chapter after the other: the smaller value if all steps
    of a chapter start together, the larger if those of each name wait for those of the one before. The bound is
    `schedule.least`, over all chapters.
    """
    together, apart = collections.defaultdict(list), collections.defaultdict(list)
    for chapter, entries in chapters.items():
        for entry in (entry for entry in entries if seconds(entry) is not None):
            together[chapter].append(seconds(entry))
            apart[_kind(entry)].append(seconds(entry))
    if not (costs := list(itertools.chain(*together.values()))):
        return "Nothing that is stored says how long it took.\n"
    rows = []
    for workers in WORKERS:
        soonest, latest = (sum(schedule.makespan(batch, workers) for batch in of) for of in (together.values(), apart.values()))
        least = schedule.least(costs, workers)
        cells = [cell for n in (1, ALL_IMAGES / images) for cell in (_hours(n * soonest, n * latest), _hours(n * least))]
        rows.append([f"{workers}", *cells])
    head = ["Workers", f"{images:,} images, h", "at least, h", f"{ALL_IMAGES:,} images, h", "at least, h"]
    total = sum(map(len, chapters.values()))
    about = f"Counted are the {len(costs):,} trainings among {total:,} stored steps"
    about += f": {_hours(sum(costs))} hours of one thread, the longest {_hours(max(costs))}."
    return f"{markdown.table(head, rows)}\n{about}\n"


def published() -> str:
    """`scale_out` of the published run."""
    if not (results := paths.REFERENCE / "results.json").exists():
        return "No run is published yet.\n"
    data = contracts.read(results)["data"]
    return scale_out(used(paths.REFERENCE), data["n_train"] + data["n_validation"])


def seconds(entry) -> float | None:
    """What a stored training takes on one thread; None for a step that keeps no account of it."""
    if not isinstance(entry.result, dict) or "train_seconds" not in entry.result:
        return None
    if minutes := entry.result.get("cpu_minutes"):
        return 60 * minutes
    return entry.result["train_seconds"] * entry.environment["threads"]


def _kind(entry):
    """What an entry is called, without its seed and key."""
    return entry.folder.name.rpartition("-seed")[0]


def _hours(*seconds):
    return " to ".join(dict.fromkeys(f"{value / 3600:.1f}" for value in seconds))
