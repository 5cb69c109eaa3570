"""The committed measurements, and the page made of them."""

import json
from pathlib import Path

import pytest

import cost

ROOT = Path(__file__).resolve().parent.parent
ENTRIES = json.loads((ROOT / "benchmarks" / "results.json").read_text())
GOALS = json.loads((ROOT / "benchmarks" / "goals.json").read_text())


def test_every_goal_is_measured_and_names_where():
    found = {entry["name"]: entry for entry in ENTRIES}
    assert set(GOALS) <= set(found)
    for entry in ENTRIES:
        assert entry["low"] <= entry["median"] <= entry["high"]
        assert entry["unit"] and entry["measured"] and " cores, " in entry["environment"]


@pytest.mark.parametrize(("median", "reached"), [(2.0, "yes"), (1.0, "**no**")])
def test_page_says_whether_a_goal_is_reached(median, reached):
    entry = {"name": "fit_vs_keras_cnn", "median": median, "low": 0.5, "high": 2.5, "unit": "ratio"}
    entry |= {"measured": "2026-01-01", "environment": "a machine, commit abc"}
    tables = cost.tables([entry], {"fit_vs_keras_cnn": [">=", 1.25]})
    row = tables["goals"].splitlines()[-1]
    assert row == f"| Training, book ÷ plain Keras, CNN | ≥ 1.25 | {median:.3g} (0.5 to 2.5) | {reached} |"


def test_pages_show_every_table():
    pages = "".join((ROOT / "book" / name).read_text() for name in ("cost_and_speed.md", "scale_out.md"))
    for name in cost.tables():
        assert f"_generated/cost_{name}.md" in pages
