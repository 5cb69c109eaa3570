"""Charts that compare all models: accuracy, training time, size, and what accuracy costs. Everything is by key of the model."""

import matplotlib.pyplot as plt
import numpy as np

from sixtytwo.drawing import chart, charts, palette, style


def _name_rows(axis, keys, titles):
    axis.set_yticks(range(len(keys)), [titles[key] for key in keys])
    axis.invert_yaxis()


def _printed(paper, column, keys):
    """The paper's values of a column of Table 5 and the rows where they stand."""
    found = [(paper[key][column], i) for i, key in enumerate(keys) if key in paper]
    return list(zip(*found, strict=True))


@chart.chart
def draw_accuracies(accuracy, intervals, titles, paper):
    """Accuracy of each model with its interval, the best first; hollow diamonds: the paper's (`TABLE_5`, empty if it does not apply)."""
    accuracy = dict(sorted(accuracy.items(), key=lambda item: -item[1]))
    figure, axis = plt.subplots(figsize=style.size(0.42 * len(accuracy) + 1.1))
    for i, (key, value) in enumerate(accuracy.items()):
        axis.hlines(i, *intervals[key], color=palette.colour(key), linewidth=3)
        axis.scatter(value, i, color=palette.colour(key), s=60, zorder=3)
    if printed := _printed(paper, "accuracy", accuracy):
        axis.scatter(*printed, marker="D", s=60, facecolors="none", edgecolors="black", label="paper")
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1))
    _name_rows(axis, accuracy, titles)
    axis.set_xlabel("test accuracy")
    return figure


def draw_times(seconds, titles, paper):
    """Seconds of ten epochs (arrays, one number per timed epoch): median, whiskers from fastest to slowest; the paper's."""
    figure, axis = plt.subplots(figsize=(style.WIDTH, 0.62 * len(seconds) + 1.2))
    for i, (key, found) in enumerate(seconds.items()):
        middle = np.median(found)
        reach = [[middle - found.min()], [found.max() - middle]]
        axis.barh(i, middle, color=palette.colour(key), xerr=reach, capsize=3)
    if printed := _printed(paper, "seconds", seconds):
        axis.plot(*printed, "kD", label="paper (other hardware)")
        figure.legend(loc="outside lower right")
    _name_rows(axis, seconds, titles)
    axis.set(xlabel="seconds for ten epochs")
    return figure


def draw_sizes(parameters, macs, titles):
    """Parameters of each model (bars) and multiply-adds per image (dots, upper axis)."""
    figure, axis = plt.subplots(figsize=(style.WIDTH, 0.62 * len(parameters) + 1.6))
    thousands, rows = [number / 1000 for number in parameters.values()], range(len(parameters))
    axis.barh(rows, thousands, color=[palette.colour(key) for key in parameters], height=0.6)
    for i, number in enumerate(parameters.values()):
        axis.text(1.28 * max(thousands), i, f"{number:,}", ha="right", va="center")
    axis.set(xlabel="thousand parameters", xlim=(0, 1.3 * max(thousands)))
    _name_rows(axis, parameters, titles)
    above, millions = axis.twiny(), [macs[key] / 1e6 for key in parameters]
    above.plot(millions, rows, "ko", markersize=8)
    above.set(xlabel="million multiply-adds per image (dots)", xlim=(0, 1.3 * max(millions)))
    above.grid(visible=False)
    return figure


def draw_costs(costs, accuracy, titles):
    """Accuracy against several costs, one panel for each: label -> cost by key; a model whose cost is unknown (NaN) is left out."""
    figure, axes = plt.subplots(1, len(costs), figsize=(style.WIDTH, 4), sharey=True)
    for axis, (label, cost) in zip(axes, costs.items(), strict=True):
        known = {key: cost[key] for key in accuracy if np.isfinite(cost[key])}
        charts.draw_pareto(axis, known, accuracy, titles)
        axis.set(xlabel=label)
    axes[0].set(ylabel="accuracy")
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
