"""What hyperparameters do, over a grid whose every point is trained (`experiments.tuning.grid`)."""

import numpy as np
import pandas as pd

from sixtytwo.findings.rules import HALF_A_POINT


def learning_rates(grid) -> pd.DataFrame:
    """How the learning rates of a grid train, over all points that use them; one row per rate.

    Returns
    -------
    DataFrame with the mean val_accuracy after the first epoch ("first epoch") and at best ("best epoch"), and the share of
    points whose val_accuracy falls by more than half a point from any epoch to the next ("falls back").
    """
    falls_back = [bool((np.diff(history) < -HALF_A_POINT).any()) for history in grid["history"]]
    found = {"first epoch": grid["history"].str[0], "best epoch": grid["val_accuracy"], "falls back": falls_back}
    return pd.DataFrame(found).groupby(grid["learning_rate"]).mean()


def effect_of_size(grid) -> dict[str, float]:
    """Spearman's rank correlation of the parameters of the points of a grid with what they reach and cost.

    Returns
    -------
    dict with accuracy (on training images), gap (how far val_accuracy lies below it) and cpu_seconds; NaN where all points
    have equally many parameters.
    """
    if grid["parameters"].nunique() == 1:
        return dict.fromkeys(("accuracy", "gap", "cpu_seconds"), np.nan)
    gap = grid["accuracy"] - grid["val_accuracy"]
    measured = {"accuracy": grid["accuracy"], "gap": gap, "cpu_seconds": grid["cpu_seconds"]}
    return {name: float(grid["parameters"].corr(column, method="spearman")) for name, column in measured.items()}


def gain_beyond(grid, larger, space) -> float:
    """How much more val_accuracy the best network outside a space reaches than the best of its grid.

    Parameters
    ----------
    grid, larger : DataFrame
        All points of the space, and others, of which some may lie in it.
    space : dict
        The values of each hyperparameter.
    """
    outside = np.any([~larger[name].isin(values) for name, values in space.items()], axis=0)
    return float(larger["val_accuracy"][outside].max() - grid["val_accuracy"].max())
