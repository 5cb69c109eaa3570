"""What the stored steps of a run say: who computed them, and how long they would take on more workers."""

import pytest

from sixtytwo.base import files, machine, paths, store
from sixtytwo.report import steps

HOUR = 3600.0


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Makes a run of chapters that used steps: name, minutes of the processor (or None) and what its environment says beside."""
    for place in ("PUBLISHED", "UNFINISHED", "LOCAL"):
        monkeypatch.setattr(paths, place, tmp_path / place.lower())

    def make(chapters):
        for chapter, used in chapters.items():
            names = []
            for name, result, environment in used:
                made = machine.environment() | environment
                names.append(store.cached(name, {"step": name}, lambda folder, result=result: result, made=made).folder.name)
            files.write_json(tmp_path / "notebooks" / f"{chapter}.ipynb", {"metadata": {"book": {"store": names}}})
        return tmp_path

    (tmp_path / "notebooks").mkdir()
    return make


def trained(hours):
    return {"train_seconds": 2 * hours * HOUR, "cpu_minutes": 60 * hours}


def test_a_run_says_how_many_workers_computed_its_steps(run):
    two, one, before = {"workers": 2}, {"workers": 1}, {}
    used = [("train-a-seed0", trained(1), two), ("train-a-seed1", trained(1), two), ("train-b-seed0", trained(1), one)]
    folder = run({"03_mlp": used, "04_cnn": [used[0], ("latency", {}, before)]})
    assert steps.computed_by(steps.used(folder)) == (
        "Stored steps: 4, computed 2 by 2 workers side by side and 2 one after another in one process."
    )
    assert steps.computed_by({}) == "There are no stored steps."


def test_a_step_belongs_to_the_chapter_that_used_it_first(run):
    shared, own = ("train-a-seed0", trained(1), {}), ("train-b-seed0", trained(1), {})
    found = steps.used(run({"03_mlp": [shared], "04_cnn": [shared, own]}))
    names = {chapter: [entry.folder.name.rpartition("-")[0] for entry in entries] for chapter, entries in found.items()}
    assert names == {"03_mlp": ["train-a-seed0"], "04_cnn": ["train-b-seed0"]}


def test_more_workers_help_until_the_longest_training_decides(run):
    """Two chapters: four trainings of an hour and one of three that another name waits for; then one of two hours."""
    first = [(f"train-a-seed{seed}", trained(1), {}) for seed in range(4)] + [("train-b-seed0", trained(3), {})]
    used = steps.used(run({"03_mlp": [*first, ("probes", {"input": 1.0}, {})], "04_cnn": [("train-c-seed0", trained(2), {})]}))
    table = steps.scale_out(used, images=steps.ALL_IMAGES // 7)
    assert table.splitlines()[2:5] == [
        "| 2 | 6.0 to 7.0 | 4.5 | 42.0 to 49.0 | 31.5 |",
        "| 16 | 5.0 to 6.0 | 3.0 | 35.0 to 42.0 | 21.0 |",
        "| 64 | 5.0 to 6.0 | 3.0 | 35.0 to 42.0 | 21.0 |",
    ]
    assert "the 6 trainings among 7 stored steps: 9.0 hours of one thread, the longest 3.0" in table


def test_a_training_whose_processor_time_is_unknown_counts_all_its_threads(run):
    result = {"train_seconds": HOUR, "cpu_minutes": None}
    [[entry]] = steps.used(run({"03_mlp": [("train-a-seed0", result, {"threads": 2})]})).values()
    assert steps.seconds(entry) == 2 * HOUR


def test_a_run_without_costs_says_so(run):
    assert "says how long it took" in steps.scale_out(steps.used(run({"03_mlp": [("probes", {"input": 1.0}, {})]})), 100)


def test_published_run_is_counted():
    table = steps.published()
    assert "| 100,000 images, h |" in table and "| 697,932 images, h |" in table and "\n| 64 | " in table
