"""A synthetic stand-in for EMNIST ByClass: printed glyphs, distorted. For smoke runs without the real data only.

Same classes, image shape, orientation, grey scale and class shares as EMNIST ByClass, drawn from fonts that matplotlib
carries. Like EMNIST, every character is cropped to its ink and centred, so that o, O and 0 look as alike as they do there.
"""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from sixtytwo.data import emnist

VERSION = 1  # raise it when the same part, n and seed give other images

_FONTS = [f"{family}{style}" for family in ("DejaVuSans", "DejaVuSansMono", "DejaVuSerif") for style in ("", "-Bold")]

_FONTS += ["DejaVuSans-Oblique", "DejaVuSansMono-Oblique", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralItalic"]

_FONTS += ["STIXGeneralBol", "cmr10", "cmss10", "cmtt10", "cmmi10"]

_CANVAS, _INK = 64, 44  # pixels of the glyph drawings and of the longer side of their ink

_SIDE = emnist.IMAGE_SHAPE[0]

_CHUNK = 2000

_BLUR = 1.5  # pixels of an image: how much means of handwriting are blurred


def load(part, n, *, seed=0):
    """Draw `n` synthetic characters.

    Parameters
    ----------
    part : {"train", "test"}
        Two independent random streams.
    n : int
    seed : int
        The same part, n and seed give the same bytes.

    Returns
    -------
    images : uint8 array (n, 28, 28), upright, white ink on black, minimum 0 and maximum 255 in each image
    labels : uint8 array (n,), 0..61, class shares of the official ByClass train file; every class occurs if n >= 62
    """
    rng = np.random.default_rng([seed, ("train", "test").index(part), n])
    shares = emnist.official_counts("train") / emnist.official_counts("train").sum()
    labels = rng.choice(len(shares), size=n, p=shares).astype(np.uint8)
    labels[: len(shares)] = rng.permutation(len(shares))[:n]
    rng.shuffle(labels)
    images = np.concatenate([_draw(labels[start : start + _CHUNK], rng) for start in range(0, n, _CHUNK)])
    return images, labels


@cache
def _glyphs():
    """Signed distance to the outline of each class in each font: float32 (62 * fonts, 64, 64), positive inside."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    drawings = [_glyph(name, folder / f"{font}.ttf") for name in emnist.CLASS_NAMES for font in _FONTS]
    return np.stack(drawings).astype(np.float32)


def printed(characters):
    """The mean of how a few fonts print each character, undistorted but blurred: float (characters, 28, 28), 1 for ink."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = [folder / f"{font}.ttf" for font in ("DejaVuSans", "DejaVuSerif", "STIXGeneral", "cmss10")]
    axis = (np.arange(_SIDE) - (_SIDE - 1) / 2) * _INK / (_SIDE - 6) + (_CANVAS - 1) / 2
    points = np.meshgrid(axis, axis, indexing="ij")

    def shrunk(distance):
        ink = np.clip(0.5 + (ndimage.map_coordinates(distance, points, order=1) + 1) / 4, 0, 1)
        return ndimage.gaussian_filter(ink, _BLUR)

    return np.stack([np.mean([shrunk(_glyph(name, font)) for font in fonts], axis=0) for name in characters])


def _glyph(character, font_path):
    left, top, right, bottom = ImageFont.truetype(str(font_path), 100).getbbox(character)
    font = ImageFont.truetype(str(font_path), 100 * _INK / max(right - left, bottom - top))
    image = Image.new("L", (_CANVAS, _CANVAS))
    ImageDraw.Draw(image).text((_CANVAS / 2, _CANVAS / 2), character, fill=255, font=font, anchor="mm")
    ink = np.asarray(image) > 127
    rows, columns = np.nonzero(ink)
    centre = (_CANVAS - 1) / 2
    shift = (round(centre - (rows.min() + rows.max()) / 2), round(centre - (columns.min() + columns.max()) / 2))
    ink = np.roll(ink, shift, axis=(0, 1))
    return ndimage.distance_transform_edt(ink) - ndimage.distance_transform_edt(~ink)


def _draw(labels, rng):
    n = len(labels)
    # Each output pixel looks up one point of the drawing: an affine map, then an elastic displacement.
    angle, shear = rng.normal(0, 0.10, n), rng.normal(0, 0.15, n)
    scale = rng.uniform(0.85, 1.1, (n, 2)) * _SIDE / (_SIDE - 6) * _INK / _SIDE
    cos, sin = np.cos(angle), np.sin(angle)
    affine = np.stack([np.stack([cos, -sin], -1), np.stack([sin + cos * shear, cos - sin * shear], -1)], 1)
    affine = (affine * scale[:, :, None]).astype(np.float32)
    axis = np.arange(_SIDE, dtype=np.float32) - (_SIDE - 1) / 2
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij")).reshape(2, -1)
    points = affine @ grid + rng.normal(0, 1.0, (n, 2, 1)).astype(np.float32)
    points += _smooth_noise(n, rng).reshape(n, 2, -1) + (_CANVAS - 1) / 2
    glyph = labels.astype(np.int64) * len(_FONTS) + rng.integers(len(_FONTS), size=n)
    layers = np.broadcast_to(glyph[:, None], points[:, 0].shape).astype(np.float32)
    distance = ndimage.map_coordinates(_glyphs(), [layers, points[:, 0], points[:, 1]], order=1, mode="nearest")
    # A pen of random width, with the soft edge of a scan.
    ink = np.clip(0.5 + (distance + rng.uniform(-0.8, 1.6, (n, 1))) / 4, 0, 1)
    darkest, brightest = ink.min(1, keepdims=True), ink.max(1, keepdims=True)
    ink = np.round(255 * (ink - darkest) / np.maximum(brightest - darkest, 1e-6))
    return ink.astype(np.uint8).reshape(n, *emnist.IMAGE_SHAPE)


def _smooth_noise(n, rng):
    """Elastic displacement in drawing pixels, (n, 2, 28, 28): noise on a 4x4 grid, enlarged by cubic splines."""
    enlarge = np.stack([ndimage.zoom(row, _SIDE / 4, order=3) for row in np.eye(4)], axis=1).astype(np.float32)
    noise = rng.normal(0, 1.6, (n, 2, 4, 4)).astype(np.float32)
    return np.einsum("ip,ncpq,jq->ncij", enlarge, noise, enlarge, optimize=True)
