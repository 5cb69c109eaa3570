"""Files that are whole or not there, what identifies them, and who may write them."""

import contextlib
import errno
import hashlib
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

import filelock

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)  # some network disks (NFS, Lustre)


class Locked(RuntimeError):
    """Another process holds the lock."""


@contextlib.contextmanager
def lock(path, *, wait=True, message=None):
    """Hold a lock that is free again when its holder has ended, however that happened.

    Parameters
    ----------
    path : Path
        The lock file; it is made with its folder, and stays.
    wait : bool
        Whether to wait for another holder, once `message` was shown on standard error.
    message : str
        What the other holder is doing.

    Raises `Locked`, with the message, if another holds it and `wait` is False.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    held = filelock.FileLock(path)
    try:
        try:
            held.acquire(timeout=0)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            held = filelock.SoftFileLock(path.with_name(f"{path.name}.held"))  # a file that names its holder
            held.acquire(timeout=0)
    except filelock.Timeout as error:
        if not wait:
            raise Locked(message) from error
        if message:
            print(message, file=sys.stderr, flush=True)
        held.acquire()
    try:
        yield
    finally:
        held.release()


@contextlib.contextmanager
def replacing(path):
    """Open a temporary file beside `path` that takes its name only if the block succeeds."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(descriptor, "wb") as stream:
            yield stream
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def digest(value) -> str:
    """SHA-256 of a JSON-able value, independent of the order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def write_json(path, value, indent=1):
    """Write JSON under a temporary name, then rename it into place."""
    write_text(path, json.dumps(value, indent=indent, separators=(",", ":" if indent is None else ": ")) + "\n")


def write_text(path, text):
    """Write a text file under a temporary name, then rename it into place."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{platform.node()}-{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def file_digest(path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_digest(path) -> str:
    """SHA-256 of a text file, whether its lines end as on Linux or as on Windows."""
    return hashlib.sha256(Path(path).read_bytes().replace(b"\r\n", b"\n")).hexdigest()
