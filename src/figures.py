"""How the book draws: one style, one colour per model, and the pictures that several chapters share."""

from html import escape

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from IPython.display import HTML
from matplotlib.colors import PowerNorm
from matplotlib_inline.backend_inline import set_matplotlib_formats

from palette import COLOURS, colour

WIDTH = 7.2  # inches of a full-width figure
MONOSPACE = "DejaVu Sans Mono"  # where characters are named: in the other font I and l look the same


def use_style():
    """Set the book's figure style; call once at the top of a chapter."""
    sns.set_theme(context="notebook", style="whitegrid", palette=list(COLOURS.values()))
    mpl.rcParams.update(
        {
            "figure.figsize": (WIDTH, 4.2),
            "figure.dpi": 100,
            "savefig.dpi": 180,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": "#e3e3e3",
            "font.size": 11,
        }
    )
    set_matplotlib_formats("retina", facecolor="white")


def images(axes, pictures, titles=None):
    """Show images (n, 28, 28), black ink on white, one per axis; hide the axes left over."""
    flat = np.ravel(axes)
    for axis in flat:
        axis.set_axis_off()
    for i, picture in enumerate(pictures):
        flat[i].imshow(picture, cmap="gray_r", vmin=0, vmax=255)
        if titles is not None:
            size = 11 if len(titles[i]) < 5 else 8.5
            flat[i].set_title(titles[i], fontsize=size, pad=2, family=MONOSPACE)


def heat_over_image(axis, heat, picture, extent):
    """Lay a heat map with values from 0 to 1 over an image (28, 28); `extent` is its place in pixels."""
    axis.imshow(picture, cmap="gray_r", alpha=0.35)
    axis.imshow(heat, cmap="Reds", vmin=0, vmax=1, alpha=0.6, extent=extent)
    axis.set_axis_off()
    axis.set(xlim=(-0.5, 27.5), ylim=(27.5, -0.5))


def network(model):
    """Draw a model as it was built: a box per layer with its output shape and parameters, an arrow per connection.

    Normalisation and ReLU stand in the box of the layer that they follow.
    """
    boxes = _boxes(model)
    feeders = {name: [_box_of(source, boxes) for source in _sources(layers[0])] for name, layers in boxes.items()}
    place = _places(feeders)
    depth, columns = (1 + max(p[i] for p in place.values()) for i in (1, 0))
    figure, axis = plt.subplots(figsize=(min(WIDTH, 4.4 * columns), 0.6 * depth + 0.2))
    for name, layers in boxes.items():
        column, row = place[name]
        axis.text(
            column, -row, _caption(layers), ha="center", va="center", fontsize=9, linespacing=1.25,
            bbox={"boxstyle": "round,pad=0.32", "facecolor": _fill(layers[0]), "edgecolor": "#555555", "linewidth": 0.8},
        )  # fmt: skip
        for feeder in feeders[name]:
            _arrow(axis, place[feeder], place[name])
    axis.set(xlim=(-0.55, columns - 0.35), ylim=(-depth + 0.4, 0.6))
    axis.set_axis_off()
    return figure


_FOLDED = {"BatchNormalization": "normalisation", "ReLU": "ReLU"}


def _sources(layer):
    """Names of the layers that feed a layer."""
    return [history.operation.name for history in _histories(layer) if history.operation is not layer]


def _histories(layer):
    tensors = layer.input if isinstance(layer.input, list) else [layer.input]
    return [tensor._keras_history for tensor in tensors]


def _boxes(model):
    """Layers by box, named after the first; a folded layer joins the box of the only layer that it follows."""
    boxes, followers = {}, {}
    for layer in model.layers:
        for source in _sources(layer):
            followers[source] = followers.get(source, 0) + 1
    for layer in model.layers:
        sources = _sources(layer)
        if type(layer).__name__ in _FOLDED and len(sources) == 1 and followers[sources[0]] == 1:
            boxes[_box_of(sources[0], boxes)].append(layer)
        else:
            boxes[layer.name] = [layer]
    return boxes


def _box_of(name, boxes):
    return next(box for box, layers in boxes.items() if any(layer.name == name for layer in layers))


def _arrow(axis, start, end):
    """From the lower edge of a box to the upper edge of the next; round the boxes between, if there are any."""
    if start[0] == end[0] and end[1] - start[1] > 1:
        axis.plot(
            [start[0], *[start[0] + 0.6] * 2, end[0]], [-start[1], -start[1], -end[1], -end[1]], color="#555555", linewidth=1
        )
        return
    arrow = {"arrowstyle": "-|>", "color": "#555555", "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", (end[0], -end[1] + 0.36), (start[0], -start[1] - 0.36), arrowprops=arrow)


def _places(feeders):
    """Column and row of each layer: the row is its distance from the input, every further branch opens a column."""
    place, children = {}, {}
    for name, sources in feeders.items():
        if not sources:
            place[name] = (0, 0)
            continue
        row = 1 + max(place[source][1] for source in sources)
        column = min(place[source][0] for source in sources)
        if len(sources) == 1:
            column += children.setdefault(sources[0], 0)
            children[sources[0]] += 1
        place[name] = (column, row)
    return place


def _caption(layers):
    layer = layers[0]
    kernel = "×".join(map(str, layer.kernel_size)) + " " if hasattr(layer, "kernel_size") else ""
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    kinds = [kernel + type(layer).__name__, *([] if activation == "linear" else [activation])]
    kinds += [_FOLDED[type(other).__name__] for other in layers[1:]]
    shape = "×".join(str(side) for side in layer.output.shape[1:])
    n = sum(other.count_params() for other in layers)
    parameters = f"  ·  {n:,} parameters" if n else ""
    return f"$\\bf{{{layer.name.replace('_', chr(92) + '_')}}}$  {', '.join(kinds)}\n{shape}{parameters}"


def _fill(layer):
    kinds = {"Conv2D": "#d7e8f5", "Dense": "#fdebd0", "Add": "#d5efe4", "InputLayer": "#ffffff"}
    return kinds.get(type(layer).__name__, "#f1f1f1")


def search_scores(found):
    """Validation accuracy of every trial of a search against each of its hyperparameters."""
    space = found["space"]
    trials = [row for row in found["table"] if row["status"] == "COMPLETED"]
    figure, axes = plt.subplots(1, len(space), figsize=(WIDTH, 3), sharey=True, squeeze=False)
    for axis, (name, values) in zip(axes[0], space.items(), strict=True):
        positions = [values.index(row["hyperparameters"][name]) for row in trials]
        axis.scatter(positions, [row["val_accuracy"] for row in trials], s=36, color="#0072B2", alpha=0.75, zorder=3)
        best = values.index(found["best"][name])
        axis.axvline(best, color="#C43C00", linewidth=8, alpha=0.15)
        axis.set_xticks(range(len(values)), [f"{v:g}" if isinstance(v, float) else str(v) for v in values], rotation=45)
        axis.set(xlabel=name.replace("_", " "), xlim=(-0.5, len(values) - 0.5))
    axes[0, 0].set_ylabel("validation accuracy")
    return figure


def plain_ticks(axis):
    """Label a logarithmic axis at 1, 2 and 5 times powers of ten (1 and 3 if it is long), with the numbers themselves."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5) if high < 200 * low else (1, 3)))
    axis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:,g}"))
    axis.set_minor_locator(mpl.ticker.NullLocator())


def grid_scores(table, *, hue, style=None, ring=None):
    """Validation accuracy of every point of a grid against its parameters; `ring` marks rows (boolean)."""
    figure, axis = plt.subplots(figsize=(WIDTH, 4.4))
    values = sorted(table[hue].unique())
    palette = dict(zip(values, ["#56B4E9", "#0072B2", "#009E73", "#D17C00", "#C43C00"], strict=False))
    sns.scatterplot(table, x="parameters", y="val_accuracy", hue=hue, style=style, palette=palette, s=45, alpha=0.85, ax=axis)
    if ring is not None and ring.any():
        axis.scatter(
            table["parameters"][ring], table["val_accuracy"][ring], s=190, facecolors="none", edgecolors="black", zorder=3
        )
    axis.set(xscale="log", ylabel="validation accuracy")
    plain_ticks(axis.xaxis)
    axis.tick_params(axis="x", which="both", rotation=30)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure


def replays(found, *, images, epochs, best, budget):
    """Best score so far against images seen, for replayed searches: median and 10th to 90th percentile of the seeds."""
    figure, axis = plt.subplots(figsize=(WIDTH, 4))
    for colour_, (method, scores) in zip(("#0072B2", "#C43C00", "#009E73"), found.items(), strict=True):
        seen = images * np.arange(1, scores.shape[1] + 1) / 1e6
        started = ~np.isnan(scores).any(axis=0)
        low, middle, high = np.percentile(scores[:, started], (10, 50, 90), axis=0)
        axis.plot(seen[started], middle, color=colour_, label=method, linewidth=2)
        axis.fill_between(seen[started], low, high, color=colour_, alpha=0.15, linewidth=0)
    axis.axhline(best, color="#555555", linestyle="--", linewidth=1)
    axis.axvline(images * epochs * budget / 1e6, color="#555555", linestyle=":", linewidth=1.5)
    axis.set(xlabel="million images seen", ylabel="best validation accuracy so far")
    axis.set_ylim(top=best + 0.01, bottom=max(0, np.nanpercentile(np.concatenate(list(found.values())), 15) - 0.02))
    axis.legend(loc="lower right")
    return figure


def reliability(axis, labels, probabilities, **line):
    """Share of correct answers against confidence, in tenths; tenths with fewer than 20 images are left out."""
    confidence, correct = probabilities.max(1), probabilities.argmax(1) == labels
    tenth = np.minimum((10 * confidence).astype(int), 9)
    filled = [b for b in range(10) if np.sum(tenth == b) >= 20]
    means = [[part[tenth == b].mean() for b in filled] for part in (confidence, correct)]
    axis.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, zorder=1)
    axis.plot(*means, "o", markersize=3, **{"linestyle": "-"} | line)


def pareto(axis, costs, scores, titles):
    """Score against cost, one dot per model, labelled for a legend; a line joins those that no other beats in both."""
    best, front = -1.0, []
    for key in sorted(costs, key=lambda key: (costs[key], -scores[key])):
        if scores[key] > best:
            best, front = scores[key], [*front, key]
        axis.plot(costs[key], scores[key], "o", color=colour(key), markersize=9, zorder=3, label=titles[key])
    axis.plot([costs[key] for key in front], [scores[key] for key in front], color="#bbbbbb", zorder=1)
    axis.set_xscale("log")
    axis.margins(x=0.12, y=0.12)
    plain_ticks(axis.xaxis)


def curves(histories, metric, *, ylabel, axis=None):
    """Draw a metric by epoch: for each model the mean over its seeds, with a band from lowest to highest seed.

    `histories` maps (key, title) to the histories of its runs.
    """
    axis = axis or plt.subplots()[1]
    for i, ((key, title), runs) in enumerate(histories.items()):
        values = np.array([run[metric] for run in runs])
        epochs = np.arange(1, values.shape[1] + 1)
        style = ["-", "--", "-.", ":"][i % 4]
        axis.plot(epochs, values.mean(0), style, color=colour(key), label=title, linewidth=2)
        axis.fill_between(epochs, values.min(0), values.max(0), color=colour(key), alpha=0.18, linewidth=0)
    axis.set(xlabel="epoch", ylabel=ylabel)
    axis.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    if len(histories) > 3:  # no room among the lines
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    else:
        axis.legend()
    return axis.figure


def confusion_explorer(confusion, class_names) -> HTML:
    """The confusion matrix, counts (classes, classes), as a picture with a title for each cell that is not empty.

    `book.js` shows the title of the cell that is pointed at or walked to with the arrow keys.
    """
    side, edge = 10, 14  # units of the picture: a cell, the margin with the class names
    support = np.maximum(confusion.sum(1), 1)
    scale, magma = PowerNorm(0.4, vmin=0, vmax=1), mpl.colormaps["magma_r"]
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
            f'fill="{mpl.colors.to_hex(magma(float(scale(share))))}"><title>{escape(title)}</title></rect>'
        )
    whole = edge + side * len(class_names) + 2
    return HTML(
        f'<svg class="confusion" viewBox="0 0 {whole} {whole}" tabindex="0" role="group" font-size="8" '
        f'aria-label="Confusion matrix, to walk through with the arrow keys">{"".join(parts)}</svg>'
        '<p class="confusion-cell" aria-live="polite">Point at a cell, or tap it.</p>'
    )
