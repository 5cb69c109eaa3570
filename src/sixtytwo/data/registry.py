"""The data sets by name: EMNIST ByClass (the paper's), other labels and splits of EMNIST, any idx files, a synthetic stand-in.

| name | images |
|---|---|
| `emnist-byclass` | the reference split of the book, 62 classes |
| `emnist-bymerge` | the same images with the 47 labels of ByMerge |
| `official-byclass`, `-bymerge`, `-balanced`, `-letters`, `-digits`, `-mnist` | the official splits, files in EMNIST_DIR |
| a folder | idx files named like MNIST's (Fashion-MNIST, KMNIST); class names in `classes.txt`, one per line |
| `synthetic` | printed characters, for smoke runs |
| `auto` | `emnist-byclass` if it is on this machine, else `synthetic` |
"""

import os
import string
from pathlib import Path

import numpy as np

from sixtytwo.base import files
from sixtytwo.data import emnist, idx, synthetic

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


def resolve(dataset) -> str:
    """The data set that a name stands for on this machine. Raises ValueError for a name that stands for none."""
    if dataset == "auto":
        if emnist.find() is not None:
            return "emnist-byclass"
        print("EMNIST is not on this machine: using synthetic stand-in characters (`make data` downloads the real ones).")
        return "synthetic"
    if dataset in NAMED:
        return dataset
    if Path(dataset).is_dir():
        return str(Path(dataset).resolve())
    raise ValueError(
        f"unknown data set {dataset!r}: expected 'auto', 'emnist-byclass', 'emnist-bymerge', 'synthetic', one of "
        f"{', '.join(map(repr, OFFICIAL))}, or a folder with idx files."
    )


def load(dataset, part, n) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Load `n` images of the part "train" or "test": uint8 (n, 28, 28), upright, white on black; labels (n,); class names.

    Of the official splits and of idx files `n` rows are drawn with a fixed seed, all of them if there are fewer.

    Raises `idx.DataError` for files that are missing or damaged, and ValueError for an unknown name.
    """
    dataset = resolve(dataset)
    if dataset == "synthetic":
        return *synthetic.load(part, n), emnist.CLASS_NAMES
    if dataset == "emnist-byclass":
        return *emnist.load(part, n=n), emnist.CLASS_NAMES
    if dataset == "emnist-bymerge":
        images, labels = emnist.load(part, n=n)
        return images, *emnist.bymerge(labels)
    images, labels, names = _official(dataset, part) if dataset in OFFICIAL else _idx_files(Path(dataset), part)
    rows = np.random.default_rng(0).permutation(len(labels))[:n]
    return images[rows], labels[rows], names


def is_available(dataset) -> bool:
    """Whether the images of a resolved data set are on this machine."""
    if dataset.startswith("emnist-"):
        return emnist.find() is not None
    if dataset in OFFICIAL:
        return all(path.is_file() for part in ("train", "test") for path in _official_paths(dataset, part))
    return dataset == "synthetic" or Path(dataset).is_dir()


def digests(dataset) -> dict[str, str]:
    """SHA-256 of the files of a folder or of an official split, by name; nothing for the data sets whose content is fixed."""
    if dataset in OFFICIAL:
        paths = [path for part in ("train", "test") for path in _official_paths(dataset, part)]
        return {path.name: files.file_digest(path) for path in paths if path.is_file()}
    folder = Path(dataset)
    if dataset in NAMED or not folder.is_dir():
        return {}
    return {path.name: files.file_digest(path) for path in sorted((*folder.glob("*ubyte*"), *folder.glob("classes.txt")))}


def _official_paths(dataset, part):
    folder = Path(os.environ.get("EMNIST_DIR") or emnist.cache_dir())
    split = dataset.removeprefix("official-")
    return [folder / f"emnist-{split}-{part}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1")]


def _official(dataset, part):
    names, paths = OFFICIAL[dataset], _official_paths(dataset, part)
    for path in paths:
        if not path.is_file():
            raise idx.DataError(f"{path} is missing: take it from the folder gzip/ of EMNIST's zip and put it there.")
    first = 1 if dataset == "official-letters" else 0  # the letters are numbered from one
    images, labels = idx.read_pair(*paths, n_classes=len(names) + first)
    return images, labels - np.uint8(first), names


def _idx_files(folder, part):
    images_path, labels_path = (_one(folder, part, kind) for kind in ("images", "labels"))
    listed = folder / "classes.txt"
    names = (
        tuple(name for line in listed.read_text(encoding="utf-8").splitlines() if (name := line.strip()))
        if listed.exists()
        else None
    )
    n_classes = len(names) if names else 256
    images, labels = idx.read_pair(images_path, labels_path, transposed=False, n_classes=n_classes)
    if names is None:
        train_labels = labels if part == "train" else idx.read_idx(_one(folder, "train", "labels"), n_classes=256)
        names = tuple(map(str, range(int(train_labels.max()) + 1)))
    return images, labels, names


def _one(folder, part, kind):
    words = ("train",) if part == "train" else ("t10k", "test")
    found = [path for path in sorted(folder.glob(f"*{kind}*ubyte*")) if any(word in path.name for word in words)]
    if len(found) != 1:
        raise idx.DataError(
            f"{folder} has {len(found)} files for the {kind} of the {part} part: expected one like "
            f"{words[0]}-{kind}-idx{3 if kind == 'images' else 1}-ubyte.gz."
        )
    return found[0]
