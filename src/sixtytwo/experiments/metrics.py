"""The numbers that say how good an answer is."""

import numpy as np
from sklearn import metrics as sk


def measure(labels, probabilities) -> dict[str, float]:
    """The paper's metrics (section 4.1) and those that show what they hide.

    Precision, recall and F1 are weighted by support, the only average under which recall equals accuracy, as it does in
    every row of the paper's Table 5; `f1_macro` and `balanced_accuracy` give every class the same weight.
    """
    predicted = probabilities.argmax(1)
    normalised = probabilities.astype("float64") / probabilities.sum(1, dtype="float64", keepdims=True)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(labels, predicted, average="weighted", zero_division=0)
    recalls = sk.recall_score(labels, predicted, labels=np.unique(labels), average=None, zero_division=0)
    return {
        "accuracy": float(sk.accuracy_score(labels, predicted)),
        "precision_weighted": float(precision),
        "recall_weighted": float(recall),
        "f1_weighted": float(f1),
        "f1_macro": float(sk.f1_score(labels, predicted, average="macro", zero_division=0)),
        "balanced_accuracy": float(recalls.mean()),
        "log_loss": float(sk.log_loss(labels, normalised, labels=range(probabilities.shape[1]))),
        "ece": expected_calibration_error(labels, probabilities),
    }


def expected_calibration_error(labels, probabilities, bins=15) -> float:
    """Mean gap between confidence and accuracy over equal-width bins (Guo et al. 2017, equation 3)."""
    confidence, correct = probabilities.max(1), probabilities.argmax(1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
