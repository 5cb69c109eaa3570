"""What the figures of the evaluation show of the facts that they are given."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sixtytwo.drawing import comparison, confusion, palette

TITLES = {"mlp": "MLP", "mine": "Mine (new)"}
PAPER = {"mlp": {"accuracy": 0.81, "seconds": 265}}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def labels(axis):
    return [label.get_text() for label in axis.get_yticklabels()]


def test_accuracies_have_a_row_per_model_the_best_first_and_the_papers_diamonds():
    figure = comparison.draw_accuracies(
        {"mlp": 0.8, "mine": 0.9}, {"mlp": (0.79, 0.81), "mine": (0.88, 0.92)}, TITLES, PAPER
    ).wide
    (axis,) = figure.axes
    assert labels(axis) == ["Mine (new)", "MLP"] and axis.get_xlabel() == "test accuracy"
    points = [
        dots.get_offsets().tolist() for dots in axis.collections if dots.get_offsets().size and "Path" in type(dots).__name__
    ]
    assert points == [[[0.9, 0]], [[0.8, 1]], [[0.81, 1]]]


def test_without_the_paper_there_are_no_diamonds_and_no_legend():
    figure = comparison.draw_accuracies({"mine": 0.9}, {"mine": (0.88, 0.92)}, TITLES, PAPER).wide
    assert figure.axes[0].get_legend() is None
    figure = comparison.draw_times({"mlp": np.array([1.0, 2.0])}, TITLES, {})
    assert not figure.legends


def test_times_are_medians_with_whiskers_from_fastest_to_slowest():
    (axis,) = comparison.draw_times({"mlp": np.array([10.0, 12.0, 20.0])}, TITLES, PAPER).axes
    assert [bar.get_width() for bar in axis.patches] == [12]
    (whisker,) = (found.get_segments()[0] for found in axis.collections)
    assert whisker.tolist() == [[10, 0], [20, 0]]


def test_sizes_are_bars_of_parameters_and_dots_of_multiply_adds():
    figure = comparison.draw_sizes({"mlp": 249_862, "mine": 1000}, {"mine": 5e6, "mlp": 2.5e5, "other": 1}, TITLES)
    bars, dots = figure.axes
    assert [bar.get_width() for bar in bars.patches] == [249.862, 1] and "249,862" in [text.get_text() for text in bars.texts]
    assert dots.lines[0].get_xydata().tolist() == [[0.25, 0], [5, 1]]


def test_costs_leave_out_what_was_not_measured():
    costs = {"minutes": {"mlp": 2.0, "mine": math.nan}, "adds": {"mlp": 1.0, "mine": 3.0}}
    first, second = comparison.draw_costs(costs, {"mlp": 0.8, "mine": 0.9}, TITLES).axes
    assert first.get_xlabel() == "minutes" and first.get_ylabel() == "accuracy"
    assert [[line.get_label() for line in axis.lines if line.get_label() in TITLES.values()] for axis in (first, second)] == [
        ["MLP"],
        ["MLP", "Mine (new)"],
    ]


def test_confusion_is_shown_by_the_share_of_each_true_class():
    figure = confusion.draw_confusion(np.array([[3, 1], [0, 0]]), ["O", "0"])
    assert figure.axes[0].images[0].get_array().tolist() == [[0.75, 0.25], [0, 0]]
    assert labels(figure.axes[0]) == ["O", "0"]


def test_recall_names_each_class_at_its_place():
    table = pd.DataFrame({"support": [10, 300], "recall": [0.5, 0.9], "low": [0.2, 0.8], "high": [0.8, 0.95]}, index=["o", "0"])
    (axis,) = confusion.draw_recall(table, palette.colour("mlp")).axes
    assert [(text.get_text(), text.xy) for text in axis.texts] == [("o", (10, 0.5)), ("0", (300, 0.9))]


def test_mistakes_say_class_and_answer():
    pictures = np.zeros((4, 28, 28), np.uint8)
    figure = confusion.draw_mistakes(pictures, [0, 1, 0, 1], [1, 0, 1, 0], [np.array([0, 1]), np.array([3])], ["O", "0"])
    titles = [axis.get_title() for axis in figure.axes]
    assert titles[:3] == ["O as 0", "0 as O", ""] and titles[6] == "0 as O" and len(titles) == 12
