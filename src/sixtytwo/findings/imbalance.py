"""Rare classes: what can be traded between accuracy and balanced accuracy, the mean of the recalls, after training."""

import numpy as np
from sklearn.metrics import recall_score

from sixtytwo.findings import statistics


def both_accuracies(labels, predicted) -> tuple[float, float]:
    """Accuracy, and balanced accuracy over the classes that occur among the labels."""
    balanced = recall_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0)
    return float(np.mean(predicted == labels)), float(balanced)


def turn_dial(labels, probabilities, shares, dial) -> np.ndarray:
    """Accuracy and balanced accuracy with logit adjustment after training (Menon et al. 2021, equation 9).

    The answer is the class c with the highest log p(c | x) - tau log share(c).

    Parameters
    ----------
    labels : int array (n,)
    probabilities : float array (n, classes)
    shares : float array (classes,)
        Of the training images (`experiments.rebalancing.class_shares`).
    dial : sequence of float
        Values of tau; 0 leaves the answers as they are.

    Returns
    -------
    float array (len(dial), 2)
    """
    logits = np.log(np.maximum(probabilities, 1e-9))
    return np.array([both_accuracies(labels, (logits - tau * np.log(shares)).argmax(1)) for tau in dial])


def _dial_as_accurate(points, accuracy) -> float:
    """The best balanced accuracy that the dial reaches while it is at least so accurate (or at its own most accurate).

    `points` are those of `turn_dial`.
    """
    enough = points[:, 0] >= min(accuracy, points[:, 0].max())
    return float(points[enough, 1].max())


def gain_over_dial(dialled, trained) -> dict[str, float]:
    """Balanced accuracy that training gains over the best setting of the dial that is at least as accurate.

    Parameters
    ----------
    dialled : sequence of float array (settings, 2)
        `turn_dial` of each seed of the network as it is.
    trained : sequence of float pair, as long
        Accuracy and balanced accuracy of the same seeds, trained with a remedy.

    Returns
    -------
    `statistics.paired_difference` over the seeds. The setting is chosen on the images that judge it, which favours the dial.
    """
    rival = [_dial_as_accurate(points, accuracy) for points, (accuracy, _) in zip(dialled, trained, strict=True)]
    return statistics.paired_difference([balanced for _, balanced in trained], rival)
