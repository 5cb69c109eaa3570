"""The data sets by name: EMNIST ByClass (the paper's), other labels and splits of EMNIST, any idx files, a synthetic stand-in.

| name | images |
|---|---|
| `emnist-byclass` | the reference split of the book, 62 classes |
| `emnist-bymerge` | the same images with the 47 labels of ByMerge |
| `official-byclass`, `-bymerge`, `-balanced`, `-letters`, `-digits`, `-mnist` | the official splits, files in EMNIST_DIR |
| a folder | the four idx files of a data set like MNIST (Fashion-MNIST, KMNIST); class names in `classes.txt`, one per line |
| `synthetic` | printed characters, for smoke runs |
| `auto` | `emnist-byclass` if it is on this machine, else `synthetic` |
"""

import contextlib
import string
from pathlib import Path

import numpy as np

from sixtytwo.base import files
from sixtytwo.data import classes, emnist, folders, idx, pictures, synthetic

_MERGED = emnist.bymerge(np.arange(emnist.N_CLASSES))[1]

OFFICIAL = {
    "official-byclass": emnist.CLASS_NAMES,
    "official-bymerge": _MERGED,
    "official-balanced": _MERGED,
    "official-letters": tuple(string.ascii_uppercase),
    "official-digits": tuple(string.digits),
    "official-mnist": tuple(string.digits),
}

NAMED = ("emnist-byclass", "emnist-bymerge", "synthetic", *OFFICIAL)


@folders.readable()
def resolve(dataset) -> str:
    """The data set that a name stands for on this machine. Raises ValueError for a name that stands for none."""
    if dataset == "auto":
        if emnist.find() is not None:
            return "emnist-byclass"
        print("EMNIST is not on this machine: using synthetic stand-in characters (`make data` downloads the real ones).")
        return "synthetic"
    if dataset in (*NAMED, "emnist"):
        return "emnist-byclass" if dataset == "emnist" else dataset
    folder = folders.expanded(dataset)
    if str(dataset).strip() and folder.is_dir():
        return str(folder.resolve())
    raise ValueError(
        f"{'no data set, but a file:' if folder.is_file() else 'unknown data set'} {dataset!r}: expected 'auto', "
        f"'emnist-byclass', 'emnist-bymerge', 'synthetic', one of {', '.join(map(repr, OFFICIAL))}, or a folder with idx files."
    )


@folders.readable()
def load(dataset, part, n) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Load `n` images of the part "train" or "test": uint8 (n, 28, 28), upright, white on black; labels (n,); class names.

    Of the official splits and of idx files `n` rows are drawn with a fixed seed, all of them if there are fewer; every class
    is among them if there is room. Both parts of these are read and checked whichever is asked for, so that nothing is
    trained on data that cannot be judged.

    Raises `idx.DataError` for files that are missing, damaged or hold something else, and ValueError for an unknown name.
    """
    dataset = resolve(dataset)
    if dataset == "synthetic":
        return *synthetic.load(part, n), emnist.CLASS_NAMES
    if dataset == "emnist-byclass":
        return *emnist.load(part, n=n), emnist.CLASS_NAMES
    if dataset == "emnist-bymerge":
        images, labels = emnist.load(part, n=n)
        return images, *emnist.bymerge(labels)
    parts, names = _official(dataset) if dataset in OFFICIAL else _folder(Path(dataset))
    images, labels = parts[part]
    rows = _drawn(labels, n)
    return images[rows], labels[rows], names


def _drawn(labels, n):
    """Numbers of `n` rows in a random order that is always the same; the first of each class comes in if it can."""
    order = np.random.default_rng(0).permutation(len(labels))
    first = np.unique(labels[order], return_index=True)[1]
    place = np.arange(len(order))
    if len(first) <= n:
        place[first] = -1
    return order[np.sort(np.argsort(place, kind="stable")[:n])]


def is_available(dataset) -> bool:
    """Whether the images of a resolved data set are on this machine."""
    if dataset.startswith("emnist-"):
        return emnist.find() is not None
    if dataset in OFFICIAL:
        return all(_official_files(dataset).values())
    return dataset == "synthetic" or Path(dataset).is_dir()


def digests(dataset) -> dict[str, str]:
    """SHA-256 of the files of a folder or of an official split, by name; nothing for the data sets whose content is fixed."""
    if dataset in OFFICIAL:
        return {paths[0].name: files.file_digest(paths[0]) for paths in _official_files(dataset).values() if paths}
    folder, used = Path(dataset), []
    if dataset in NAMED or not folder.is_dir():
        return {}
    with contextlib.suppress(idx.DataError):  # of what cannot be loaded there are none
        used = [*folders.idx_files(folder).values(), *filter(None, [classes.names_file(folder)])]
    return {path.relative_to(folder).as_posix(): files.file_digest(path) for path in used}


def _official_files(dataset):
    """The files of an official split, gzipped or not, by part and kind; a list for each."""
    folder, split = emnist.folder(), dataset.removeprefix("official-")
    if not folder.is_dir():
        return {(part, kind): [] for part in folders.PARTS for kind in folders.KINDS}
    kinds = zip(folders.KINDS, ("images-idx3", "labels-idx1"), strict=True)
    wanted = {(part, kind): f"emnist-{split}-{part}-{name}-ubyte.gz" for kind, name in kinds for part in folders.PARTS}
    return {purpose: folders.named(folder, name) for purpose, name in wanted.items()}


def _official(dataset):
    found, split = _official_files(dataset), dataset.removeprefix("official-")
    for part, kind in (purpose for purpose, paths in found.items() if not paths):
        raise idx.DataError(
            f"the {kind} of the {part} part of {dataset} are missing: expected emnist-{split}-{part}-{kind}-"
            f"idx{3 if kind == 'images' else 1}-ubyte.gz in {emnist.folder()}; take it from the folder gzip/ of EMNIST's zip."
        )
    return _both_parts({purpose: folders.only(paths) for purpose, paths in found.items()}, OFFICIAL[dataset], transposed=True)


def _folder(folder):
    found, listed = folders.idx_files(folder), classes.names_file(folder)
    names = None if listed is None else classes.read_names(listed)
    parts, names = _both_parts(found, names, transposed=False, where=listed)
    for part, (images, labels) in parts.items():
        pictures.require_something(images, found[part, "images"])
        pictures.require_usual(images, labels, names, found[part, "images"])
    pictures.require_apart(parts["train"][0], parts["test"][0], found["test", "images"])
    return parts, names


def _both_parts(found, names, *, transposed, where=None):
    """Images and labels by part, numbered from 0, and the names of the classes."""
    pairs = [idx.read_pair(found[p, "images"], found[p, "labels"], transposed=transposed) for p in folders.PARTS]
    for part, (images, _) in zip(folders.PARTS, pairs, strict=True):
        if not len(images):
            raise idx.DataError(f"{found[part, 'images']} holds no images: expected some; put a file with images there.")
    *labels, names = classes.numbered(*(labels for _, labels in pairs), names, where or found["train", "labels"])
    return {p: (images, y) for p, (images, _), y in zip(folders.PARTS, pairs, labels, strict=True)}, names
