"""Accuracy of a network on images that get worse: eight corruptions by strength."""

from types import MappingProxyType

import numpy as np
from scipy import ndimage

from sixtytwo.base import store
from sixtytwo.experiments import keys, models

_SQUARE = np.ones((1, 3, 3))


def _zoom(x, factor):
    matrix = np.array([1, 1 / factor, 1 / factor])
    return ndimage.affine_transform(x, matrix, offset=13.5 * (1 - matrix) * [0, 1, 1], order=1)


def _occlude(x, side):
    x, rng = x.copy(), np.random.default_rng(0)
    for image, (row, column) in zip(x, rng.integers(4, 24 - side, (len(x), 2)), strict=True):
        image[row : row + side, column : column + side] = 0
    return x


# What makes images, float32 (n, 28, 28) in [0, 1], worse, by strengths from 1 to 5. A reader's own are added with
# `CORRUPTIONS | {name: function}`; stored results know them by name, so a function that is changed needs a new one.
CORRUPTIONS = MappingProxyType(
    {
        "rotation": lambda x, s: ndimage.rotate(x, 6 * s, axes=(2, 1), reshape=False, order=1),
        "shift": lambda x, s: ndimage.shift(x, (0, 0, s), order=1),
        "smaller": lambda x, s: _zoom(x, 1 - 0.1 * s),
        "thin strokes": lambda x, s: (1 - s / 5) * x + s / 5 * ndimage.grey_erosion(x, footprint=_SQUARE),
        "thick strokes": lambda x, s: (1 - s / 5) * x + s / 5 * ndimage.grey_dilation(x, footprint=_SQUARE),
        "noise": lambda x, s: x + np.random.default_rng(0).normal(0, 0.08 * s, x.shape),
        "blur": lambda x, s: ndimage.gaussian_filter(x, (0, 0.4 * s, 0.4 * s)),
        "occlusion": lambda x, s: _occlude(x, 2 * s),
    }
)


def corrupt(images, corruption, strength) -> np.ndarray:
    """Images, uint8 (n, 28, 28), under a corruption (a function like those of `CORRUPTIONS`), uint8 as well."""
    x = corruption(images / np.float32(255), strength)
    return (np.clip(x, 0, 1) * 255).round().astype(np.uint8)


def measure_robustness(record, data, *, rows, strengths, corruptions=CORRUPTIONS) -> dict:
    """Accuracy of the first run of a recorded network under corruptions, a stored step.

    Parameters
    ----------
    record : dict
        One of `records.load_records`.
    data : Data
    rows : int
        Validation images, the first ones.
    strengths : list of int
    corruptions : mapping of str to callable(images, strength)

    Returns
    -------
    dict with "clean", the accuracy on the images as they are, and "corrupted": its accuracies by strength, by corruption.
    """
    images, labels = data.x_validation[:rows], data.y_validation[:rows]
    spec = {"entry": record["runs"][0]["entry"], "data": data.digest(), "rows": rows, "strengths": strengths}
    spec |= keys.version("robustness") | keys.unless(corruptions=(list(corruptions), list(CORRUPTIONS)))

    def compute(folder):
        model = models.load_model(record["runs"][0])

        def accuracy(x):
            return float(np.mean(models.predict(model, x).argmax(1) == labels))

        worse = {
            name: [accuracy(corrupt(images, corruption, s)) for s in strengths] for name, corruption in corruptions.items()
        }
        return {"clean": accuracy(images), "corrupted": worse}

    return store.cached(f"robustness-{record['key']}", spec, compute).result
