"""Charts that several chapters share: of trainings, of searches, of what models cost and know."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

from sixtytwo.drawing import chart, palette, style


@chart.chart
def draw_search(found):
    """Validation accuracy of every trial of a search (`tuning.search`) against each of its hyperparameters.

    Trials whose networks do not have a hyperparameter are missing in its panel.
    """
    space = found["space"] or {"": [""]}
    done = [row for row in found["table"] if row["status"] == "COMPLETED"]
    columns = 2 if style.is_narrow() and len(space) > 1 else len(space)
    rows = -(-len(space) // columns)
    size = style.size(3, narrow=2.4 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, sharey=True, squeeze=False)
    for axis in axes.flat[len(space) :]:
        axis.remove()
    for axis, (name, values) in zip(axes.flat, space.items(), strict=False):
        trials = [row for row in done if not found["space"] or name in row["hyperparameters"]]
        positions = [_position(values, row["hyperparameters"].get(name, "")) for row in trials]
        axis.scatter(positions, [row["val_accuracy"] for row in trials], s=36, color=palette.TRIED, alpha=0.75, zorder=3)
        if name in found["best"]:
            axis.axvline(_position(values, found["best"][name]), color=palette.BEST, linewidth=8, alpha=0.15)
        axis.set_xticks(range(len(values)), [f"{v:g}" if isinstance(v, float) else str(v) for v in values], rotation=45)
        axis.set(xlabel=name.replace("_", " "), xlim=(-0.5, len(values) - 0.5))
    for axis in axes[:, 0]:
        axis.set_ylabel("validation accuracy")
    return figure


def _position(values, value):
    """Where a value stands among those that are marked on an axis; between two of them if it is none of them."""
    return values.index(value) if value in values else float(np.interp(value, values, range(len(values))))


@chart.chart
def draw_grid(table, *, hue, marker=None, ring=None):
    """Validation accuracy of every point of a grid against its parameters; `ring` marks rows (boolean).

    `hue` and `marker` name the hyperparameters that choose the colour and the marker of a point.
    """
    figure, axis = plt.subplots(figsize=style.size(4.4, narrow=5))
    colours = dict(zip(sorted(table[hue].unique()), palette.VALUES, strict=False))
    sns.scatterplot(table, x="parameters", y="val_accuracy", hue=hue, style=marker, palette=colours, s=45, alpha=0.85, ax=axis)
    if ring is not None and ring.any():
        axis.scatter(
            table["parameters"][ring], table["val_accuracy"][ring], s=190, facecolors="none", edgecolors="black", zorder=3
        )
    axis.set(xscale="log", ylabel="validation accuracy")
    style.plain_ticks(axis.xaxis)
    axis.tick_params(axis="x", which="both", rotation=30)
    style.legend_beside(axis)
    return figure


@chart.chart
def draw_replays(found, *, images, epochs, best, budget):
    """Best score so far against images seen, for replayed searches: median and 10th to 90th percentile of the seeds.

    Parameters
    ----------
    found : dict
        What `replay` returned.
    images, epochs : int
        Training images per epoch, and epochs per trial, of the grid.
    best : float
        The best score of the grid.
    budget : int
        Trials of a search, marked in the chart.
    """
    figure, axis = plt.subplots(figsize=style.size(4))
    for colour, (method, scores) in zip(palette.METHODS, found.items(), strict=True):
        seen = images * np.arange(1, scores.shape[1] + 1) / 1e6
        started = ~np.isnan(scores).any(axis=0)
        low, middle, high = np.percentile(scores[:, started], (10, 50, 90), axis=0)
        axis.plot(seen[started], middle, color=colour, label=method, linewidth=2)
        axis.fill_between(seen[started], low, high, color=colour, alpha=0.15, linewidth=0)
    axis.axhline(best, color=palette.MARK, linestyle="--", linewidth=1)
    axis.axvline(images * epochs * budget / 1e6, color=palette.MARK, linestyle=":", linewidth=1.5)
    axis.set(xlabel="million images seen", ylabel="best validation accuracy so far")
    axis.set_ylim(top=best + 0.01, bottom=max(0, np.nanpercentile(np.concatenate(list(found.values())), 15) - 0.02))
    axis.legend(loc="lower right")
    return figure


def draw_reliability(axis, labels, probabilities, **line):
    """Share of correct answers against confidence, in tenths; tenths with fewer than 20 images are left out."""
    confidence, correct = probabilities.max(1), probabilities.argmax(1) == labels
    tenth = np.minimum((10 * confidence).astype(int), 9)
    filled = [b for b in range(10) if np.sum(tenth == b) >= 20]
    means = [[part[tenth == b].mean() for b in filled] for part in (confidence, correct)]
    axis.plot([0, 1], [0, 1], color=palette.GUIDE, linewidth=1, zorder=1)
    axis.plot(*means, "o", markersize=3, **{"linestyle": "-"} | line)


def draw_pareto(axis, costs, scores, titles):
    """Score against cost, one dot per model, labelled for a legend; a line joins those that no other beats in both.

    `costs`, `scores` and `titles` are by key of the model.
    """
    best, front = -1.0, []
    for key in sorted(costs, key=lambda key: (costs[key], -scores[key])):
        if scores[key] > best:
            best, front = scores[key], [*front, key]
        axis.plot(costs[key], scores[key], "o", color=palette.colour(key), markersize=9, zorder=3, label=titles[key])
    axis.plot([costs[key] for key in front], [scores[key] for key in front], color=palette.GUIDE, zorder=1)
    axis.set_xscale("log")
    axis.margins(x=0.12, y=0.12)
    style.plain_ticks(axis.xaxis)


@chart.chart
def draw_curves(histories, metric, *, ylabel, mark=None):
    """Draw a metric by epoch: for each model the mean over its seeds, with a band from lowest to highest seed.

    `histories` maps (key, title) of a model to the histories of its runs: a list of {metric: values by epoch}; `mark` is an
    epoch at which a line is drawn.
    """
    figure, axis = plt.subplots(figsize=style.size(4.2, narrow=4))
    for i, ((key, title), runs) in enumerate(histories.items()):
        values = np.array([run[metric] for run in runs])
        epochs = np.arange(1, values.shape[1] + 1)
        dashes = ["-", "--", "-.", ":"][i % 4]
        axis.plot(epochs, values.mean(0), dashes, color=palette.colour(key), label=title, linewidth=2)
        axis.fill_between(epochs, values.min(0), values.max(0), color=palette.colour(key), alpha=0.18, linewidth=0)
    if mark is not None:
        axis.axvline(mark, color=palette.MARK, linestyle=":")
    axis.set(xlabel="epoch", ylabel=ylabel)
    axis.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    if len(histories) > 3:  # no room among the lines
        style.legend_beside(axis)
    else:
        axis.legend()
    return figure
