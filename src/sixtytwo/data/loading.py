"""The images as all chapters use them: a training and a validation part, and the test images.

What an experiment changes about them is a method of `Data`, noted in its `recipe`, so that the images of a stored training can
be made again from its entry alone (`rebuild`).
"""

import dataclasses
import functools
import hashlib
from pathlib import Path

import numpy as np

from sixtytwo.data import emnist, idx, registry

FEWEST = 100  # training images: of fewer, a tenth says nothing, and not every step of the book is defined


@dataclasses.dataclass(frozen=True, eq=False)
class Data:
    """Training and validation part of a data set: uint8 images (n, 28, 28) and integer labels (n,)."""

    name: str
    dataset: str
    class_names: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    recipe: tuple | None = None  # how they were made: (["load_train", dataset, n_train], [method, *arguments], …)

    @property
    def is_reference(self) -> bool:
        """Whether these are the paper's data; nothing else may be compared with its numbers."""
        return self.dataset == "emnist-byclass"

    def first(self, n) -> "Data":
        """The same with only the first `n` training images; the same object each time, so that it travels once."""
        if n >= len(self.x_train):
            return self
        if n not in self._parts:
            self._parts[n] = self._made("first", n, x_train=self.x_train[:n], y_train=self.y_train[:n])
        return self._parts[n]

    @functools.cached_property
    def _parts(self):
        return {}

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "_parts"}  # a part travels alone

    def transposed(self) -> "Data":
        """The same with every image mirrored at its diagonal."""
        return self._seen("transposed", view=lambda x: np.ascontiguousarray(x.transpose(0, 2, 1)))

    def shuffled(self, seed=0) -> "Data":
        """The same with the pixels of every image in one other order, drawn by `seed`."""
        order = np.random.default_rng(seed).permutation(784)
        return self._seen("shuffled", seed, view=lambda x: x.reshape(len(x), 784)[:, order].reshape(x.shape))

    def merged(self, groups) -> "Data":
        """The same with the classes put together: class i becomes `groups[i]`."""
        group = np.asarray(groups, np.uint8)
        names = tuple("".join(np.array(self.class_names)[group == i]) for i in range(group.max() + 1))
        labels = {"y_train": group[self.y_train], "y_validation": group[self.y_validation]}
        return self._made("merged", group.tolist(), class_names=names, **labels)

    def balanced(self, seed) -> "Data":
        """As many training images, drawn with replacement so that all classes are equally likely."""
        chance = 1 / np.bincount(self.y_train)[self.y_train]
        n = len(self.y_train)
        rows = np.random.default_rng(seed).choice(n, n, p=chance / chance.sum())
        return self._made("balanced", seed, x_train=self.x_train[rows], y_train=self.y_train[rows])

    def without_part(self, part, parts) -> "Data":
        """The same without the training images whose number is `part` modulo `parts`."""
        kept = np.arange(len(self.y_train)) % parts != part
        return self._made("without_part", part, parts, x_train=self.x_train[kept], y_train=self.y_train[kept])

    def other_tenth(self, tenth) -> "Data":
        """The same images, of which another tenth is for validation: number `tenth`, where 0 is the one that they have."""
        images, labels = (np.concatenate([self.__dict__[f"{x}_validation"], self.__dict__[f"{x}_train"]]) for x in "xy")
        held_out = np.arange(len(labels)) // len(self.y_validation) == tenth
        parts = {"x_train": images[~held_out], "y_train": labels[~held_out]}
        return self._made("other_tenth", tenth, **parts, x_validation=images[held_out], y_validation=labels[held_out])

    def _seen(self, name, *arguments, view):
        return self._made(name, *arguments, x_train=view(self.x_train), x_validation=view(self.x_validation))

    def _made(self, name, *arguments, **changes):
        recipe = self.recipe and (*self.recipe, [name, *arguments])
        return dataclasses.replace(self, recipe=recipe, **changes)

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
        Unknown data set. `idx.DataError`: data asked for that are not here or damaged, or fewer than `FEWEST` images.
    """
    dataset = registry.resolve(dataset)
    images, labels, class_names = registry.load(dataset, "train", n_train)
    if len(images) < FEWEST:
        raise idx.DataError(
            f"{dataset}: {len(images)} training images (n_train={n_train}), of which a tenth is for validation: expected at least "
            f"{FEWEST}; add images, or raise n_train."
        )
    n_validation = len(images) // 10
    return Data(
        name=_name(dataset),
        dataset=dataset,
        class_names=class_names,
        x_train=images[n_validation:],
        y_train=labels[n_validation:],
        x_validation=images[:n_validation],
        y_validation=labels[:n_validation],
        recipe=(["load_train", dataset, n_train],),
    )


def _name(dataset):
    """What a resolved data set is called; a folder never like one of the book's own."""
    name = Path(dataset).name
    if dataset == "emnist-byclass":
        return emnist.REFERENCE_NAME
    return f"folder {name}" if name != dataset and name in (emnist.REFERENCE_NAME, *registry.NAMED) else name


def rebuild(recipe) -> Data:
    """The images of a recipe (`Data.recipe`), made again. Raises what `load_train` raises."""
    (_, dataset, n_train), *changes = recipe
    data = load_train(dataset, n_train)
    for name, *arguments in changes:
        data = getattr(data, name)(*arguments)
    return data


def load_test(dataset="auto", n_test=20_000):
    """Load the first `n_test` test images, uint8 (n, 28, 28), and labels (n,). Only the evaluation chapter does this."""
    return registry.load(dataset, "test", n_test)[:2]


def _array_digest(array):
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()
