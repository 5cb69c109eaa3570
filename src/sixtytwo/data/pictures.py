"""Whether the images of a reader's own data are what networks and figures take them for: bright ink on black, and upright."""

import numpy as np

from sixtytwo.data import emnist, idx, synthetic

_BRIGHT, _GROUND = (
    128,
    192,
)  # what the brightest pixel of all has at least, and the median at the edge of dark ink on bright ground
_ALIKE, _AHEAD = 0.35, 0.15  # likeness of the mean images that only the right view of characters reaches, and its lead

_VIEWS = {
    "transposed": lambda x: x.transpose(0, 2, 1),
    "turned by 90 degrees": lambda x: np.rot90(x, 1, (1, 2)),
    "turned by 180 degrees": lambda x: np.rot90(x, 2, (1, 2)),
    "turned by 270 degrees": lambda x: np.rot90(x, 3, (1, 2)),
    "mirrored": lambda x: x[:, :, ::-1],
    "upside down": lambda x: x[:, ::-1],
    "mirrored at the other diagonal": lambda x: np.rot90(x, 2, (1, 2)).transpose(0, 2, 1),
}

# The names that data with so many classes and no names of their own might mean.
_ALPHABETS = {len(names): names for names in (emnist.CLASS_NAMES, emnist.CLASS_NAMES[:36], emnist.bymerge([0])[1])}
_ALPHABETS |= {26: emnist.CLASS_NAMES[10:36], 10: emnist.CLASS_NAMES[:10]}


def require_usual(images, labels, names, path):
    """Raise DataError unless images (n, 28, 28) are bright on dark, use the whole range, and if they are characters, upright.

    `names` are those of the classes; numbers are taken for the digits or letters of EMNIST if there are as many. `path` is
    where the images are, for messages.
    """
    if images.max() < _BRIGHT:
        raise idx.DataError(
            f"{path}: the brightest pixel of all images is {images.max()}: expected 0 for black to 255 for white; scale them."
        )
    if np.median(_ring(images)) >= _GROUND and images[:, 7:21, 7:21].mean() < _GROUND:
        raise idx.DataError(
            f"{path} has dark images on a bright ground: expected bright ones on black, as EMNIST's; turn them over (255 minus "
            "each pixel)."
        )
    if view := _wrong_view(images, labels, names):
        raise idx.DataError(f"{path}: its characters are upright only if {view}: expected upright ones; save them so.")


def _ring(images):
    """The pixels at the edge of each image."""
    return np.concatenate([images[:, (0, -1)].ravel(), images[:, :, (0, -1)].ravel()])


def _wrong_view(images, labels, names):
    """The view in which images look like printed characters of their classes, if they do not as they are; else None."""
    alphabet = names
    if all(name.isdigit() for name in names):
        alphabet = _ALPHABETS.get(len(names), names)
    known = [i for i, name in enumerate(alphabet) if name in emnist.CLASS_NAMES and (labels == i).any()]
    if len(known) < 5:  # too few to tell
        return None
    found = np.stack([images[labels == i].mean(0) for i in known])
    printed = synthetic.printed([alphabet[i] for i in known])
    likeness = {view: _likeness(turned(found), printed) for view, turned in _VIEWS.items()}
    best = max(likeness, key=likeness.get)
    return best if likeness[best] > max(_ALIKE, _likeness(found, printed) + _AHEAD) else None


def require_apart(train, test, where):
    """Raise DataError if most test images are training images as well: their accuracy would say what was learnt by heart.

    Some are the same in honest data sets, too. `where` is the file of the test images.
    """
    seen = {hash(image.tobytes()) for image in train}
    again = sum(hash(image.tobytes()) in seen for image in test)
    if again > len(test) / 2:
        raise idx.DataError(
            f"{where}: {again:,} of its {len(test):,} test images are training images as well: expected others, which no network "
            "was trained on; take those of the test part out of the training part, or put another file there."
        )


def require_something(images, where):
    """Raise DataError if more than some images are black: of a file that was not copied to its end, the rest is zeros."""
    black = int((~images.any(axis=(1, 2))).sum())
    if black > max(10, len(images) / 100):
        raise idx.DataError(
            f"{where}: {black:,} of its {len(images):,} images are black all over; copy it again from where it came."
        )


def _likeness(one, other):
    """Mean correlation of two sets of images, class by class, apart from what all classes share."""
    one, other = ((x - x.mean(0)).reshape(len(x), -1) for x in (one, other))
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(np.mean((one * other).sum(1) / np.maximum(norms, 1e-9)))
