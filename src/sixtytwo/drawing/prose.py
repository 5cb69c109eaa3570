"""Numbers that the prose of a page refers to, as text."""

import numpy as np


def glue(name, text):
    """Make a formatted value available to the prose of the book (does nothing where MyST-NB is not installed)."""
    try:
        from myst_nb import glue as myst_glue
    except ImportError:
        return
    myst_glue(name, text, display=False)


def with_interval(number, interval, form) -> str:
    """A number and its interval, each written by `form`, e.g. "+0.41 (-0.10 to +0.92)" by "{:+.2f}".

    Without the interval where there is none (NaN), and nothing for a number that is none.
    """
    if np.isnan(number):
        return ""
    text = form.format(number)
    return text if np.isnan(interval).any() else f"{text} ({form.format(interval[0])} to {form.format(interval[1])})"
