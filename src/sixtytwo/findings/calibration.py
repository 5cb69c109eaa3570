"""How far the confidence of a network can be trusted, before and after one number was fitted (Guo et al. 2017, section 4.2)."""

from typing import NamedTuple

import numpy as np
from scipy import optimize, special


class Calibrated(NamedTuple):
    """The half of the images that judges a temperature: labels (n,), and probabilities (n, classes) before and after."""

    temperature: float
    labels: np.ndarray
    plain: np.ndarray
    scaled: np.ndarray


def calibrate(labels, probabilities) -> Calibrated:
    """Fit a temperature on every other image, and apply it to the rest: labels (n,), probabilities (n, classes)."""
    fitted_on = np.arange(len(labels)) % 2 == 0
    temperature = fit_temperature(labels[fitted_on], probabilities[fitted_on])
    plain = probabilities[~fitted_on]
    return Calibrated(temperature, labels[~fitted_on], plain, temperature_scaled(plain, temperature))


def temperature_scaled(probabilities, temperature) -> np.ndarray:
    """Probabilities (n, classes) made sharper (temperature below 1) or flatter (above 1): the answers stay."""
    return special.softmax(_logits(probabilities) / temperature, axis=1)


def fit_temperature(labels, probabilities) -> float:
    """The temperature, between 0.2 and 5, with the lowest log loss on these labels (n,) and probabilities (n, classes)."""
    logits, own = _logits(probabilities), (np.arange(len(labels)), labels)
    found = optimize.minimize_scalar(
        lambda t: -special.log_softmax(logits / t, axis=1)[own].mean(), bounds=(0.2, 5), method="bounded"
    )
    return float(found.x)


def _logits(probabilities):
    return np.log(np.maximum(probabilities, 1e-12))  # a network may give 0
