"""Temperature scaling: what was made too sharp is found, and by how much."""

import numpy as np
import pytest
from scipy import special

from sixtytwo.findings import calibration


def labels_and_logits(n=4000, classes=5):
    """Labels that are drawn with the probabilities that the logits stand for."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (n, classes))
    labels = rng.multinomial(1, special.softmax(logits, axis=1)).argmax(1)
    return labels, logits


@pytest.mark.parametrize("sharpness", [0.5, 1, 3])
def test_temperature_undoes_what_made_the_probabilities_wrong(sharpness):
    labels, logits = labels_and_logits()
    found = calibration.fit_temperature(labels, special.softmax(sharpness * logits, axis=1))
    assert found == pytest.approx(sharpness, rel=0.06)


def test_scaled_probabilities_are_the_softmax_of_divided_logits():
    logits = np.array([[1.0, 2.0, 4.0], [0.0, -1.0, 3.0]])
    found = calibration.temperature_scaled(special.softmax(logits, axis=1), 2)
    assert np.allclose(found, special.softmax(logits / 2, axis=1))


def test_certain_probabilities_stay_numbers():
    certain = np.eye(3, dtype=np.float32)
    assert np.isfinite(calibration.temperature_scaled(certain, 0.2)).all()
    assert np.isfinite(calibration.fit_temperature(np.array([0, 1, 1]), certain))


def test_temperature_is_fitted_on_one_half_and_judged_on_the_other():
    labels, logits = labels_and_logits()
    p = special.softmax(3 * logits, axis=1)
    found = calibration.calibrate(labels, p)
    assert np.array_equal(found.labels, labels[1::2]) and np.array_equal(found.plain, p[1::2])
    assert found.temperature == calibration.fit_temperature(labels[::2], p[::2])
    assert np.array_equal(found.scaled, calibration.temperature_scaled(p[1::2], found.temperature))
