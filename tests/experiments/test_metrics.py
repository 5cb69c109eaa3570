"""The numbers that say how good an answer is."""

import numpy as np
import pytest
from sklearn import metrics as sk

from sixtytwo.experiments import metrics


def test_measures_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    labels, probabilities = rng.integers(0, 5, 500), rng.dirichlet(np.ones(5), 500).astype("float32")
    found, predicted = metrics.measure(labels, probabilities), probabilities.argmax(1)
    assert found["accuracy"] == pytest.approx(found["recall_weighted"], abs=1e-12)
    assert found["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(labels, predicted))
    assert found["f1_macro"] == pytest.approx(sk.f1_score(labels, predicted, average="macro"))
    assert found["log_loss"] == pytest.approx(-np.log(probabilities[np.arange(500), labels]).mean(), abs=1e-5)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    probabilities = np.tile([0.8, 0.2], (100, 1))
    labels = np.r_[np.zeros(60, int), np.ones(40, int)]
    assert metrics.expected_calibration_error(labels, probabilities) == pytest.approx(0.2)
