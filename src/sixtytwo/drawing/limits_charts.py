"""Figures of what limits all networks: readings against the label, the dial, confidence, corruptions, more images."""

import math

import matplotlib.pyplot as plt
import numpy as np

from sixtytwo.drawing import charts, images, palette, style

_LINES = ["-", "--", "-.", ":"]


def draw_readings(pictures, labels, read_as, class_names, *, lines, height):
    """Images (n, 28, 28) in `lines` of eight, as many as there is room for; above each, its label and how it is read.

    Parameters
    ----------
    labels, read_as : int array (n,)
    height : float
        Of the figure, in inches.
    """
    figure, axes = plt.subplots(lines, 8, figsize=(style.WIDTH, height))
    titles = [f"{class_names[label]} read as {class_names[answer]}" for label, answer in zip(labels, read_as, strict=True)]
    images.draw_images(axes, pictures[: axes.size], titles)
    return figure


def draw_corruptions(pictures):
    """A column for each corruption, from its name to images (n, 28, 28) of rising strength."""
    rows = max(map(len, pictures.values()))
    figure, axes = plt.subplots(rows, len(pictures), figsize=(style.WIDTH, 1.15 * rows), squeeze=False)
    for column, (name, worse) in zip(axes.T, pictures.items(), strict=True):
        images.draw_images(column, worse, [name, *[""] * (len(worse) - 1)])
        column[0].title.set_fontsize(8)
    return figure


def draw_dial(curves, retrained, titles, *, ring):
    """Accuracy against balanced accuracy: a curve per model as the dial turns, and networks that were trained again.

    Parameters
    ----------
    curves : dict of str to float array (settings, 2)
        Accuracy and balanced accuracy of each model, by key.
    retrained : dict of (str, str) to float array (seeds, 2)
        The same by key and remedy, which is "class weights" (squares) or another (triangles).
    ring : int
        The setting that gets a ring.
    """
    figure, axis = plt.subplots(figsize=(style.WIDTH, 4.6))
    for key, curve in curves.items():
        accuracy, balanced = curve.T
        axis.plot(balanced, accuracy, color=palette.colour(key), label=titles[key], linewidth=2)
        axis.plot(balanced[ring], accuracy[ring], "o", color=palette.colour(key), markerfacecolor="white", markersize=8)
    for (key, remedy), found in retrained.items():
        accuracy, balanced = np.mean(found, axis=0)
        axis.plot(balanced, accuracy, "s" if remedy == "class weights" else "^", color=palette.colour(key), markersize=9)
    axis.set(xlabel="balanced accuracy", ylabel="accuracy")
    figure.legend(loc="outside lower center", ncols=4, fontsize=9)
    return figure


def draw_reliabilities(calibrated, titles):
    """A reliability diagram per model, from its key to labels, probabilities as they are (plain: solid) and scaled (dotted)."""
    figure, axes = _panels(len(calibrated), height=2.1)
    for axis, (key, found) in zip(axes, calibrated.items(), strict=False):
        charts.draw_reliability(axis, found.labels, found.plain, color=palette.colour(key))
        charts.draw_reliability(axis, found.labels, found.scaled, color=palette.colour(key), linestyle=":")
        axis.set_title(titles[key], fontsize=9)
    figure.supxlabel("confidence", fontsize=10)
    figure.supylabel("share correct", fontsize=10)
    return figure


def draw_robustness(found, strengths, titles):
    """Accuracy by strength, a panel per corruption; `found` has the result of `measure_robustness` by model."""
    kinds = list(next(iter(found.values()))["corrupted"])
    figure, axes = _panels(len(kinds), height=2.3)
    for axis, kind in zip(axes, kinds, strict=False):
        for i, (key, accuracy) in enumerate(found.items()):
            values = [accuracy["clean"], *accuracy["corrupted"][kind]]
            axis.plot([0, *strengths], values, _LINES[i % 4], color=palette.colour(key), label=titles[key])
        axis.set_title(kind, fontsize=10)
    plt.setp(axes[-4:], xlabel="strength")
    plt.setp(axes[::4], ylabel="accuracy")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9)
    return figure


def draw_learning(errors, laws, expected, titles, *, full):
    """Error against training images on logarithmic axes: dots for seeds, the fitted law, and what it expects of them all.

    Parameters
    ----------
    errors : dict of str to dict of int to list of float
        Errors of the seeds by training images, by model.
    laws : dict of str to callable(n)
        The models that have one.
    expected : dict of str to (float, float, float)
        Their error with `full` training images, and the ends of its interval.
    """
    figure, axis = plt.subplots(figsize=(style.WIDTH, 4.2))
    for key, by_size in errors.items():
        color = palette.colour(key)
        for n, seeds in by_size.items():
            axis.plot([n] * len(seeds), seeds, "o", color=color, alpha=0.7)
        if key in laws:
            sizes = np.geomspace(min(by_size), full, 100)
            axis.plot(sizes, laws[key](sizes), color=color, label=titles[key])
            axis.plot([full, full], expected[key][1:], color=color, linewidth=4, alpha=0.4)
    axis.set(xscale="log", yscale="log", xlabel="training images", ylabel="error")
    style.plain_ticks(axis.xaxis)
    style.plain_ticks(axis.yaxis)
    if laws:
        axis.legend()
    return figure


def _panels(n, height):
    """A figure of four panels side by side in lines of this height in inches, and the panels; those left over are off."""
    lines = math.ceil(n / 4)
    figure, axes = plt.subplots(lines, 4, figsize=(style.WIDTH, height * lines), sharex=True, sharey=True)
    for axis in axes.flat[n:]:
        axis.set_axis_off()
    return figure, axes.ravel()
