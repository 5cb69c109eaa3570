"""The tables of the page about cost and speed."""

import pytest

from sixtytwo.base import paths
from sixtytwo.report import cost


@pytest.mark.parametrize(("median", "reached"), [(2.0, "yes"), (1.0, "**no**")])
def test_page_says_whether_a_goal_is_reached(median, reached):
    entry = {"name": "fit_vs_keras_cnn", "median": median, "low": 0.5, "high": 2.5, "unit": "ratio"}
    entry |= {"measured": "2026-01-01", "environment": "a machine, commit abc"}
    tables = cost.tables([entry], {"fit_vs_keras_cnn": [">=", 1.25]})
    row = tables["goals"].splitlines()[-1]
    assert row == f"| Training, book ÷ plain Keras, CNN | ≥ 1.25 | {median:.3g} (0.5 to 2.5) | {reached} |"
    assert tables["training"].splitlines()[2:] == [f"| CNN |  |  |  | {median:.3g} (0.5 to 2.5) |  |  |"]


def test_page_compares_the_engine_with_what_it_replaced():
    entry = {"name": "engine_vs_sequential_modern_cnn", "median": 1.3, "low": 1.25, "high": 1.5, "unit": "ratio"}
    entry |= {"measured": "2026-01-01", "environment": "a machine, commit abc"}
    tables = cost.tables([entry], {"engine_vs_sequential_modern_cnn": [">=", 1.25], "draft_speedup": [">=", 1.25]})
    reached, missing = tables["goals"].splitlines()[-2:]
    assert reached == "| Eight trainings, engine ÷ one after another, Modern CNN | ≥ 1.25 | 1.3 (1.25 to 1.5) | yes |"
    assert missing.endswith("| ≥ 1.25 |  |  |")  # what is not measured is not claimed
    assert tables["engine"].splitlines()[2:] == ["| Modern CNN |  |  |  | 1.3 (1.25 to 1.5) |  |"]


def test_pages_show_every_table():
    pages = "".join((paths.ROOT / "book" / name).read_text(encoding="utf-8") for name in ("cost_and_speed.md", "scale_out.md"))
    for name in cost.tables():
        assert f"_generated/cost_{name}.md" in pages
