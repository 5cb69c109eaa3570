"""What a trained network looks at."""

import numpy as np

from sixtytwo.experiments import models


def first_weights(model) -> np.ndarray | None:
    """The weights of the first layer as maps over the image or a filter: (rows, columns, units); None if they are neither."""
    kernel = next((w for layer in model.layers for w in layer.get_weights() if w.ndim > 1), None)
    if kernel is not None and kernel.ndim == 4:
        return kernel[:, :, 0]
    return kernel.reshape(28, 28, -1) if kernel is not None and kernel.shape[0] == 28 * 28 else None


def occlusion_map(model, picture, label, side=5) -> np.ndarray:
    """How much probability of a class is lost where a square of an image (28, 28) is covered (Zeiler and Fergus 2014).

    One value per position of the square, of `side` pixels, every other pixel in both directions: (12, 12).
    """
    centres = range(2, 26, 2)
    places = [(row - side // 2, column - side // 2) for row in centres for column in centres]
    covered = np.repeat(picture[None], len(places), axis=0)
    for image, (top, left) in zip(covered, places, strict=True):
        image[top : top + side, left : left + side] = 0
    whole, parts = (models.predict(model, x)[:, label] for x in (picture[None], covered))
    return (whole - parts).reshape(len(centres), -1)
