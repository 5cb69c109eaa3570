"""Dot plots: a row for each thing that is compared, on a scale that shows the differences."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np

from sixtytwo.drawing import chart, palette, style

NO_DIFFERENCE = 0.5  # percentage points to both sides of 0, which a band marks


@chart.chart
def draw_seeds(found, xlabel, *, colours=None, log=False):
    """A dot for each seed, in a row for each thing that is compared, and a stroke at their mean.

    Parameters
    ----------
    found : dict of dict
        Title of a series -> row -> its values, one per seed; a series need not have all rows.
    xlabel : str
        What the values are.
    colours : dict or None
        Title -> colour; those for what is no model (`palette.SERIES`) if there is none.
    log : bool
        Whether the scale is logarithmic.
    """
    figure, axis = _rows(found, xlabel)
    colours = colours or dict(zip(found, palette.SERIES, strict=False))
    handles = {}
    for title, y, values in _placed(found):
        dots = {"s": 26, "color": colours[title], "alpha": 0.55, "linewidth": 0, "zorder": 3}
        handles[title] = axis.scatter(values, [y] * len(values), label=title, **dots)
        axis.plot([np.mean(values)] * 2, [y - 0.11, y + 0.11], color=colours[title], linewidth=2.5, zorder=4)
    if log:
        axis.set_xscale("log")
        style.plain_ticks(axis.xaxis)
    _name_series(figure, handles)
    return figure


@chart.chart
def draw_differences(found, xlabel):
    """Differences in percentage points, a row each: the mean, its 95% interval, and a band for what counts as none.

    Parameters
    ----------
    found : dict of dict
        Title of a series -> row -> a dict with mean, low and high (NaN where there is no interval), as shares; what has no
        mean gets no dot.
    xlabel : str
        What differs from what.
    """
    figure, axis = _rows(found, xlabel)
    axis.axvspan(-NO_DIFFERENCE, NO_DIFFERENCE, color="#ececec", linewidth=0, zorder=0)
    axis.axvline(0, color=palette.MARK, linewidth=1, zorder=1)
    colours = dict(zip(found, palette.SERIES, strict=False))
    handles = {}
    for title, y, difference in _placed(found):
        mean, low, high = (100 * difference[name] for name in ("mean", "low", "high"))
        axis.plot([low, high], [y, y], color=colours[title], linewidth=2, zorder=3)
        told = [title] if len(found) > 1 else []  # where a reader points
        told += [] if np.isnan(low) else [f"95% interval {low:+.2f} to {high:+.2f}"]
        handles[title] = axis.scatter([mean], [y], s=46, color=colours[title], label="\n".join(told) or "_", zorder=4)
    _name_series(figure, handles)
    return figure


def _rows(found, xlabel):
    """A figure with a named row for each thing that is compared, from the top down."""
    names = _names(found)
    labels = [textwrap.fill(name, 17 if style.is_narrow() else 40) for name in names]
    xlabel = textwrap.fill(xlabel, 30 if style.is_narrow() else 70)
    line = 0.3 if style.is_narrow() else 0.26  # inches
    lines = max(1.4, len(found), *(0.6 * label.count("\n") + 0.6 for label in labels))
    below = 0.9 + 0.2 * xlabel.count("\n") + 0.25 * (len(found) > 1)
    figure, axis = plt.subplots(figsize=style.size(len(names) * lines * line + below))
    axis.set_yticks(range(len(names)), labels, parse_math=False)
    axis.set(xlabel=xlabel, ylim=(len(names) - 0.5, -0.5))
    axis.grid(visible=False, axis="y")
    for edge in range(1, len(names)):
        axis.axhline(edge - 0.5, color="#ececec", linewidth=0.8, zorder=0)
    axis.spines["left"].set_visible(False)
    return figure, axis


def _names(found):
    return list(dict.fromkeys(name for rows in found.values() for name in rows))


def _placed(found):
    """Each series and each of its rows: title, height and content."""
    names, share = _names(found), 0.7 / len(found)
    for i, (title, rows) in enumerate(found.items()):
        for name, content in rows.items():
            yield title, names.index(name) + share * (i - (len(found) - 1) / 2), content


def _name_series(figure, handles):
    """A legend below, if there is more than one series: title -> dot."""
    if len(handles) > 1:
        columns = 2 if style.is_narrow() else 4
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=columns, frameon=False)
