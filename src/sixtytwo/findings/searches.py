"""What a search for hyperparameters is worth, measured on a grid whose every point is trained.

A grid is the table of `experiments.tuning.grid`: one row per point, with its hyperparameters and its `val_accuracy`.
"""

import itertools
import math

import numpy as np
import pandas as pd
from scipy import stats

from sixtytwo.findings import rules


def is_point(grid, point) -> pd.Series:
    """Which rows of a grid are this point, a dict with a value for each hyperparameter: boolean, indexed as the grid."""
    return (grid[list(point)] == pd.Series(point)).all(axis=1)


def place_in_grid(grid, point) -> tuple[int, float]:
    """Rank of a point among all of a grid (1 is the best), and how far its val_accuracy lies behind the best.

    Raises ValueError if the grid has no such point, or more than one.
    """
    here = is_point(grid, point)
    if here.sum() != 1:
        raise ValueError(f"{point} is {here.sum()} points of the grid: expected one, named by all hyperparameters.")
    scores, own = grid["val_accuracy"], grid.loc[here, "val_accuracy"].item()
    return int((scores > own).sum()) + 1, float(scores.max() - own)


def leads(rivals, own) -> pd.DataFrame:
    """How much more accurate the rivals of a point are, all trained in full; the best first.

    Parameters
    ----------
    rivals : dict of str to list of float
        The val_accuracy of the seeds of each. Seeds by which a rival was chosen must not be among them.
    own : list of float
        Those of the point.

    Returns
    -------
    One row per rival: mean (of the difference), low and high: 95% intervals that hold for all rivals together, from the
    scatter that all networks have in common (Dunnett 1955); NaN if none of them has a second seed.
    """
    means = pd.Series({name: np.mean(found) - np.mean(own) for name, found in rivals.items()}, dtype=float)
    table = pd.DataFrame({"mean": means, "low": math.nan, "high": math.nan})
    if rivals and max(map(len, (own, *rivals.values()))) > 1:
        interval = stats.dunnett(*rivals.values(), control=own, rng=0).confidence_interval(0.95)
        table["low"], table["high"] = interval.low, interval.high
    return table.sort_values("mean", ascending=False)


def size_correlation(grid, name="val_accuracy") -> tuple[float, float]:
    """Spearman's rank correlation of a grid's parameters with a column, and its p value; NaN for a single point."""
    if len(grid) < 2:
        return math.nan, math.nan
    found = stats.spearmanr(grid["parameters"], grid[name])
    return float(found.statistic), float(found.pvalue)


def count_close(scores) -> int:
    """How many points of a grid score within half a point of its best."""
    return int((np.asarray(scores) >= np.max(scores) - rules.HALF_A_POINT).sum())


def chance_of_best(points, k, draws) -> float:
    """How likely `draws` random draws from `points` points, without repetition, contain one of the k best.

    The hypergeometric distribution: 1 - C(points - k, draws) / C(points, draws). More draws than points draw them all.
    """
    return float(stats.hypergeom.sf(0, points, k, min(draws, points)))


def median_best(scores, draws) -> float:
    """Median of the best score among `draws` random draws from these scores, without repetition.

    The best score that at least half of such searches reach.
    """
    ranked = np.sort(scores)[::-1]
    return float(next(ranked[k - 1] for k in range(1, len(ranked) + 1) if chance_of_best(len(ranked), k, draws) >= 0.5))


def small_grids(grid, space, budget) -> tuple[int, list[float]]:
    """The best score of every grid search that a budget allows inside a larger grid.

    Parameters
    ----------
    grid : DataFrame
        The larger grid: every combination of its values.
    space : iterable of str
        Its hyperparameters.
    budget : int
        Trainings that one grid search may take.

    Returns
    -------
    Points of the largest grid within the budget, some values of each hyperparameter combined, and the best val_accuracy of
    each grid of that many points.
    """
    score = grid.set_index(list(space))["val_accuracy"].to_dict()
    values = [list(grid[name].unique()) for name in space]
    sizes = [size for size in itertools.product(*(range(1, len(v) + 1) for v in values)) if math.prod(size) <= budget]
    most = max(map(math.prod, sizes))
    chosen = (
        combination
        for size in sizes
        if math.prod(size) == most
        for combination in itertools.product(*map(itertools.combinations, values, size))
    )
    return most, [max(score[point] for point in itertools.product(*combination)) for combination in chosen]


def replay_summary(found, epochs, budget, best) -> pd.DataFrame:
    """What replayed searches are worth after `budget` full trainings, and how many they need to come close to the best.

    Parameters
    ----------
    found : dict of str to array (searches, epochs trained)
        Best val_accuracy so far of each search, by method (`experiments.replay.replay`).
    epochs : int
        Epochs of a full training.
    budget : int
        Full trainings that a search may take.
    best : float
        val_accuracy of the best point of the grid; half a point below it counts as close.

    Returns
    -------
    One row per method: searches, best found (median, and 10th to 90th percentile), share that find the best point, and
    trainings until half of the searches are close.
    """
    rows = []
    for method, curves in found.items():
        spent = curves[:, budget * epochs - 1]
        low, middle, high = np.percentile(spent, (10, 50, 90))
        close = np.median(curves, axis=0) >= best - rules.HALF_A_POINT
        needed = f"{(close.argmax() + 1) / epochs:.1f}" if close.any() else f"more than {len(close) // epochs}"
        rows.append(
            {
                "method": method,
                "searches": len(curves),
                "best found": f"{middle:.4f}",
                "10th to 90th percentile": f"{low:.4f}–{high:.4f}",
                "find the best point": f"{np.mean(spent >= np.float32(best)):.0%}",  # replays are stored in this precision
                "trainings until half are close": needed,
            }
        )
    return pd.DataFrame(rows)
