"""Rare classes: two remedies that act in training, with everything else as it was recorded."""

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


def _with_class_weights(record, data, seed):
    weights = class_weights(data.y_train, len(data.class_names))
    return records.retraining(record, data, name="weights", seed=seed, class_weight=weights, keep="metrics")


def _with_balanced_sampling(record, data, seed):
    return records.retraining(record, data.balanced(seed), name="balanced", seed=seed, keep="metrics")


# Each, called with the record of a network, the data and a seed, says how it is trained again (a `Training`).
REMEDIES = {"class weights": _with_class_weights, "balanced sampling": _with_balanced_sampling}
