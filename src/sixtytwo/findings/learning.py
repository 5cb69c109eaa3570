"""How networks learn: slope and scatter late in the training, and errors that fall as a power of the training images."""

from typing import NamedTuple

import numpy as np
from scipy import optimize, stats


def late_slopes(runs) -> list[float]:
    """Change of the validation loss per epoch over the second half of each training (least squares; NaN for a single epoch).

    `runs` have a history with "val_loss" by epoch (`training.train`).
    """
    return [_late_slope(run["history"]["val_loss"]) for run in runs]


def _late_slope(losses):
    late = losses[len(losses) // 2 :]
    return float(stats.linregress(range(len(late)), late).slope) if len(late) > 1 else float("nan")


def late_scatter(runs, metric) -> list[float]:
    """How much a metric scatters about its straight trend over the second half of each training.

    The standard deviation of the residuals of a least-squares line, with two degrees of freedom less than epochs; NaN if there
    are fewer than three of them.
    """
    return [_late_scatter(run["history"][metric]) for run in runs]


def _late_scatter(values):
    late = np.asarray(values[len(values) // 2 :])
    if len(late) < 3:
        return float("nan")
    trend = stats.linregress(range(len(late)), late)
    residuals = late - trend.intercept - trend.slope * np.arange(len(late))
    return float(np.sqrt(np.sum(residuals**2) / (len(late) - 2)))


class PowerLaw(NamedTuple):
    """The error expected of a network trained on n images: floor + scale * n ** -exponent."""

    floor: float
    scale: float
    exponent: float

    def __call__(self, n):
        return self.floor + self.scale * n**-self.exponent


_BOUNDS = PowerLaw(0, 0, 0.05), PowerLaw(0.5, 500, 2)


def fit_power_law(n, error) -> PowerLaw:
    """The power law nearest to errors (sizes,) after training on n images (sizes,), by least squares within generous bounds."""
    n, error = np.asarray(n, float), np.asarray(error, float)
    found, _ = optimize.curve_fit(
        lambda n, *law: PowerLaw(*law)(n), n, error, PowerLaw(0.1, 5, 0.5), bounds=_BOUNDS, maxfev=20_000
    )
    return PowerLaw(*map(float, found))


def extrapolate(n, error, *, to, judged_on, resamples=200) -> tuple[float, float, float]:
    """The error that a power law expects from more training images, and its 95% interval.

    Parameters
    ----------
    n, error : float array (sizes,)
        Training images, and the error that was measured with them.
    to : int
        Training images to extrapolate to.
    judged_on : int
        Images that each error was measured on.
    resamples : int
        Fits to errors that are drawn anew within their sampling error, the same ones each time.

    Returns
    -------
    Expected error, and the ends of the interval, which knows the sampling error of the images that judge, drawn for each
    size anew, but neither seeds nor whether a power law holds.
    """
    error = np.asarray(error, float)
    rng, spread = np.random.default_rng(0), np.sqrt(error * (1 - error) / judged_on)
    again = [fit_power_law(n, rng.normal(error, spread))(to) for _ in range(resamples)]
    low, high = np.percentile(again, (2.5, 97.5))
    return float(fit_power_law(n, error)(to)), float(low), float(high)
