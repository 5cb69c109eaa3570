"""Dot plots: what is compared stands in rows, every seed is there, and nothing is cut off on a phone."""

import math

import pytest

from sixtytwo.drawing import dots, style, values

SEEDS = {"MLP": {"upright": [0.7, 0.71], "shuffled": [0.69, 0.7]}, "CNN": {"upright": [0.8], "shuffled": [0.6]}}
LEAD = {"mean": 0.004, "low": -0.001, "high": 0.009}
UNKNOWN = {"mean": -0.002, "low": math.nan, "high": math.nan}
LONG = "what a reader with a small screen would have to scroll for"


@pytest.fixture(autouse=True)
def _style():
    style.use_style()


def test_every_seed_and_every_mean_is_shown_with_its_row_and_its_network():
    chart = dots.draw_seeds(SEEDS, "accuracy", colours={"MLP": "#D17C00", "CNN": "#0072B2"})
    texts = [text for *_, text in values.values(chart.wide)]
    assert sum("MLP" in text and "upright" in text for text in texts) >= 2
    assert any("CNN" in text and "0.6" in text and "shuffled" in text for text in texts)


def test_rows_stand_in_the_order_in_which_they_are_given_from_the_top_down():
    axis = dots.draw_seeds(SEEDS, "accuracy").wide.axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["upright", "shuffled"]
    assert axis.get_ylim()[0] > axis.get_ylim()[1]


def test_differences_are_in_points_with_their_intervals():
    chart = dots.draw_differences({"gain": {"this": LEAD, "that": UNKNOWN}}, "points")
    axis = chart.wide.axes[0]
    means = [float(found.get_offsets()[0][0]) for found in axis.collections if len(found.get_offsets()) == 1]
    assert means == pytest.approx([0.4, -0.2])
    assert any(list(line.get_xdata()) == pytest.approx([-0.1, 0.9]) for line in axis.lines)
    assert "95% interval -0.10 to +0.90\npoints: 0.4\nthis" in [text for *_, text in values.values(chart.wide)]


@pytest.mark.parametrize("draw", [dots.draw_seeds, dots.draw_differences])
def test_long_names_are_whole_on_a_phone(draw):
    content = [0.7] if draw is dots.draw_seeds else LEAD
    figure = draw({"first": {LONG: content}, "second": {LONG: content}}, LONG).narrow
    figure.draw_without_rendering()
    axis = figure.axes[0]
    for text in (*axis.get_yticklabels(), axis.xaxis.label, *figure.legends[0].get_texts()):
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0, text.get_text()
