"""Read idx files, the format of MNIST and its successors: raw arrays of bytes behind a short header."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

IMAGE_SHAPE = (28, 28)

DEFLATE = 1032  # a deflated byte never stands for more


class DataError(RuntimeError):
    """The data cannot be had or trusted. The message names the file or address, what was expected and what to do."""


def read_idx(path, *, n_classes=256):
    """Read one idx file, gzipped or not: uint8 array (n, 28, 28) of raw images or (n,) of labels below `n_classes`.

    Raises DataError for anything that is not such a file; never allocates more than the file can hold.
    """
    path = Path(path)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as stream:
            return _parse_idx(stream, path, n_classes)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read as an idx file ({error}); delete it and run `make data` again.") from error


def _parse_idx(stream, path, n_classes):
    remedy = "delete it and run `make data` again"
    head = stream.read(8)
    if len(head) < 8 or head[:3] != b"\0\0\x08" or head[3] not in (1, 3):
        raise DataError(
            f"{path} is not an idx file: expected magic 00000803 (images) or 00000801 (labels), "
            f"found {head[:4].hex() or 'nothing'}; {remedy}."
        )
    shape = struct.unpack(">I", head[4:])
    if head[3] == 3:
        sides = stream.read(8)
        if sides != struct.pack(">II", *IMAGE_SHAPE):
            raise DataError(f"{path} holds no 28x28 images: its header says {sides.hex()}; {remedy}.")
        shape += IMAGE_SHAPE
    size = int(np.prod(shape, dtype=object))
    if size > DEFLATE * path.stat().st_size:  # do not allocate what a header merely claims
        raise DataError(f"{path} claims {shape[0]:,} items, more than a file of its size can hold; {remedy}.")
    array = np.empty(size, dtype=np.uint8)
    view, done = memoryview(array), 0
    while done < size and (count := stream.readinto(view[done:])):
        done += count
    if done < size or stream.read(1):
        found = "more" if done == size else f"only {done:,}"
        raise DataError(f"{path} should hold {size:,} bytes after its header by its own count, found {found}; {remedy}.")
    if len(shape) == 1 and size and array.max() >= n_classes:
        raise DataError(f"{path} holds the label {array.max()}: expected 0 to {n_classes - 1}; {remedy}.")
    return array.reshape(shape)


def read_pair(images_path, labels_path, *, n_classes, transposed=True):
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
