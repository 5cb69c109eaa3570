"""Which of several networks is better: intervals and paired tests on the test images that all of them saw.

`right` is, for each model by key, which images its networks read correctly: boolean (seeds, images), one row per seed.
"""

import itertools
import math

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats import contingency_tables

from sixtytwo.findings import statistics
from sixtytwo.findings.rules import HALF_A_POINT, SIGNIFICANT


def interval_over_images(values, resamples) -> tuple[float, float]:
    """95% interval of the mean of a number per test image: percentile bootstrap (Efron 1979) over the images."""
    found = stats.bootstrap((values,), np.mean, batch=50, n_resamples=resamples, method="percentile", rng=0)
    return tuple(map(float, found.confidence_interval))


def macro_f1(labels, predicted) -> float:
    """Mean over the classes of F1, as scikit-learn's `f1_score`, whose checks of its input would take most of the time."""
    n_classes = 1 + max(labels.max(), predicted.max())
    hits = np.bincount(labels[predicted == labels], minlength=n_classes)
    either = np.bincount(labels, minlength=n_classes) + np.bincount(predicted, minlength=n_classes)
    return float(np.mean(2 * hits[either > 0] / either[either > 0]))


def macro_f1_over_images(labels, answers, resamples) -> tuple[float, float]:
    """95% bootstrap interval over test images of the macro F1, the mean over the networks.

    Parameters
    ----------
    labels : array of int (images,)
    answers : array of int (networks, images)
    """

    def statistic(rows):
        return np.mean([macro_f1(labels[rows], predicted[rows]) for predicted in answers])

    rows = (np.arange(len(labels)),)
    found = stats.bootstrap(rows, statistic, vectorized=False, n_resamples=resamples, method="percentile", rng=0)
    return tuple(map(float, found.confidence_interval))


def _only_one_right(first, second) -> tuple[int, int]:
    """Images that only the first, and that only the second of two networks reads correctly; boolean arrays (images,)."""
    return int((first & ~second).sum()), int((second & ~first).sum())


def mcnemar(first, second) -> float:
    """p value of McNemar's test (1947) that two networks are right equally often: exact up to a thousand such images."""
    a, b = _only_one_right(first, second)
    return float(contingency_tables.mcnemar([[0, a], [b, 0]], exact=a + b < 1000).pvalue)


def mcnemar_of_pairs(right) -> pd.DataFrame:
    """McNemar's test for each pair of models, by the first seed of each: first, second, only_first, only_second, p (Holm)."""
    rows = [
        (a, b, *_only_one_right(right[a][0], right[b][0]), mcnemar(right[a][0], right[b][0]))
        for a, b in itertools.combinations(right, 2)
    ]
    found = pd.DataFrame(rows, columns=["first", "second", "only_first", "only_second", "p"])
    return found.assign(p=statistics.holm(found["p"]))


def cochran(right) -> dict[str, float] | None:
    """Cochran's Q test (1950) that all models are right equally often, by the first seed of each; None for a single model."""
    if len(right) < 2:
        return None
    test = contingency_tables.cochrans_q(np.stack([found[0] for found in right.values()], axis=1))
    return {"statistic": float(test.statistic), "p": float(test.pvalue)}


def seeds_ahead(first, second) -> int:
    """Of how many seeds McNemar's test, Holm-corrected over them, says that the second model is better; (seeds, images)."""
    p = statistics.holm([mcnemar(*pair) for pair in zip(first, second)])
    n = len(p)  # seeds that both have
    return int(np.sum((p < SIGNIFICANT) & (second[:n].sum(axis=1) > first[:n].sum(axis=1))))


def difference_of_answers(first, second, resamples) -> dict[str, float]:
    """How much more often the second of two networks is right, with the interval over seeds and over images together.

    `first` and `second` are which images each seed reads correctly: boolean (seeds, images), the same seeds and images.
    Returns a dict with mean, low and high; the last two are NaN for a single seed.
    """
    over_seeds = statistics.paired_difference(second.mean(axis=1), first.mean(axis=1))
    over_images = interval_over_images(second.mean(axis=0) - first.mean(axis=0), resamples)
    return statistics.together(over_seeds["mean"], (over_seeds["low"], over_seeds["high"]), over_images)


def compare(pairs, right, resamples, choices=None) -> dict[tuple, dict]:
    """How much more accurate the second of two models is, on the seeds that both have: over seeds and over test images.

    What exists once, like an ensemble, meets the mean over all seeds of the other.

    Parameters
    ----------
    pairs : iterable of (str, str)
        Keys of `right`; a pair with a model that is not there is left out.
    right : dict of str to boolean array (seeds, images)
    resamples : int
        Of the test images.
    choices : dict of (str, str) to (float, float) or None
        For pairs of models the interval of their difference over choices of the training images, where it was measured.

    Returns
    -------
    For each pair a dict: mean, low, high (difference in accuracy and its interval over seeds; NaN for one seed), p (paired t
    test, Holm-corrected over the pairs; 1 for one seed), seeds (that both have), images (its interval over test images), all
    (low and high of the interval that covers seeds, test images and, where it was measured, choices of the training images
    together), covers (these kinds of luck) and ahead (`seeds_ahead`).
    """
    found = {}
    for a, b in pairs:
        if not {a, b} <= set(right):
            continue
        both = min(len(right[a]), len(right[b]))
        first, second = (right[key][: both if both > 1 else None] for key in (a, b))
        gained = second.mean(axis=0) - first.mean(axis=0)
        found[a, b] = {"mean": float(gained.mean()), "low": math.nan, "high": math.nan, "p": 1.0}
        if both > 1:
            found[a, b] = statistics.paired_difference(second.mean(axis=1), first.mean(axis=1))
        found[a, b] |= {"seeds": both, "images": interval_over_images(gained, resamples)}
        kinds = {"seeds": (found[a, b]["low"], found[a, b]["high"]), "test images": found[a, b]["images"]}
        if chosen := (choices or {}).get((a, b)):
            kinds["choices of the training images"] = chosen
        found[a, b] |= {"all": statistics.together(found[a, b]["mean"], *kinds.values()), "covers": list(kinds)}
        found[a, b] |= {"ahead": seeds_ahead(right[a], right[b])}
    several = [one for one in found.values() if one["seeds"] > 1]
    for one, p in zip(several, statistics.holm([one["p"] for one in several]), strict=True):
        one["p"] = float(p)
    return found


def losses_by_seed(record, scores) -> dict[str, list[float]]:
    """Cross-entropy of each seed of a recorded model: training (last epoch, with dropout), validation and test."""
    runs = record["runs"]
    return {
        "training": [run["history"]["loss"][-1] for run in runs],
        "validation": [run["validation"]["log_loss"] for run in runs],
        "test": [score["metrics"]["log_loss"] for score in scores],
    }


def loss_differences(losses) -> dict[tuple[str, str, str], dict]:
    """The losses (`losses_by_seed`, by model) of each residual network minus those of the MLP and of the CNN, paired by seed.

    Keys: residual network, rival, name of the loss.
    """
    graphs, rivals = ([key for key in losses if key.startswith("residual") is residual] for residual in (True, False))
    return {
        (graph, rival, name): statistics.paired_difference(losses[graph][name], losses[rival][name])
        for graph, rival in itertools.product(graphs, rivals)
        for name in losses[graph]
    }


def is_fastest(seconds, key) -> bool:
    """Whether every timed epoch of one model is faster than every one of the others; seconds by key."""
    return max(seconds[key]) < min(min(found) for other, found in seconds.items() if other != key)


def is_slowest(seconds, key) -> bool:
    """Whether every timed epoch of one model is slower than every one of the others; seconds by key."""
    return is_fastest({name: -np.asarray(found) for name, found in seconds.items()}, key)


def accuracies_of_trials(search) -> pd.Series:
    """The val_accuracy of each completed trial of a search."""
    return pd.Series([row["val_accuracy"] for row in search["table"] if "val_accuracy" in row], dtype=float)


def scatter_of_trials(search) -> dict[str, float]:
    """How much the trials of a search differ: best, median, worst, sd of val_accuracy; close: share within half a point."""
    trials = accuracies_of_trials(search)
    found = {"best": trials.max(), "median": trials.median(), "worst": trials.min(), "sd": trials.std()}
    return found | {"close": (trials >= trials.max() - HALF_A_POINT).mean()}


def rank_correlation(first, second) -> dict[str, float]:
    """Spearman's rank correlation of two numbers and its p value; NaN if one of them is the same throughout."""
    if min(len(set(first)), len(set(second))) < 2:
        return {"correlation": math.nan, "p": math.nan}
    found = stats.spearmanr(first, second)
    return {"correlation": float(found.statistic), "p": float(found.pvalue)}
