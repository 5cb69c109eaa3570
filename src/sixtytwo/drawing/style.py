"""The style of all figures."""

import contextlib
import contextvars

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from IPython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats

from sixtytwo.base import fonts
from sixtytwo.drawing import palette

WIDTH = 7.2  # inches of a full-width figure
NARROW = 3.6  # inches of a figure for a phone
DPI = 100  # pixels of a page per inch; pictures have twice as many

_narrow = contextvars.ContextVar("narrow", default=False)


def use_style():
    """Set the book's style of figures and tables, whatever the reader's settings are; call once at the top of a chapter."""
    if (shell := get_ipython()) is not None and hasattr(shell, "kernel"):
        shell.run_line_magic("matplotlib", "inline")  # MPLBACKEND or a matplotlibrc may say otherwise
    mpl.rcdefaults()
    pd.reset_option("^(display|styler)")
    sns.set_theme(context="notebook", style="whitegrid", palette=list(palette.COLOURS.values()))
    mpl.rcParams.update(
        {
            "figure.figsize": (WIDTH, 4.2),
            "figure.dpi": DPI,
            "savefig.dpi": 180,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": "#e3e3e3",
            "font.size": 11,
        }
    )
    set_matplotlib_formats("retina", facecolor="white", bbox_inches="tight")


@contextlib.contextmanager
def for_a_phone():
    """Within it figures are drawn for a phone: half as wide, with smaller letters, which the page shows as large."""
    token = _narrow.set(True)
    try:
        with mpl.rc_context(sns.plotting_context("paper") | {"figure.figsize": size(3.6)}):
            yield
    finally:
        _narrow.reset(token)


def is_narrow() -> bool:
    """Whether a figure is being drawn for a phone."""
    return _narrow.get()


def size(height, narrow=None) -> tuple[float, float]:
    """Width and height in inches of a figure that is `height` high on a wide page, and `narrow` on a phone (else as high)."""
    return (NARROW, narrow or height) if is_narrow() else (WIDTH, height)


def legend_beside(axis):
    """A legend without a frame beside the axes; on a phone, where there is no room, below them."""
    if is_narrow():
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, frameon=False)
    else:
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def lettering(texts) -> dict:
    """Properties of text that shows class names as they are written: in fonts that have their characters, `$` for itself."""
    return {"family": fonts.families(texts), "parse_math": False}


def name_ticks(axis, names, **text):
    """Name the ticks 0, 1, … of an axis after classes, long names upright; `text` are further properties of the labels."""
    if axis.axis_name == "x" and max(map(len, names), default=0) > 3:
        text |= {"rotation": 90}
    axis.set_ticks(range(len(names)), names, **lettering(names), **text)


def plain_ticks(axis):
    """Label a logarithmic axis at 1, 2 and 5 times powers of ten (1 and 3 if it is long), with the numbers themselves."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5) if high < 200 * low else (1, 3)))
    axis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:,g}"))
    axis.set_minor_locator(mpl.ticker.NullLocator())
