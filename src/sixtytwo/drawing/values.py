"""The values that a figure shows, and where, read from what was drawn: a page shows them where a reader points."""

import numpy as np
from matplotlib import colors
from matplotlib.collections import PathCollection
from matplotlib.container import BarContainer

MOST = 600  # values of one figure; what has more is no chart whose single points matter


def values(figure) -> list:
    """Each value of a drawn figure as `[x, y, text]`; x and y are shares of the width and the height, from the top left."""
    for _ in range(2):
        figure.canvas.draw()  # the layout is settled as it is drawn, not quite at the first time
    found = []
    for axes in figure.axes:
        for artist, point in _points(axes):
            across, up = figure.transFigure.inverted().transform(axes.transData.transform(point))
            within = all(low <= value <= high for value, (low, high) in zip(point, _limits(axes), strict=True))
            if within and (text := _text(axes, artist, point)):
                found.append([round(float(across), 4), round(1 - float(up), 4), text])
    return found if len(found) <= MOST else []


def _limits(axes):
    return sorted(axes.get_xlim()), sorted(axes.get_ylim())


def _points(axes):
    """What was drawn at a place that data name: the artist with the place."""
    for artist in axes.collections:
        if isinstance(artist, PathCollection) and artist.get_offset_transform() == axes.transData:
            for point in np.asarray(artist.get_offsets()):
                yield artist, tuple(point)
    for line in axes.lines:
        xy = line.get_xydata()
        if line.get_transform() == axes.transData and (len(xy) > 2 or line.get_marker() not in ("None", None, "", " ")):
            yield from ((line, tuple(point)) for point in xy[np.isfinite(xy).all(axis=1)])
    for bars in (container for container in axes.containers if isinstance(container, BarContainer)):
        for bar in bars:
            box = bar.get_bbox()
            lies = bars.orientation == "horizontal"
            yield bars, (box.x1, (box.y0 + box.y1) / 2) if lies else ((box.x0 + box.x1) / 2, box.y1)


def _text(axes, artist, point):
    """What a reader is told of a value: its series, and its coordinates with what they are."""
    lines = [name for name in (axes.get_title(), _series(axes, artist)) if name]
    for axis, value in zip((axes.xaxis, axes.yaxis), point, strict=True):
        said, label = _said(axis, value), axis.get_label_text().replace("\n", " ")
        lines += [f"{label}: {said}" if label else said] if said else []
    return "\n".join(lines)


def _series(axes, artist):
    """The name of what an artist belongs to: its own label, or that of the entry of the legend in its colour."""
    if not (label := str(artist.get_label())).startswith("_"):
        return label
    legend, colour = axes.get_legend(), _colour(artist)
    if legend is None or colour is None:
        return ""
    entries = zip(legend.legend_handles, legend.get_texts(), strict=False)
    return next((text.get_text() for handle, text in entries if _colour(handle) == colour), "")


def _colour(artist):
    for name in ("get_facecolor", "get_color"):
        if hasattr(artist, name):
            found = np.atleast_2d(colors.to_rgba_array(getattr(artist, name)()))
            return colors.to_hex(found[0]) if len(found) == 1 else None
    return None


def _said(axis, value):
    """A coordinate in words: the label of the tick it stands at, where ticks are named, else the number."""
    ticks = {float(at): label.get_text() for at, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False)}
    named = {at: text for at, text in ticks.items() if text and not _is_number(text)}
    if named:
        at = min(named, key=lambda tick: abs(tick - value))
        return named[at] if abs(at - value) <= 0.5 else ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _is_number(text):
    try:
        float(text.replace("−", "-").replace(",", "").rstrip("%×"))
    except ValueError:
        return "mathdefault" in text  # as powers of ten are written
    return True
