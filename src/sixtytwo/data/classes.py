"""The classes of a reader's own data: their numbers, and their names in `classes.txt`."""

import codecs
import os
import unicodedata
from collections import Counter

import numpy as np

from sixtytwo.base import fonts
from sixtytwo.data import folders, idx

FILE = "classes.txt"


def names_file(folder):
    """The `classes.txt` of a folder, on top or beside the data below; None if there is none.

    Raises DataError if there are several that differ, or one that is no file.
    """
    path = folder / FILE
    if os.path.lexists(path) and not path.is_file():
        raise idx.DataError(
            f"{path} is no file: expected a text file with one class name a line; put it there, or take it away."
        )
    found = [path for path in folders.files_in(folder) if path.name.lower() == FILE]
    return folders.only(found) if found else None


def read_names(path) -> tuple[str, ...]:
    """The names in a `classes.txt`, one a line: UTF-8, or UTF-16 with its mark; empty lines do not count.

    Raises DataError for another encoding, for names that are there twice, and for those that figures cannot show.
    """
    lines = [unicodedata.normalize("NFC", line).strip() for line in _text(path).splitlines()]
    names = tuple(line for line in lines if line)
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise idx.DataError(f"{path} has the name {twice[0]!r} more than once: expected another for each class; rename them.")
    for name in names:
        if trouble := fonts.trouble_with(name):
            raise idx.DataError(f"{path}: figures cannot show the name {name!r}, {trouble}.")
    return names


def _text(path):
    try:
        content = path.read_bytes()
    except OSError as error:
        raise idx.DataError(f"{path} cannot be read ({error.strerror}); make it readable.") from error
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise idx.DataError(f"{path} is not in UTF-8 (line {line}): save it as UTF-8, one name a line.") from error


def numbered(train, test, names, where):
    """Number the classes from 0, whatever numbers the labels have, and name them.

    Parameters
    ----------
    train, test : uint8 array (n,)
        Labels of both parts.
    names : sequence of str or None
        A name for each number, from 0 or from 1; None names the classes by their numbers.
    where : Path
        Where the names come from, or the labels: for messages.

    Returns
    -------
    train, test : uint8 array (n,)
    names : tuple of str

    Raises
    ------
    DataError
        A label of the test part that the training part lacks, fewer than two classes, or other numbers than there are names.
    """
    present = np.unique(train)
    if lacking := sorted(set(test.tolist()) - set(present.tolist())):
        raise idx.DataError(
            f"{where}: the test part has the label {lacking[0]}, which no image of the training part has: expected the same "
            "classes in both; take those test images away, or add such training images."
        )
    if len(present) < 2:
        raise idx.DataError(f"{where}: all images of the training part have one label: expected two classes or more.")
    if names is not None and present.tolist() not in (list(range(len(names))), list(range(1, len(names) + 1))):
        raise idx.DataError(
            f"{where} names {len(names)} classes, but the training part has {_described(present)}: expected a name for each "
            "label from 0, or from 1, and images for each name."
        )
    train, test = (np.searchsorted(present, labels).astype(np.uint8) for labels in (train, test))
    return train, test, tuple(names or map(str, present))


def _described(numbers):
    whole = len(numbers) == numbers[-1] - numbers[0] + 1
    return f"the labels {numbers[0]} to {numbers[-1]}{'' if whole else f', {len(numbers)} of them'}"
