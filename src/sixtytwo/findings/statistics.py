"""Intervals and tests that several chapters use, on scipy and statsmodels."""

import math

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

_UNKNOWN = dict.fromkeys(("mean", "low", "high", "p"), math.nan)


def paired_difference(first, second) -> dict[str, float]:
    """Mean of `first - second` over paired runs (the same seeds), its 95% interval and p value (paired t test).

    Parameters
    ----------
    first, second : sequences of float, as long as each other
        A number of each run, e.g. its accuracy.

    Returns
    -------
    dict with mean, low, high (ends of the interval) and p; the last three are NaN for a single pair, and all without any.
    """
    difference = np.subtract(first, second)
    if len(difference) < 2:
        return _UNKNOWN | {"mean": float(difference.sum())} if len(difference) else dict(_UNKNOWN)
    test = stats.ttest_rel(first, second)
    low, high = test.confidence_interval(0.95)
    return {"mean": float(difference.mean()), "low": float(low), "high": float(high), "p": float(test.pvalue)}


def gain(runs, reference) -> dict[str, float]:
    """`paired_difference` of the validation accuracy of some runs and of reference runs with the same seeds.

    Everything is NaN if they have no seed in common.
    """
    usual = {run["seed"]: run["validation"]["accuracy"] for run in reference}
    both = [(run["validation"]["accuracy"], usual[run["seed"]]) for run in runs if run["seed"] in usual]
    return paired_difference([new for new, _ in both], [old for _, old in both])


def difference(first, second) -> dict[str, float]:
    """Mean of `first` minus mean of `second`, runs of two networks with seeds of their own: 95% interval and p (Welch's test).

    Returns dict with mean, low, high and p; the last three are NaN if one of them is a single run, and all if one is none.
    """
    if not min(len(first), len(second)):
        return dict(_UNKNOWN)
    mean = float(np.mean(first) - np.mean(second))
    if min(len(first), len(second)) < 2:
        return _UNKNOWN | {"mean": mean}
    test = stats.ttest_ind(first, second, equal_var=False)
    low, high = test.confidence_interval(0.95)
    return {"mean": mean, "low": float(low), "high": float(high), "p": float(test.pvalue)}


def together(mean, *intervals) -> dict[str, float]:
    """The interval of a mean that covers several independent kinds of luck: their half-widths add up in quadrature.

    Parameters
    ----------
    mean : float
    intervals : pairs of float
        The 95% interval by each kind alone, e.g. over seeds and over test images.
    """
    half = math.hypot(*((high - low) / 2 for low, high in intervals))
    return {"mean": float(mean), "low": float(mean - half), "high": float(mean + half)}


def points(difference) -> tuple[float, float, float]:
    """Mean, low and high of a difference (`paired_difference`) in percentage points."""
    return tuple(100 * float(difference[name]) for name in ("mean", "low", "high"))


def in_points(difference, digits=2) -> str:
    """A difference in percentage points as text, e.g. "+0.41 (-0.10 to +0.92)"; without its interval where there is none."""
    mean, low, high = (f"{number:+.{digits}f}" for number in points(difference))
    return mean if math.isnan(difference["low"]) else f"{mean} ({low} to {high})"


def interval_over_seeds(values) -> tuple[float, float]:
    """95% t interval of the mean of a number over seeds; NaN for a single one."""
    if len(values) < 2:
        return math.nan, math.nan
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    return float(low), float(high)


def holm(p_values) -> np.ndarray:
    """p values corrected for testing several of them (Holm 1979); an empty array for none."""
    return multipletests(p_values, method="holm")[1] if len(p_values) else np.array([])
