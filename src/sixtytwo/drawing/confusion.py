"""The confusion matrix, as a picture and to walk through, and what it says of each class."""

from html import escape

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML
from matplotlib.colors import PowerNorm

from sixtytwo.drawing import images, style

_NORM = PowerNorm(0.4, vmin=0, vmax=1)  # stretched, so that rare confusions show


def draw_confusion(confusion, class_names):
    """The confusion matrix, counts (classes, classes), each row divided by the size of its class."""
    shares = confusion / np.maximum(confusion.sum(axis=1), 1)[:, None]
    figure, axis = plt.subplots(figsize=(style.WIDTH, style.WIDTH + 0.3))
    shown = axis.imshow(shares, cmap="magma_r", norm=_NORM)
    for side in (axis.xaxis, axis.yaxis):
        style.name_ticks(side, class_names, fontsize=7)
    axis.grid(visible=False)
    axis.set(xlabel="read as", ylabel="true class")
    figure.colorbar(shown, ax=axis, shrink=0.7, label="share of the true class")
    return figure


def draw_recall(table, colour):
    """Recall of each class with its interval against the number of its images (`recall_by_class`)."""
    figure, axis = plt.subplots(figsize=(style.WIDTH, 4.8))
    axis.set(xscale="log", xlabel="test images of the class", ylabel="recall", ylim=(-0.03, 1.03))
    style.plain_ticks(axis.xaxis)
    axis.vlines(table["support"], table["low"], table["high"], color="#bbbbbb", linewidth=1)
    axis.scatter(table["support"], table["recall"], s=8, color=colour)
    label = {"xytext": (3, 2), "textcoords": "offset points", "fontsize": 9, **style.lettering(table.index)}
    for name, support, recall in table[["support", "recall"]].itertuples():
        axis.annotate(name, (support, recall), **label)
    return figure


def draw_mistakes(pictures, labels, predicted, rows, class_names):
    """Images with their class and the answer above them; `rows` lists the numbers of up to six images for each row."""
    figure, axes = plt.subplots(len(rows), 6, figsize=(style.WIDTH * 0.8, 0.2 + len(rows)), squeeze=False)
    for row, found in zip(axes, rows, strict=True):
        captions = [f"{class_names[labels[i]]} as {class_names[predicted[i]]}" for i in found]
        images.draw_images(row, pictures[found], captions)
    return figure


def confusion_explorer(confusion, class_names) -> HTML:
    """The confusion matrix, counts (classes, classes), as a picture with a title for each cell that is not empty.

    `book.js` shows the title of the cell that is pointed at or walked to with the arrow keys.
    """
    side, edge = 10, 14  # units of the picture: a cell, the margin with the class names
    support = np.maximum(confusion.sum(1), 1)
    magma = mpl.colormaps["magma_r"]
    parts = []
    for i, name in enumerate(class_names):
        middle = edge + side * i + side / 2
        parts.append(f'<text x="{edge - 3}" y="{middle + 3}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<text x="{middle}" y="{edge - 4}" text-anchor="middle">{escape(name)}</text>')
    for i, j in zip(*np.nonzero(confusion), strict=True):
        share = confusion[i, j] / support[i]
        title = f"{class_names[i]} read as {class_names[j]}: {confusion[i, j]:,} of {support[i]:,} images ({share:.1%})"
        parts.append(
            f'<rect x="{edge + side * j}" y="{edge + side * i}" width="{side}" height="{side}" data-row="{i}" data-column="{j}" '
            f'fill="{mpl.colors.to_hex(magma(float(_NORM(share))))}"><title>{escape(title)}</title></rect>'
        )
    whole = edge + side * len(class_names) + 2
    return HTML(
        f'<svg class="confusion" viewBox="0 0 {whole} {whole}" tabindex="0" role="group" font-size="8" '
        f'aria-label="Confusion matrix, to walk through with the arrow keys">{"".join(parts)}</svg>'
        '<p class="confusion-cell" aria-live="polite">Point at a cell, or tap it.</p>'
    )
