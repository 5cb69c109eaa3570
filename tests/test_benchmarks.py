"""The committed measurements, and what measures them."""

import ast
import importlib
import json
import subprocess
import sys

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
    assert set(benchmark("run").ON_REQUEST) < sections
    assert all(benchmark(section).measure for section in sections)


def test_speed_is_compared_within_a_repeat(benchmark):
    run = benchmark("run")
    assert run.ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]
    assert run.entry("x", [3.0, 1.0, 2.0], "s") == {"name": "x", "median": 2.0, "low": 1.0, "high": 3.0, "unit": "s"}


def test_two_versions_are_compared_in_clones_of_their_own(benchmark, tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True)

    git("init", "--quiet")
    for text in ("before", "now"):
        (tmp_path / "Makefile").write_text(f'all:\n\t@test "$$SAYS" = {text}\n', encoding="utf-8")
        git("add", "Makefile")
        git("commit", "--quiet", "--message", text)
    checkout = benchmark("checkout")
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    for commit, text in (("HEAD~1", "before"), ("HEAD", "now")):
        with checkout.clone(commit, SAYS=text) as (_, seconds):
            assert seconds("make") > 0


@pytest.mark.slow
def test_engine_is_measured_against_the_same_trainings_one_after_another():
    code = "import engine; engine.IN_TORCH = (); print(*engine.speeds('mlp', 2, 128, 1), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], cwd=FOLDER, capture_output=True, text=True, check=True)
    found = [ast.literal_eval(line) for line in done.stdout.splitlines() if line.startswith("{")]
    speed = {one["name"]: one["median"] for one in found}
    assert speed["engine_vs_sequential_mlp"] == pytest.approx(speed["engine_mlp"] / speed["sequential_mlp"])
