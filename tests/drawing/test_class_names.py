"""Class names of a reader's own are shown as they are written, in every figure and table that has them."""

import itertools
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sixtytwo.base import fonts
from sixtytwo.drawing import comparison_tables, confusion, images, limits_charts, style, swapped
from sixtytwo.findings import confusion as errors

NAMES = ("<b>bold</b>", "a & b", r"$\wrong{$ or $", "_low^", "零", "صفر")
PICTURES, LABELS = np.zeros((6, 28, 28), np.uint8), np.arange(6)
COUNTS = np.arange(36).reshape(6, 6)

FIGURES = {
    "confusion": lambda: confusion.draw_confusion(COUNTS, NAMES),
    "recall": lambda: confusion.draw_recall(errors.recall_by_class(COUNTS, NAMES), "black"),
    "mistakes": lambda: confusion.draw_mistakes(PICTURES, LABELS, LABELS[::-1], [LABELS], NAMES),
    "readings": lambda: limits_charts.draw_readings(PICTURES, LABELS, LABELS[::-1], NAMES, lines=1, height=1),
    "swapped": lambda: swapped.draw_swapped({"recipe": {" / ".join(NAMES[i : i + 2]): [1, 2] for i in (0, 2, 4)}}),
}


def bars():
    figure, axis = plt.subplots()
    axis.bar(range(6), 1)
    style.name_ticks(axis.xaxis, NAMES)
    return figure


def examples():
    figure, axes = plt.subplots(1, 6)
    images.draw_images(axes, PICTURES, NAMES)
    return figure


@pytest.mark.parametrize("draw", [*FIGURES.values(), bars, examples], ids=[*FIGURES, "bars", "examples"])
def test_figures_show_names_as_they_are_written(draw, tmp_path):
    if fonts.trouble_with("零"):
        pytest.skip("no font on this machine has Chinese characters")
    figure = draw()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a box in the place of a character is a warning
        figure.savefig(tmp_path / "figure.png")  # a formula that is none raises
    plt.close(figure)
    shown = " ".join(text.get_text() for text in figure.findobj(plt.Text))
    assert all(name in shown for name in NAMES)


def test_long_names_below_an_axis_do_not_cover_each_other():
    figure, axis = plt.subplots(figsize=(3, 2))
    axis.bar(range(6), 1)
    style.name_ticks(axis.xaxis, ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Ankle boot"])
    figure.canvas.draw()
    boxes = [label.get_window_extent() for label in axis.get_xticklabels()]
    assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))
    plt.close(figure)


def test_pages_show_names_as_they_are_written():
    pairs = errors.worst_pairs(np.triu(COUNTS, 1), NAMES)
    page = comparison_tables.pair_table(pairs).to_html() + confusion.confusion_explorer(COUNTS, NAMES).data
    assert "<b>" not in page and "a & b" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page and "a &amp; b" in page
    assert "<b>" not in pd.DataFrame(index=NAMES, data={"n": range(6)}).to_html()  # how other tables are shown
