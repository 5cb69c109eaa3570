"""Draw a network as it was built."""

import textwrap

import matplotlib.pyplot as plt

from sixtytwo.drawing import chart, palette, style

_FOLDED = {"BatchNormalization": "normalisation", "ReLU": "ReLU"}  # into the box of the layer that they follow

LINE = 26  # letters in a line of a compact box


@chart.chart
def draw_network(model, between=None):
    """Draw a model as it was built: a box per layer with its output shape and parameters, an arrow per connection.

    Normalisation and ReLU stand in the box of the layer that they follow. `between` names two layers: what lies above the first
    or below the second is left out.
    """
    boxes = _boxes(model)
    feeders = {name: [_box_of(source, boxes) for source in _sources(layers[0])] for name, layers in boxes.items()}
    place = _places(feeders)
    top, bottom = (place[name][1] for name in between) if between else (0, max(row for _, row in place.values()))
    place = {name: (column, row - top) for name, (column, row) in place.items() if top <= row <= bottom}
    columns = 1 + max(column for column, _ in place.values())
    captions = {name: _caption(boxes[name], compact=style.is_narrow() and columns > 1) for name in place}
    breaks = max(caption.count("\n") for caption in captions.values())
    figure, axis = plt.subplots(figsize=_size(bottom - top + 1, columns, breaks))
    drawn = {name: _box(axis, place[name], captions[name], _fill(boxes[name][0])) for name in place}
    for name in place:
        for feeder in feeders[name]:
            if feeder in place:
                _arrow(axis, place[feeder], place[name], drawn[feeder], drawn[name])
    axis.set(xlim=(-0.55, columns - 0.35), ylim=(top - bottom - 0.6, 0.6))
    axis.set_axis_off()
    return figure


def _size(rows, columns, breaks):
    """Width and height in inches, for boxes with at most so many line breaks."""
    if style.is_narrow():
        return style.size((0.38 + 0.125 * breaks) * rows + 0.2)
    return min(style.WIDTH, 4.4 * columns), 0.6 * rows + 0.2


def _box(axis, at, caption, colour):
    """Draw a box; returns its frame."""
    frame = {"boxstyle": "round,pad=0.32", "facecolor": colour, "edgecolor": palette.MARK, "linewidth": 0.8}
    letters = {"fontsize": 7.2 if style.is_narrow() else 9, "linespacing": 1.25}
    text = axis.text(at[0], -at[1], caption, ha="center", va="center", bbox=frame, **letters)
    return text.get_bbox_patch()


def _sources(layer):
    """Names of the layers that feed a layer."""
    return [history.operation.name for history in _histories(layer) if history.operation is not layer]


def _histories(layer):
    """Where Keras notes the layers that a layer takes its input from."""
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


def _arrow(axis, start, end, source, target):
    """From one box to another: along its own column and the row of the other; round the boxes between, if there are any."""
    if start[0] == end[0] and end[1] - start[1] > 1:
        detour = start[0] + 0.6
        xs, ys = [start[0], detour, detour, end[0]], [-start[1], -start[1], -end[1], -end[1]]
        axis.plot(xs, ys, color=palette.MARK, linewidth=1)
        return
    arrow = {"arrowstyle": "-|>", "color": palette.MARK, "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
    arrow |= {"patchA": source, "patchB": target}
    if start[0] != end[0]:
        turns = (0, 90) if start[0] < end[0] else (90, 0)
        arrow["connectionstyle"] = "angle,angleA={},angleB={},rad=0".format(*turns)
    axis.annotate("", (end[0], -end[1]), (start[0], -start[1]), arrowprops=arrow)


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


def _caption(layers, compact):
    """The text of a box: name, kind, shape and parameters; `compact` in more and shorter lines."""
    layer = layers[0]
    kernel = "×".join(map(str, layer.kernel_size)) + " " if hasattr(layer, "kernel_size") else ""
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    kinds = [kernel + type(layer).__name__, *([] if activation == "linear" else [activation])]
    kind = ", ".join(kinds + [_FOLDED[type(other).__name__] for other in layers[1:]])
    shape = "×".join(str(side) for side in layer.output.shape[1:])
    n = sum(other.count_params() for other in layers)
    name = f"$\\bf{{{layer.name.replace('_', chr(92) + '_')}}}$"
    parameters = f"{n:,} parameters" if n else ""
    if not compact:
        return f"{name}  {kind}\n{shape}" + (f"  ·  {parameters}" if n else "")
    first = f"{name}  {kind}" if len(layer.name + kind) <= LINE else f"{name}\n{textwrap.fill(kind, LINE)}"
    return "\n".join(line for line in (first, shape, parameters) if line)


def _fill(layer):
    """The colour of a box."""
    kinds = {"Conv2D": "#d7e8f5", "Dense": "#fdebd0", "Add": "#d5efe4", "InputLayer": "#ffffff"}
    return kinds.get(type(layer).__name__, "#f1f1f1")
