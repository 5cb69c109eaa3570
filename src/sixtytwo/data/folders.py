"""Find data files in the folders that people have: by what they hold and which part they are of, not by one spelling."""

import contextlib
import os
import re
from pathlib import Path

from sixtytwo.data import idx

PARTS, KINDS = ("train", "test"), ("images", "labels")

_WORDS = {"train": re.compile("train"), "test": re.compile("(?<![a-z])test|t10k")}  # "latest" says nothing
_DEPTH = 2  # folders below: raw/ of torchvision in its own folder, and one named like its file
_OWN = re.compile("emnist-(byclass|bymerge|balanced|letters|digits|mnist)-")


@contextlib.contextmanager
def readable():
    """Say in one sentence which file or folder may not be read: DataError. Also a decorator."""
    try:
        yield
    except PermissionError as error:
        raise idx.DataError(f"{error.filename} cannot be read ({error.strerror}); make it readable.") from error


def expanded(text) -> Path:
    """A path as people write it, with `~` and `$VARIABLES`; what exists under the very name is taken first."""
    path = Path(text)
    if path.exists():
        return path
    return Path(os.path.expanduser(os.path.expandvars(str(text).strip())))  # noqa: PTH111 (leaves an unknown user as it is)


def files_in(folder) -> list[Path]:
    """The files of a folder and of the folders in it, those on top first, each once; hidden ones are left out.

    Raises DataError if the folder cannot be listed.
    """
    folder, found = Path(folder), {}
    for place, folders, names in os.walk(folder, followlinks=True, onerror=lambda error: _require_listed(folder, error)):
        here = Path(place)
        deep = len(here.relative_to(folder).parts) >= _DEPTH
        folders[:] = [] if deep else sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for path in (here / name for name in sorted(names) if not name.startswith(".")):
            if path.is_file():
                found.setdefault(os.path.realpath(path), path)
    return sorted(found.values(), key=lambda path: (len(path.parts), path))


def _require_listed(folder, error):
    if Path(error.filename) == folder:  # one below that belongs to others is no matter
        raise idx.DataError(f"{folder} cannot be listed ({error.strerror}): expected a folder with data; make it readable.")


def listing(folder) -> str:
    """What is in a folder, in a few words."""
    if not folder.is_dir():
        return "a file" if folder.exists() else "no such folder"
    try:
        names = [path.name + _mark(path) for path in sorted(folder.iterdir())]
    except OSError as error:
        return f"a folder that cannot be listed ({error.strerror})"
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "") if names else "an empty folder"


def _mark(path):
    return "/" if path.is_dir() else "" if path.is_file() else " (a link to nothing)"


def named(folder, name) -> list[Path]:
    """The files of a folder that have an official name, with `.gz` or without."""
    wanted = name.removesuffix(".gz").lower()
    return [path for path in files_in(folder) if path.name.lower().removesuffix(".gz") == wanted]


def only(found) -> Path:
    """The one file, or the first of several that hold the same. Raises DataError if they differ."""
    first, *others = found
    for other in others:
        if idx.content_digest(other) != idx.content_digest(first):
            raise idx.DataError(f"{first} and {other} hold different things: expected one of them; take the other away.")
    return first


def idx_files(folder) -> dict[tuple[str, str], Path]:
    """The four files of a folder of a reader's, by part ("train", "test") and kind ("images", "labels").

    Raises DataError if one is missing, if several for one purpose differ, or if they are EMNIST's own, whose images lie on
    their side.
    """
    candidates = [(path, part) for path in files_in(folder) if (part := _part_of(path.relative_to(folder)))]
    if own := {found[1] for path, _ in candidates if (found := _OWN.match(path.name.lower()))}:
        ways = " or ".join(f"DATA={'emnist' if split == 'byclass' else f'official-{split}'}" for split in sorted(own))
        raise idx.DataError(
            f"{folder} holds EMNIST's own files, whose images lie on their side: set EMNIST_DIR={folder} and use {ways}."
        )
    kinds = [(path, part, idx.kind_of(path)) for path, part in candidates]
    return {(part, kind): _one(folder, part, kind, kinds) for part in PARTS for kind in KINDS}


def _one(folder, part, kind, files):
    """The file for a purpose: by its content, or if there is none, by its name, so that what is wrong with it is said."""
    found = [path for path, its_part, its_kind in files if (its_part, its_kind) == (part, kind)]
    found = found or [path for path, its_part, _ in files if its_part == part and _sounds_like(kind, path)][:1]
    if not found:
        example = f"{'train' if part == 'train' else 't10k'}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
        raise idx.DataError(
            f"{folder} has no file for the {kind} of the {part} part: expected four idx files like {example}, gzipped or not, "
            f"found {listing(folder)}; put it there."
        )
    return only(found)


def _sounds_like(kind, path):
    name = path.name.lower()
    return kind in name and ("ubyte" in name or "idx" in name)


def _part_of(relative):
    """The part that a file is of, by its name, or by the nearest folder that says it."""
    for word in reversed(relative.parts):
        said = [part for part in PARTS if _WORDS[part].search(word.lower())]
        if said:
            return said[0] if len(said) == 1 else None
    return None
