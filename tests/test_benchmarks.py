"""The committed measurements, and what measures them."""

import importlib
import json

import pytest
from conftest import ROOT

from sixtytwo.base import contracts, paths

FOLDER = ROOT / "benchmarks"
ENTRIES = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
GOALS = json.loads((FOLDER / "goals.json").read_text(encoding="utf-8"))


def test_every_goal_is_measured_and_names_where():
    found = {entry["name"]: entry for entry in ENTRIES}
    assert set(GOALS) <= set(found)
    for entry in ENTRIES:
        assert entry["low"] <= entry["median"] <= entry["high"]
        assert entry["unit"] and entry["measured"] and " cores, " in entry["environment"]


@pytest.fixture
def benchmark(monkeypatch):
    """A module of the benchmarks, by name."""
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module


def test_measured_networks_are_those_of_the_published_run(benchmark):
    published = contracts.read(paths.REFERENCE / "results.json")["models"]
    for name in (*benchmark("networks").OF_THE_PAPER, "modern_cnn"):
        model = benchmark("networks").keras_model(name)
        assert model.count_params() == published[name]["parameters"] and model.compiled


def test_every_section_can_be_measured(benchmark):
    sections = set(benchmark("run").SECTIONS) - {"training_speed"}  # needs PyTorch, which `make bench` installs
    assert all(benchmark(section).measure for section in sections)


def test_speed_is_compared_within_a_repeat(benchmark):
    run = benchmark("run")
    assert run.ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]
    assert run.entry("x", [3.0, 1.0, 2.0], "s") == {"name": "x", "median": 2.0, "low": 1.0, "high": 3.0, "unit": "s"}
