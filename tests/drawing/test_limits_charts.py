"""What the figures of chapter 07 show of the facts that they are given."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sixtytwo.drawing import limits_charts, palette

TITLES = {"cnn": "CNN", "mine": "My model"}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def shown(figure):
    return [axis for axis in figure.axes if axis.axison]


def test_readings_fill_the_grid_and_say_label_and_reading():
    figure = limits_charts.draw_readings(np.zeros((20, 28, 28)), [0] * 20, [1] * 20, ["O", "0"], lines=2, height=2)
    assert [axis.get_title() for axis in figure.axes] == ["O read as 0"] * 16
    few = limits_charts.draw_readings(np.zeros((1, 28, 28)), [0], [1], ["O", "0"], lines=1, height=1)
    assert len(few.axes) == 8 and sum(bool(axis.images) for axis in few.axes) == 1


def test_corruptions_have_a_column_each():
    figure = limits_charts.draw_corruptions({"blur": np.zeros((2, 28, 28)), "noise": np.zeros((2, 28, 28))})
    assert [axis.get_title() for axis in figure.axes] == ["blur", "noise", "", ""]


def test_dial_has_a_curve_with_a_ring_per_model_and_marks_for_remedies():
    curves = {"cnn": np.array([[0.86, 0.70], [0.80, 0.75]]), "mine": np.array([[0.8, 0.6], [0.7, 0.7]])}
    again = {("cnn", "class weights"): np.array([[0.7, 0.8], [0.9, 0.6]]), ("cnn", "balanced sampling"): np.ones((1, 2))}
    (axis,) = limits_charts.draw_dial(curves, again, TITLES, ring=1).axes
    assert [line.get_marker() for line in axis.lines] == ["None", "o", "None", "o", "s", "^"]
    assert axis.lines[1].get_xydata().tolist() == [[0.75, 0.80]]
    assert axis.lines[4].get_xydata().ravel() == pytest.approx([0.7, 0.8])


def test_reliability_has_a_panel_per_model_and_what_is_scaled_is_dotted():
    rng = np.random.default_rng(0)
    p = rng.dirichlet([0.3] * 4, 400)
    found = SimpleNamespace(labels=rng.integers(0, 4, 400), plain=p, scaled=p)
    panels = shown(limits_charts.draw_reliabilities({"cnn": found, "mine": found}, TITLES))
    assert [axis.get_title() for axis in panels] == ["CNN", "My model"]
    assert [line.get_linestyle() for line in panels[0].lines] == ["-", "-", "-", ":"]  # the diagonal each time


@pytest.mark.parametrize("kinds", [8, 9])
def test_robustness_starts_with_the_clean_images_in_a_panel_per_corruption(kinds):
    found = {key: {"clean": 0.9, "corrupted": {f"kind {i}": [0.8, 0.5] for i in range(kinds)}} for key in TITLES}
    figure = limits_charts.draw_robustness(found, [2, 4], TITLES)
    assert len(shown(figure)) == kinds
    (line, own) = figure.axes[0].lines
    assert line.get_xydata().tolist() == [[0, 0.9], [2, 0.8], [4, 0.5]] and own.get_color() == palette.colour("mine")


def test_learning_curves_end_in_the_interval_of_the_extrapolation():
    errors = {"cnn": {1000: [0.3, 0.4], 9000: [0.2]}, "mine": {1000: [0.5]}}
    figure = limits_charts.draw_learning(
        errors, {"cnn": lambda n: 9 / n**0.5}, {"cnn": (0.1, 0.08, 0.12)}, TITLES, full=700_000
    )
    (axis,) = figure.axes
    law, bar = axis.lines[2:4]
    assert law.get_xdata()[[0, -1]] == pytest.approx([1000, 700_000]) and bar.get_ydata().tolist() == [0.08, 0.12]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["CNN"]
