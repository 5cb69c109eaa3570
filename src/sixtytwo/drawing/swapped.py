"""Classes that are read as each other."""

import matplotlib.pyplot as plt
import numpy as np

from sixtytwo.drawing import palette, style


def draw_swapped(counts, *, hollow=(), square=()):
    """Images of two classes that are read as each other: a panel per pair of classes, a row per kind of training.

    Parameters
    ----------
    counts : dict of dict of list
        By row and by panel the number of images for each seed, drawn as small dots; their mean is a large one.
    hollow, square : collection of str
        Rows whose large dots are hollow or square.
    """
    rows, pairs = list(counts), list(next(iter(counts.values())))
    size = style.WIDTH, 0.33 * len(rows) + 1.1
    figure, axes = plt.subplots(1, len(pairs), figsize=size, sharey=True, squeeze=False)
    for axis, pair in zip(axes[0], pairs, strict=True):
        for y, row in enumerate(rows):
            found = counts[row][pair]
            axis.plot(found, [y] * len(found), ".", color="#999999", markersize=4)
            shape = {"marker": "s" if row in square else "o", "markerfacecolor": "white" if row in hollow else None}
            axis.plot(np.mean(found), y, color=palette.TRIED, markersize=8, **shape)
        axis.margins(x=0.15)
        axis.set_title(pair, **style.lettering([pair]))
        axis.set_xlabel("images")
    axes[0, 0].set_ylim(len(rows) - 0.4, -0.6)
    axes[0, 0].set_yticks(range(len(rows)), rows)
    return figure
