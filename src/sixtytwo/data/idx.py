"""Read idx files, the format of MNIST and its successors: raw arrays of bytes behind a short header.

What a file is, gzipped or not, images or labels, its content says, not its name.
"""

import gzip
import hashlib
import struct
import zlib
from pathlib import Path

import numpy as np

IMAGE_SHAPE = (28, 28)

DEFLATE = 1032  # a deflated byte never stands for more

_GZIP = b"\x1f\x8b"
_KINDS = {b"\0\0\x08\x03": "images", b"\0\0\x08\x01": "labels"}
_AGAIN = "copy it again from where it came"


class DataError(RuntimeError):
    """The data cannot be had or trusted. The message names the file or address, what was expected and what to do."""


def unpacked(path):
    """Open a file to read what it holds, gzipped or not, whatever its name says."""
    with open(path, "rb") as stream:
        packed = stream.read(2) == _GZIP
    return gzip.open(path, "rb") if packed else open(path, "rb")


def kind_of(path) -> str | None:
    """What a file holds: "images" or "labels", or None if it is no idx file of bytes or cannot be read."""
    try:
        with unpacked(path) as stream:
            return _KINDS.get(stream.read(4))
    except (OSError, EOFError, zlib.error):
        return None


def content_digest(path) -> str:
    """SHA-256 of what a file holds, gzipped or not. Raises DataError if it cannot be read."""
    try:
        with unpacked(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def read_idx(path, *, n_classes=256):
    """Read one idx file, gzipped or not: uint8 array (n, 28, 28) of raw images or (n,) of labels below `n_classes`.

    Raises DataError for anything that is not such a file; never allocates more than the file can hold.
    """
    path = Path(path)
    try:
        with unpacked(path) as stream:
            return _parse_idx(stream, path, n_classes)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def _unreadable(path, error):
    if isinstance(error, PermissionError):
        return DataError(f"{path} cannot be read ({error.strerror}); make it readable.")
    return DataError(f"{path} cannot be read as an idx file ({getattr(error, 'strerror', None) or error}); {_AGAIN}.")


def _parse_idx(stream, path, n_classes):
    head = stream.read(8)
    if len(head) < 8 or head[:4] not in _KINDS:
        raise DataError(
            f"{path} is not an idx file: expected magic 00000803 (images) or 00000801 (labels), "
            f"found {head[:4].hex() or 'nothing'}; {_AGAIN}, or save its arrays as bytes in idx form."
        )
    shape = struct.unpack(">I", head[4:])
    if _KINDS[head[:4]] == "images":
        sides = stream.read(8)
        if sides != struct.pack(">II", *IMAGE_SHAPE):
            found = "x".join(map(str, struct.unpack(">II", sides))) if len(sides) == 8 else "nothing"
            raise DataError(f"{path} holds no 28x28 images: its header says {found}; scale the images and save them again.")
        shape += IMAGE_SHAPE
    size = int(np.prod(shape, dtype=object))
    if size > DEFLATE * path.stat().st_size:  # do not allocate what a header merely claims
        raise DataError(f"{path} claims {shape[0]:,} items, more than a file of its size can hold; {_AGAIN}.")
    array = np.empty(size, dtype=np.uint8)
    view, done = memoryview(array), 0
    while done < size and (count := stream.readinto(view[done:])):
        done += count
    if done < size or stream.read(1):
        found = "more" if done == size else f"only {done:,}"
        raise DataError(f"{path} should hold {size:,} bytes after its header by its own count, found {found}; {_AGAIN}.")
    if len(shape) == 1 and size and array.max() >= n_classes:
        raise DataError(f"{path} holds the label {array.max()}: expected 0 to {n_classes - 1}; correct the labels.")
    return array.reshape(shape)


def read_pair(images_path, labels_path, *, n_classes=256, transposed=True):
    """Read an images and a labels file that belong together; images that are stored transposed come back upright.

    Returns uint8 arrays (n, 28, 28) and (n,). Raises DataError for files that are damaged or belong to different parts.
    """
    images, labels = read_idx(images_path), read_idx(labels_path, n_classes=n_classes)
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise DataError(
            f"{images_path} and {labels_path} do not belong together: {images.shape} images, {labels.shape} labels; "
            "name the images file and the labels file of the same part."
        )
    return images.transpose(0, 2, 1) if transposed else images, labels


def first_line(error) -> str:
    """What an exception says, without the rest."""
    return str(error).strip().splitlines()[0].strip('"') if str(error).strip() else type(error).__name__
