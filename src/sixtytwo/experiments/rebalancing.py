"""Rare classes: two remedies that act in training, with everything else as it was recorded."""

import dataclasses

import numpy as np

from sixtytwo.experiments import records

HEAVIEST = 10  # or the rarest classes would dominate every batch that they are in


def class_shares(labels, n_classes) -> np.ndarray:
    """Share of each class among labels (n,), float (classes,); a class that is absent counts as half an image."""
    counts = np.bincount(labels, minlength=n_classes)
    return np.maximum(counts, 0.5) / counts.sum()


def class_weights(labels, n_classes) -> list[float]:
    """Weight of each class in the loss: the inverse of its share, 1 for one as large as the mean class, at most `HEAVIEST`."""
    return np.minimum(1 / (n_classes * class_shares(labels, n_classes)), HEAVIEST).tolist()


def balanced_rows(labels, seed) -> np.ndarray:
    """As many rows as there are labels (n,), drawn with replacement so that all classes are equally likely."""
    chance = 1 / np.bincount(labels)[labels]
    return np.random.default_rng(seed).choice(len(labels), len(labels), p=chance / chance.sum())


def _with_class_weights(record, data, seed):
    weights = class_weights(data.y_train, len(data.class_names))
    return records.retrain(record, data, name="weights", seed=seed, class_weight=weights, keep="metrics")


def _with_balanced_sampling(record, data, seed):
    rows = balanced_rows(data.y_train, seed)
    drawn = dataclasses.replace(data, x_train=data.x_train[rows], y_train=data.y_train[rows])
    return records.retrain(record, drawn, name="balanced", seed=seed, keep="metrics")


# Each trains a recorded network again: called with its record, the data and a seed, it returns the run.
REMEDIES = {"class weights": _with_class_weights, "balanced sampling": _with_balanced_sampling}
