"""The images as all chapters use them: a training and a validation part, and the test images."""

import dataclasses
import functools
import hashlib
from pathlib import Path

import numpy as np

from sixtytwo.data import emnist, registry


@dataclasses.dataclass(frozen=True)
class Data:
    """Training and validation part of a data set: uint8 images (n, 28, 28) and integer labels (n,)."""

    name: str
    dataset: str
    class_names: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray

    @property
    def is_reference(self) -> bool:
        """Whether these are the paper's data; nothing else may be compared with its numbers."""
        return self.dataset == "emnist-byclass"

    def first(self, n) -> "Data":
        """The same with only the first `n` training images."""
        return dataclasses.replace(self, x_train=self.x_train[:n], y_train=self.y_train[:n])

    def digest(self) -> dict[str, str]:
        """SHA-256 of each array, as it is used."""
        return self._digest

    @functools.cached_property
    def _digest(self):
        return {name: _array_digest(getattr(self, name)) for name in ("x_train", "y_train", "x_validation", "y_validation")}


def load_train(dataset="auto", n_train=100_000) -> Data:
    """Load `n_train` training images; the first tenth of them is the validation part (paper, section 2.3).

    Parameters
    ----------
    dataset : str
        A name that `registry` knows, or a folder. "auto" is EMNIST if it is on this machine, else a stand-in, and says so.
    n_train : int
        Images in all: 100,000 give 90,000 for training and 10,000 for validation.

    Raises
    ------
    ValueError
        Unknown data set. `idx.DataError`: data asked for that are not here or damaged.
    """
    dataset = registry.resolve(dataset)
    images, labels, class_names = registry.load(dataset, "train", n_train)
    n_validation = len(images) // 10
    return Data(
        name=emnist.REFERENCE_NAME if dataset == "emnist-byclass" else Path(dataset).name,
        dataset=dataset,
        class_names=class_names,
        x_train=images[n_validation:],
        y_train=labels[n_validation:],
        x_validation=images[:n_validation],
        y_validation=labels[:n_validation],
    )


def load_test(dataset="auto", n_test=20_000):
    """Load the first `n_test` test images, uint8 (n, 28, 28), and labels (n,). Only the evaluation chapter does this."""
    return registry.load(dataset, "test", n_test)[:2]


def _array_digest(array):
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()
