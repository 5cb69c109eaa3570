"""A figure in two widths, for a page and for a phone, and the values that it shows."""

import base64
import functools
import io

import matplotlib.pyplot as plt
from IPython.display import DisplayHandle, Markdown

from sixtytwo.base.contracts import CHART
from sixtytwo.drawing import style
from sixtytwo.drawing.values import values


class Chart:
    """A figure that was drawn twice; as the last expression of a cell it is shown.

    Parameters
    ----------
    wide, narrow : matplotlib.figure.Figure
        The figure for a page, and for a phone.
    """

    def __init__(self, wide, narrow):
        self.wide, self.narrow = wide, narrow

    def _repr_mimebundle_(self, include=None, exclude=None):
        """The wide picture, which Jupyter shows, and what the built page adds to it."""
        size = dict(zip(("width", "height"), (round(n * style.DPI) for n in self.wide.get_size_inches()), strict=True))
        wide, narrow = _png(self.wide), _png(self.narrow)  # first: drawing settles where things are
        more = {"narrow": narrow, "values": {"wide": values(self.wide), "narrow": values(self.narrow)}}
        return {"image/png": wide, CHART: more}, {"image/png": size}


def chart(draw):
    """Have a function that draws a figure called for both widths (`style.is_narrow`); it then returns a `Chart`."""

    @functools.wraps(draw)
    def drawn(*arguments, **named):
        wide = draw(*arguments, **named)
        with style.for_a_phone():
            narrow = draw(*arguments, **named)
        for figure in (wide, narrow):
            plt.close(figure)  # or Jupyter would show it as well
        return Chart(wide, narrow)

    return drawn


def reserve() -> DisplayHandle:
    """Keep a place, here, for a chart that a later cell makes: `reserve().update(chart)` shows it where the place was kept."""
    place = DisplayHandle()
    place.display(Markdown("*The cells below make this figure.*"))
    return place


def _png(figure):
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=2 * style.DPI, facecolor="white")
    return base64.b64encode(stream.getvalue()).decode()
