"""Accuracy of a network on images that get worse: eight corruptions by strength."""

import dataclasses
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from sixtytwo.experiments import engine, keys, models

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


def measure_robustness(recorded, data, *, rows, strengths, corruptions=CORRUPTIONS) -> dict[str, dict]:
    """Accuracy of recorded networks on validation images as they are, and under each corruption by strength.

    Parameters
    ----------
    recorded : dict of str to record
        From `records.load_records`, by key; the first run of each is measured.
    data : Data
    rows : int
        Validation images, the first ones.
    strengths : list of int
        From 1 to 5.
    corruptions : dict of str to function

    Returns
    -------
    By key a dict with "clean", the accuracy on the images as they are, and "corrupted": its accuracies by strength, by
    corruption.
    """
    seen = {"x_validation": data.x_validation[:rows], "y_validation": data.y_validation[:rows]}
    part = dataclasses.replace(data, x_train=data.x_train[:0], y_train=data.y_train[:0], **seen)  # all that travels
    steps = [_step(record, data, part, rows, strengths, dict(corruptions)) for record in recorded.values()]
    return {key: entry.result for key, entry in zip(recorded, engine.steps(steps), strict=True)}


def mean_robustness(found) -> dict:
    """The mean over some networks, e.g. the seeds of one, of what `measure_robustness` found for each."""
    kinds = found[0]["corrupted"]
    mean = {kind: np.mean([one["corrupted"][kind] for one in found], axis=0).tolist() for kind in kinds}
    return {"clean": float(np.mean([one["clean"] for one in found])), "corrupted": mean}


def _step(record, data, part, rows, strengths, corruptions):
    run = record["runs"][0]
    spec = {"entry": run["entry"], "data": data.digest(), "rows": rows, "strengths": strengths}
    spec |= keys.version("robustness") | keys.unless(corruptions=(list(corruptions), list(CORRUPTIONS)))

    def arguments():
        return {"network": models.packed(run), "data": part, "strengths": strengths, "corruptions": corruptions}

    task = engine.Task(f"robustness of {record['key']}", _measure, arguments, record["macs"])
    return engine.Step(f"robustness-{record['key']}", spec, task)


def _measure(network, data, *, strengths, corruptions, folder):
    model, images = models.unpacked(network), data.x_validation

    def accuracy(x):
        return float(np.mean(models.predict(model, x).argmax(1) == data.y_validation))

    worse = {name: [accuracy(corrupt(images, corruption, s)) for s in strengths] for name, corruption in corruptions.items()}
    return {"clean": accuracy(images), "corrupted": worse}
