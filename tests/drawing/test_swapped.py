"""A panel per pair of classes, a row per kind of training."""

import matplotlib.pyplot as plt
import pytest

from sixtytwo.drawing import swapped


def test_dots_are_the_counts_and_their_mean_and_rows_look_as_asked():
    counts = {"recipe": {"0 / O": [4, 6], "1 / l": [1, 3]}, "no finish": {"0 / O": [9, 9], "1 / l": [2, 2]}}
    figure = swapped.draw_swapped(counts, hollow=["recipe"], square=["no finish"])
    assert [axis.get_title() for axis in figure.axes] == ["0 / O", "1 / l"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["recipe", "no finish"]
    seeds, mean, _, other = figure.axes[0].lines
    assert list(seeds.get_xdata()) == [4, 6] and list(mean.get_xdata()) == [pytest.approx(5)]
    assert (mean.get_marker(), mean.get_markerfacecolor()) == ("o", "white") and other.get_marker() == "s"
    plt.close(figure)
