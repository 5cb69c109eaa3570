"""Download EMNIST, check it and unpack what is needed (`make data`)."""

import shutil
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pooch
import requests

from sixtytwo.base import files
from sixtytwo.data import emnist, idx, transfer

SOURCES = (
    "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
    # The address until 2024. It answers with a web page today; it stays as a second chance, behind the hash check.
    "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip",
)
_ZIP, _UNPACKED = ".emnist.zip", ".unpacked"  # what is there while a download lasts


def download(folder=None, *, sources=SOURCES, archive=emnist.OFFICIAL) -> Path:
    """Download the official zip, check it, extract the ByClass members; return the folder that holds them.

    The sources are tried in order. Nothing appears under its final name before its size and SHA-256 are right.
    Sources that cannot be connected to cost at most 10 seconds together. A transfer that broke off goes on where it
    stopped, now or the next time, if the server sends parts of files. A second process waits for the first.

    Raises
    ------
    DataError
        The folder cannot be written or is full, no source gave the right file, or the zip lacks a member.
    """
    folder = Path(folder) if folder else emnist.cache_dir()
    _require_writable(folder)
    with files.lock(folder / ".lock", message=f"Another process is downloading EMNIST to {folder}: waiting for it."):
        if emnist.has_official(folder):  # another process was faster
            return folder
        try:
            _try(sources, folder, archive)
        except OSError as error:
            raise idx.DataError(
                f"EMNIST could not be stored in {folder} ({error.strerror}): {archive.size // 500_000:,} MB must be free; "
                "what was downloaded is kept, and `make data` goes on from there."
            ) from error
    return folder


def _try(sources, folder, archive):
    problems = []
    deadline = time.monotonic() + 9
    for url in sources:
        try:
            sends_parts = transfer.require_answer(url, min(5, deadline - time.monotonic()))
            return _fetch(url, folder, archive, sends_parts)
        except (idx.DataError, ValueError, requests.RequestException) as error:
            problems.append(f"{url}: {idx.first_line(error)}")
            print(f"EMNIST source failed: {problems[-1]}", file=sys.stderr)
            if not isinstance(error, transfer.NoAnswer):
                deadline = time.monotonic() + 5  # somebody answered: give the next one its time
    raise idx.DataError(
        "EMNIST could not be downloaded. " + " | ".join(problems) + " | Try again later, or put the official zip's "
        "emnist-byclass-*-ubyte.gz files into a folder and set EMNIST_DIR to it."
    )


def _fetch(url, folder, archive, sends_parts):
    """Download the zip from one source and move its members, checked, into the folder."""
    pooch.get_logger().setLevel("WARNING")
    shutil.rmtree(folder / _UNPACKED, ignore_errors=True)  # of a process that was killed: pooch would trust it
    unpacked = pooch.Unzip(members=[f"gzip/{name}" for name in archive.members], extract_dir=_UNPACKED)
    get = transfer.Resumed(folder / f"{_ZIP}.part", archive.size, sends_parts)
    try:
        pooch.retrieve(url, f"sha256:{archive.sha256}", fname=_ZIP, path=folder, downloader=get, processor=unpacked)
        for name, sha256 in archive.members.items():
            member = folder / _UNPACKED / "gzip" / name
            if not member.is_file():
                raise idx.DataError(f"the zip from {url} is not EMNIST's: it has no gzip/{name}")
            emnist.check_file(member, sha256)
            member.replace(folder / name)
        (folder / _ZIP).unlink()
    except (idx.DataError, zipfile.BadZipFile) as error:
        (folder / _ZIP).unlink(missing_ok=True)
        raise idx.DataError(idx.first_line(error)) from error
    finally:
        shutil.rmtree(folder / _UNPACKED, ignore_errors=True)


def _require_writable(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise idx.DataError(
            f"the cache folder {folder} cannot be written ({error.strerror}); set XDG_CACHE_HOME to a folder that can, "
            "or EMNIST_DIR to a folder that holds the data."
        ) from error


def main() -> None:
    """Make sure that EMNIST is on this machine, read it whole and say where it is. Raises DataError."""
    folder = emnist.find() or download()
    for part in ("train", "test"):
        images, labels = emnist.load(part, folder=folder)
        n, height, width = images.shape
        print(f"{part}: {n:,} images of {height}x{width}, {len(set(labels.tolist()))} classes, verified")
    print(f"EMNIST ByClass is in {folder}")
