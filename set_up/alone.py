"""One set-up at a time: the lock of .venv."""

import contextlib
import os
import platform
import sys
import time

from places import LOCK

if os.name == "nt":
    import msvcrt
else:
    import fcntl


@contextlib.contextmanager
def alone():
    """Wait for another set-up that is under way, and hold its lock; gives the lock's descriptor."""
    with open(LOCK, "a+b") as stream:
        give_back, told = _take(stream), False
        while give_back is None:
            if not told:
                print("Another set-up of .venv is under way: waiting for it.", file=sys.stderr, flush=True)
            told = True
            time.sleep(0.5)
            give_back = _take(stream)
        try:
            yield stream.fileno()
        finally:
            give_back()


def _take(stream):
    """Take the lock, which is free when its holder has ended; returns what gives it back, None if another has it."""
    if os.name == "nt":
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return None
        return lambda: None  # it ends with the file
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except OSError:  # a network disk without such locks
        return _take_softly()
    return lambda: None


def _take_softly():
    """Take the lock as a file that names its holder."""
    owner = LOCK.with_suffix(".owner")
    try:
        with open(owner, "x", encoding="utf-8") as stream:
            stream.write(f"{os.getpid()} {platform.node()}")
    except FileExistsError:
        if not _is_stale(owner):
            return None
        owner.unlink()
        return _take_softly()
    return owner.unlink


def _is_stale(owner):
    """Whether the holder whom a file names was a process of this machine that has ended."""
    try:
        process, node = owner.read_text(encoding="utf-8").split(" ", 1)
        if node == platform.node():
            os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):  # it is being written or removed, or another user's
        return False
    return False
