"""EMNIST ByClass: find it, read it, verify it, choose rows.

Source: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, "EMNIST: Extending MNIST to handwritten letters", IJCNN 2017,
doi 10.1109/IJCNN.2017.7966217. Official files: https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip
"""

import contextlib
import hashlib
import os
import string
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pooch

from sixtytwo.base import files
from sixtytwo.data import folders, idx

CLASS_NAMES = tuple(string.digits + string.ascii_uppercase + string.ascii_lowercase)

N_CLASSES = len(CLASS_NAMES)

IMAGE_SHAPE = idx.IMAGE_SHAPE

CASE_PAIRS = tuple(letter + letter.lower() for letter in "CIJKLMOPSUVWXYZ")  # what the official ByMerge split merges

# Groups that only size, place or context could tell apart: a choice of this book.
LOOK_ALIKES = ("0Oo", "1IilL", "2Zz", "5Ss", "9gq", *(pair for pair in CASE_PAIRS if pair[0] not in "OILZS"))

# The reference split: rows of the official files, by number (see `_rebuild`). Built and loaded arrays must hash to this.
REFERENCE_NAME = "emnist-byclass-120k"

REFERENCE_SHA256 = {
    "train_images": "dbc405ef810997a7bc7bd9ab36468230bd398f3618f06e0bdffd9b35e838fd9a",
    "train_labels": "a2f9da793fd6d9e7e13416b5f97d2335e99fdeda587ab7d510592d0b195b4400",
    "test_images": "807c7f7d6f8c72b0e13ba95b8885ef92becce97826f070330c070bce689e160e",
    "test_labels": "f7a5714675f4ba9815bbad9976802edf285a6b1f063d804cc47d4211fe9c11d2",
}

_INDEX_FILE = Path(__file__).with_name("emnist_reference_rows.npz")

_REFERENCE_FILE = f"{REFERENCE_NAME}.npz"


@dataclass(frozen=True)
class Archive:
    """What a download must be: its size in bytes, its SHA-256, and the members to extract with theirs."""

    size: int
    sha256: str
    members: dict[str, str]


OFFICIAL = Archive(
    size=561_753_746,
    sha256="fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    members={
        "emnist-byclass-train-images-idx3-ubyte.gz": "9e21987f03a6eb8b870187e785883ddad96947299587908f1a7ec2ca0f4be5f0",
        "emnist-byclass-train-labels-idx1-ubyte.gz": "f7ef403d48dc18a89dae0d83d11ee69cecb6e1c12c3a961d03712e495c02a8fa",
        "emnist-byclass-test-images-idx3-ubyte.gz": "5ec835bd5d5b1a66378a132e727fef20fe994b3cc666899befcca5ac766f50cd",
        "emnist-byclass-test-labels-idx1-ubyte.gz": "501e305eeeacb093b162592d80e8a2632040872360fa6d85cfcb2200d91ca92a",
    },
)


def cache_dir() -> Path:
    """The user's cache folder for EMNIST (follows XDG_CACHE_HOME on Linux)."""
    return Path(pooch.os_cache("emnist"))


@folders.readable()
def folder() -> Path:
    """Where EMNIST's files are looked for: `EMNIST_DIR` if set, else the cache folder."""
    return folders.expanded(_given()) if _given() else cache_dir()


def _given():
    return os.environ.get("EMNIST_DIR", "").strip()


@folders.readable()
def find() -> Path | None:
    """Return the folder with EMNIST ByClass: `EMNIST_DIR` if set, else the cache folder if it has the data, else None.

    Raises
    ------
    DataError
        `EMNIST_DIR` is set but holds neither form of the data. There is no silent fallback.
    """
    place = folder()
    if place.is_dir() and (_reference(place) or has_official(place)):
        return place
    if not _given():
        return None
    raise idx.DataError(
        f"EMNIST_DIR={place} holds no EMNIST ByClass: expected {_REFERENCE_FILE} or the four files emnist-byclass-*-ubyte, "
        f"gzipped or not, found {folders.listing(place)}; correct EMNIST_DIR, or unset it and run `make data`."
    )


def _reference(folder):
    """The file with the reference split in a folder; None if there is none."""
    path = folder / _REFERENCE_FILE
    return path if path.is_file() else None


def has_official(folder) -> bool:
    """Whether a folder has the four official files, gzipped or not."""
    return all(folders.named(folder, name) for name in OFFICIAL.members)


@folders.readable()
def load(part, *, n=None, folder=None):
    """Load upright images and labels of the book's fixed 100,000 / 20,000 images of EMNIST ByClass, verified by hash.

    Parameters
    ----------
    part : {"train", "test"}
    n : int or None
        The first `n` images, which are shuffled already; None for all.
    folder : path or None
        Where the files are; None for `find()`.

    Returns
    -------
    images : uint8 array (n, 28, 28), upright, white ink (255) on black (0)
    labels : uint8 array (n,), 0..61 in the order of `CLASS_NAMES`

    Raises
    ------
    DataError
        No data, files that are damaged or not EMNIST, or more rows asked for than there are.
    """
    if part not in ("train", "test"):
        raise idx.DataError(f"no part {part!r}: expected 'train' or 'test'.")
    folder = Path(folder) if folder else find()
    if folder is None:
        raise idx.DataError(f"EMNIST is neither in EMNIST_DIR (not set) nor in {cache_dir()}; run `make data` to download it.")
    images, labels = _read_reference(path, part) if (path := _reference(folder)) else _rebuild(folder, part)
    if n is not None and not 0 < n <= len(labels):
        raise idx.DataError(f"asked for {n:,} {part} images, but there are 1 to {len(labels):,}.")
    return images[:n], labels[:n]


def official_counts(part):
    """Images per class in the whole official train or test file: int64 array (62,)."""
    with np.load(_INDEX_FILE, allow_pickle=False) as index:
        return index[f"official_{part}_counts"]


def bymerge(labels):
    """Turn ByClass labels into the 47 ByMerge labels: 15 letters whose cases look alike become one class.

    Returns the new labels (uint8, same shape) and their names. Source: EMNIST paper, section II; the official
    ByMerge *split* is another partition of the images, so scores are not comparable to published ByMerge ones.
    """
    merged = [name.upper() if name.upper() in "CIJKLMOPSUVWXYZ" else name for name in CLASS_NAMES]
    names = tuple(dict.fromkeys(merged))
    lookup = np.array([names.index(name) for name in merged], dtype=np.uint8)
    return lookup[labels], names


def _read_official(folder, part):
    """Images and labels of the official file of a part; what is not as it was downloaded, the reference split will verify."""
    paths = []
    for name in (name for name in OFFICIAL.members if f"-{part}-" in name):
        if not (found := folders.named(folder, name)):
            raise idx.DataError(
                f"{folder / name} is missing: expected the four official files; run `make data`, or put it there."
            )
        paths.append(folders.only(found))
        if paths[-1].parent == cache_dir():
            check_file(paths[-1], OFFICIAL.members[name])
    return idx.read_pair(*paths, n_classes=N_CLASSES)


def _read_reference(path, part):
    try:
        with zipfile.ZipFile(path) as zipped, np.load(path, allow_pickle=False) as arrays:
            for name in (f"{part}_images", f"{part}_labels"):
                _check_size_of_array(zipped, f"{name}.npy", path.stat().st_size)
            images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
    except Exception as error:  # numpy and zipfile raise a dozen kinds for malformed files
        raise idx.DataError(f"{path} cannot be read ({idx.first_line(error)}); {_remedy(path)}.") from error
    return _check_reference(images, labels, part, path)


def _check_size_of_array(zipped, name, most):
    """Refuse an array that claims more than the file can hold, before numpy allocates it."""
    with zipped.open(name) as stream:
        version = np.lib.format.read_magic(stream)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, _, dtype = read_header(stream)
    if dtype != np.uint8 or int(np.prod(shape, dtype=object)) > idx.DEFLATE * most:
        raise ValueError(f"{name} claims {shape} values of type {dtype}, more than a file of its size can hold")


def _rebuild(folder, part):
    """Build the reference split from the official files; in the cache folder, keep it for the next time."""
    built = _rebuild_arrays(folder)
    if folder == cache_dir():
        with contextlib.suppress(OSError), files.replacing(folder / _REFERENCE_FILE) as stream:  # a convenience only
            np.savez(stream, **built)
    return built[f"{part}_images"], built[f"{part}_labels"]


def _rebuild_arrays(folder):
    test_images, test_labels = _read_official(folder, "test")
    train_images, train_labels = _read_official(folder, "train")
    with np.load(_INDEX_FILE, allow_pickle=False) as index:
        train_row, from_test, test_row = index["train_row"], index["train_official_test"], index["test_row"]
    images = np.empty((len(train_row), *IMAGE_SHAPE), dtype=np.uint8)
    labels = np.empty(len(train_row), dtype=np.uint8)
    longest = (train_row[~from_test].max(initial=-1), max(train_row[from_test].max(initial=-1), test_row.max()))
    if len(train_labels) <= longest[0] or len(test_labels) <= longest[1]:
        raise idx.DataError(f"{folder} has fewer images than EMNIST ByClass: expected its four files; {_remedy(folder)}.")
    for mask, source_images, source_labels in ((from_test, test_images, test_labels), (~from_test, train_images, train_labels)):
        images[mask], labels[mask] = source_images[train_row[mask]], source_labels[train_row[mask]]
    _check_reference(images, labels, "train", folder)
    test = _check_reference(np.ascontiguousarray(test_images[test_row]), test_labels[test_row], "test", folder)
    return {"train_images": images, "train_labels": labels, "test_images": test[0], "test_labels": test[1]}


def _check_reference(images, labels, part, path):
    for name, array in ((f"{part}_images", images), (f"{part}_labels", labels)):
        found = hashlib.sha256(np.ascontiguousarray(array)).hexdigest()
        if found != REFERENCE_SHA256[name]:
            raise idx.DataError(
                f"{path}: the array {name} is not the reference split: expected SHA-256 {REFERENCE_SHA256[name]}, "
                f"found {found}; {_remedy(path)}."
            )
    return images, labels


def _remedy(path):
    """What to do about files of EMNIST's that are not right: only those in the project's own cache may be deleted."""
    if path.is_relative_to(cache_dir()):
        return "delete it and run `make data` again"
    return "copy it again from where it came, or unset EMNIST_DIR and run `make data`"


def check_file(path, sha256):
    """Raise DataError unless a file has this SHA-256."""
    found = files.file_digest(path)
    if found != sha256:
        raise idx.DataError(f"{path} is damaged: expected SHA-256 {sha256}, found {found}; {_remedy(path)}.")
