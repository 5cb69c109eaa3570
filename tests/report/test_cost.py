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


def test_pages_show_every_table():
    pages = "".join((paths.ROOT / "book" / name).read_text(encoding="utf-8") for name in ("cost_and_speed.md", "scale_out.md"))
    for name in cost.tables():
        assert f"_generated/cost_{name}.md" in pages


def test_plan_scales_the_published_training_with_the_images():
    run = {"history": {"loss": [1.0] * 10}}
    models = {
        "cnn": {"title": "CNN", "cpu_minutes": 6.0, "runs": [run]},
        "linear": {"title": "Linear", "cpu_minutes": 1.0, "runs": [run]},
    }
    plan = cost.plan({"data": {"n_train": 90_000}, "models": models})
    images = cost.ALL_IMAGES * 0.9 / 90_000  # times as many
    hours = 0.1 * images
    cells = [f"{value:,.1f}" for value in (hours, 5 * hours, 50 * hours, 0.55 * hours)]
    assert plan.splitlines()[2:] == [f"| CNN | {' | '.join(cells)} |"]
