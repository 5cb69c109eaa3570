"""The dial between accuracy and balanced accuracy, against scikit-learn and numbers worked out by hand."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from sixtytwo.findings import imbalance

LABELS = np.array([0, 0, 0, 1])
P = np.array([[0.9, 0.1], [0.95, 0.05], [0.6, 0.4], [0.8, 0.2]])
SHARES = np.array([0.75, 0.25])


def test_both_accuracies_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    found = imbalance.both_accuracies(labels, predicted)
    assert found == pytest.approx((accuracy_score(labels, predicted), balanced_accuracy_score(labels, predicted)))


def test_classes_without_labels_do_not_count():
    assert imbalance.both_accuracies(np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])) == (0.75, 0.75)


def test_dial_divides_by_the_share_of_the_class_to_the_power_of_its_setting():
    """Odds of class 1 at tau: p1 / p0 * 3**tau, so images change their class at tau 2, 2.68, 0.37 and 1.26."""
    points = imbalance.turn_dial(LABELS, P, SHARES, [0, 1, 1.5, 3])
    assert points.tolist() == [
        [3 / 4, (3 / 3 + 0) / 2],
        [2 / 4, (2 / 3 + 0) / 2],
        [3 / 4, (2 / 3 + 1) / 2],
        [1 / 4, (0 / 3 + 1) / 2],
    ]


def test_a_probability_of_zero_is_no_error():
    assert np.isfinite(imbalance.turn_dial(LABELS, np.eye(2)[[0, 0, 1, 1]], SHARES, [0, 1])).all()


def test_the_dial_competes_at_the_same_accuracy_or_at_its_highest():
    points = np.array([[0.86, 0.70], [0.85, 0.74], [0.80, 0.76], [0.70, 0.73]])
    for accuracy, rival in ((0.85, 0.74), (0.5, 0.76), (0.9, 0.70)):
        gained = imbalance.gain_over_dial([points], [(accuracy, 0.8)])
        assert gained["mean"] == pytest.approx(0.8 - rival)


def test_gain_over_the_dial_is_paired_over_seeds():
    points = np.array([[0.86, 0.70], [0.80, 0.76]])
    gained = imbalance.gain_over_dial([points, points], [(0.86, 0.72), (0.80, 0.77)])
    assert gained["mean"] == pytest.approx((0.02 + 0.01) / 2) and gained["low"] < 0.01 < 0.02 < gained["high"]
    assert np.isnan(imbalance.gain_over_dial([points], [(0.86, 0.72)])["low"])
