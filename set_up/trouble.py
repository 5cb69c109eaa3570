"""What can go wrong, in one sentence."""

from places import ROOT

FULL = ("No space left", "os error 28", "Errno 28", "ENOSPC", "Disk quota exceeded", "not enough space on the disk")


class Trouble(Exception):
    """Why there is no environment, and what to do, in one sentence."""


def is_full(said):
    """Whether an error says that a disk is full."""
    return any(text in said for text in (*FULL, no_room()))


def no_room():
    """The sentence on a full disk."""
    return f"no space left on the disk for .venv in {ROOT} or for the packages: make room for 4 GB, then run it again."
