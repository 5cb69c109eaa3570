"""Where things are: the checkout of the book around this package, or the working directory without one."""

from pathlib import Path


def _root():
    """The nearest folder with a book in it: around the working directory, else around this file; else where we are."""
    here = Path.cwd()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents):
        if (folder / "_toc.yml").exists() and (folder / "notebooks").is_dir():
            return folder
    return here


ROOT = _root()
REFERENCE = ROOT / "book" / "reference"  # the published run
PUBLISHED = REFERENCE / "store"  # its finished steps
UNFINISHED = ROOT / "book" / "unfinished"  # those of the published run to come
LOCAL = ROOT / "_build" / "store"  # those of all other runs


def run(profile) -> Path:
    """The folder of the run of a profile."""
    return ROOT / "_build" / profile


def shown(path) -> Path:
    """A path as messages name it: from the root of the checkout, if it lies in there."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
