"""Where the errors are: classes that are taken for each other.

`labels` (images,) and `answers` (networks, images) are numbers of classes.
"""

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from sixtytwo.data import emnist


def errors_by_pair(labels, answers, n_classes) -> np.ndarray:
    """How often two classes were taken for each other, in either direction, by all networks: (classes, classes), above the diagonal."""
    _, pair = _wrong(labels, answers, n_classes)
    return np.bincount(pair, minlength=n_classes**2).reshape(n_classes, n_classes)


def _wrong(labels, answers, n_classes):
    """Of every error of every network: the image, and the pair of classes as one number."""
    which, image = np.nonzero(np.asarray(answers) != labels)
    pair = np.sort([labels[image], np.asarray(answers)[which, image]], axis=0).astype(int)
    return image, np.ravel_multi_index(pair, (n_classes, n_classes))


def worst_pairs(errors, class_names, n=10) -> pd.DataFrame:
    """The n pairs of classes that are confused most often (`errors_by_pair`): first, second, pair, errors and share of all."""
    worst = np.argsort(errors, axis=None)[::-1][:n]
    rows = [divmod(int(k), len(class_names)) for k in worst]
    found = pd.DataFrame(rows, columns=["first", "second"])
    found["pair"] = [f"{class_names[a]} / {class_names[b]}" for a, b in rows]
    found["errors"] = errors.ravel()[worst]
    return found.assign(share=found["errors"] / max(errors.sum(), 1))


def count_look_alikes(pairs) -> int:
    """How many of these pairs (`worst_pairs`) lie in a case pair of ByMerge or in one group of look-alikes."""
    groups = [set(group) for group in (*emnist.CASE_PAIRS, *emnist.LOOK_ALIKES)]
    return sum(any(set(pair.split(" / ")) <= group for group in groups) for pair in pairs["pair"])


def rank_of_pair(labels, answers, pair, n_classes, resamples) -> dict[str, float]:
    """Place of a pair of classes among all pairs by errors (1: the most), and its 95% bootstrap interval over test images.

    Parameters
    ----------
    pair : (int, int)
    resamples : int
        Of the test images. Drawn as counts per image, so that each costs one sum over the errors.

    Returns
    -------
    dict with rank, low and high.
    """
    image, wrong = _wrong(labels, answers, n_classes)
    number, rng = np.ravel_multi_index(sorted(pair), (n_classes, n_classes)), np.random.default_rng(0)

    def place(times):
        errors = np.bincount(wrong, times[image], n_classes**2)
        return int(1 + np.sum(errors > errors[number]))

    n = len(labels)
    drawn = [place(rng.multinomial(n, np.full(n, 1 / n))) for _ in range(resamples)]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return {"rank": place(np.ones(n)), "low": float(low), "high": float(high)}


def recall_by_class(confusion, class_names) -> pd.DataFrame:
    """Of each class (rows): support (images), hits, recall, and its 95% Wilson interval low to high.

    `confusion` holds counts (classes, classes), one row per true class; a class without images has recall 0.
    """
    support, hits = confusion.sum(axis=1), confusion.diagonal()
    low, high = proportion_confint(hits, np.maximum(support, 1), method="wilson")
    recall = hits / np.maximum(support, 1)
    columns = {"support": support, "hits": hits, "recall": recall, "low": low, "high": high}
    return pd.DataFrame(columns, index=pd.Index(class_names))


def agreed_errors(labels, answers) -> np.ndarray:
    """The images for which all networks give one answer that is not the label: boolean (images,)."""
    answers = np.asarray(answers)
    return (answers == answers[0]).all(axis=0) & (answers[0] != labels)


def taken_for_each_other(labels, predicted, pair) -> np.ndarray:
    """Numbers of the images of two classes that were read as the other of the two."""
    a, b = pair
    return np.flatnonzero(((labels == a) & (predicted == b)) | ((labels == b) & (predicted == a)))


def common_successes(labels, right, class_names, n) -> list[int]:
    """One image of each of the n largest classes (of look-alikes, if there are so many), which most models read correctly.

    `right` is, for each model, boolean (seeds, images); its first seed counts.
    """
    successes = np.sum([found[0] for found in right.values()], axis=0)
    alike = [class_names.index(name) for name in "01IlO5S" if name in class_names]
    size = np.bincount(labels, minlength=len(class_names))
    largest = sorted(alike if len(alike) >= n else range(len(class_names)), key=lambda c: -size[c])[:n]
    return [int(np.argmax(np.where(labels == c, successes, -1))) for c in largest]
