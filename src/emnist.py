"""EMNIST ByClass: find it, download it, verify it, choose rows. No TensorFlow here.

Source: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, "EMNIST: Extending MNIST to handwritten letters", IJCNN 2017,
doi 10.1109/IJCNN.2017.7966217. Official files: https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip

Run as a program (`make data`) it makes sure that the data are here and says where.
"""

import contextlib
import fcntl
import gzip
import hashlib
import os
import string
import struct
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pooch
import requests

CLASS_NAMES = tuple(string.digits + string.ascii_uppercase + string.ascii_lowercase)
N_CLASSES = len(CLASS_NAMES)
IMAGE_SHAPE = (28, 28)
CASE_PAIRS = tuple(letter + letter.lower() for letter in "CIJKLMOPSUVWXYZ")  # what the official ByMerge split merges
# Groups that only size, place or context could tell apart: a choice of this book.
LOOK_ALIKES = ("0Oo", "1IilL", "2Zz", "5Ss", "9gq", *(pair for pair in CASE_PAIRS if pair[0] not in "OILZS"))

# The reference split: rows of the official files, by number (see `_rebuild`). Built and loaded arrays must hash to this.
REFERENCE_NAME = "emnist-byclass-120k"
REFERENCE_SHA256 = {
    "train_images": "dbc405ef810997a7bc7bd9ab36468230bd398f3618f06e0bdffd9b35e838fd9a",
    "train_labels": "a2f9da793fd6d9e7e13416b5f97d2335e99fdeda587ab7d510592d0b195b4400",
    "test_images": "807c7f7d6f8c72b0e13ba95b8885ef92becce97826f070330c070bce689e160e",
    "test_labels": "f7a5714675f4ba9815bbad9976802edf285a6b1f063d804cc47d4211fe9c11d2",
}
_INDEX_FILE = Path(__file__).with_name("emnist_reference_rows.npz")
_REFERENCE_FILE = f"{REFERENCE_NAME}.npz"

SOURCES = (
    "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
    # The address until 2024. It answers with a web page today; it stays as a second chance, behind the hash check.
    "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip",
)
# One server is reported to refuse Python's default User-Agent with status 403.
_HEADERS = {"User-Agent": "sixty-two-characters/1.0 (research; EMNIST loader)"}


@dataclass(frozen=True)
class Archive:
    """What a download must be: its size in bytes, its SHA-256, and the members to extract with theirs."""

    size: int
    sha256: str
    members: dict[str, str]


OFFICIAL = Archive(
    size=561_753_746,
    sha256="fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    members={
        "emnist-byclass-train-images-idx3-ubyte.gz": "9e21987f03a6eb8b870187e785883ddad96947299587908f1a7ec2ca0f4be5f0",
        "emnist-byclass-train-labels-idx1-ubyte.gz": "f7ef403d48dc18a89dae0d83d11ee69cecb6e1c12c3a961d03712e495c02a8fa",
        "emnist-byclass-test-images-idx3-ubyte.gz": "5ec835bd5d5b1a66378a132e727fef20fe994b3cc666899befcca5ac766f50cd",
        "emnist-byclass-test-labels-idx1-ubyte.gz": "501e305eeeacb093b162592d80e8a2632040872360fa6d85cfcb2200d91ca92a",
    },
)


_DEFLATE = 1032  # a deflated byte never stands for more


class EmnistError(RuntimeError):
    """The data cannot be had or trusted. The message names the file or address, what was expected and what to do."""


# --- finding -----------------------------------------------------------------------------------------------------


def cache_dir() -> Path:
    """The user's cache folder for EMNIST (follows XDG_CACHE_HOME on Linux)."""
    return Path(pooch.os_cache("emnist"))


def find() -> Path | None:
    """Return the folder with EMNIST ByClass: `EMNIST_DIR` if set, else the cache folder if it has the data, else None.

    Raises
    ------
    EmnistError
        `EMNIST_DIR` is set but holds neither form of the data. There is no silent fallback.
    """
    if folder := os.environ.get("EMNIST_DIR"):
        if _has_reference(Path(folder)) or _has_official(Path(folder)):
            return Path(folder)
        raise EmnistError(
            f"EMNIST_DIR={folder} holds no EMNIST ByClass: expected {_REFERENCE_FILE} or the four files "
            f"emnist-byclass-*-ubyte.gz, found {_listing(Path(folder))}; correct EMNIST_DIR, or unset it and run `make data`."
        )
    folder = cache_dir()
    return folder if _has_reference(folder) or _has_official(folder) else None


def _has_reference(folder):
    return (folder / _REFERENCE_FILE).is_file()


def _has_official(folder):
    return all((folder / name).is_file() for name in OFFICIAL.members)


def _listing(folder):
    if not folder.is_dir():
        return "no such folder"
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "") if names else "an empty folder"


# --- loading -----------------------------------------------------------------------------------------------------


def load(part, *, split="reference", n=None, seed=0, folder=None):
    """Load upright images and labels of EMNIST ByClass, verified by hash.

    Parameters
    ----------
    part : {"train", "test"}
    split : {"reference", "official"}
        "reference" is the book's fixed 100,000 / 20,000 images, already shuffled: `n` takes the first rows.
        "official" draws `n` rows uniformly, without replacement and by `seed`, from the official file of that part
        (697,932 / 116,323 images); None takes all of them in file order.
    n : int or None
        Number of images; None for all.
    folder : path or None
        Where the files are; None for `find()`.

    Returns
    -------
    images : uint8 array (n, 28, 28), upright, white ink (255) on black (0)
    labels : uint8 array (n,), 0..61 in the order of `CLASS_NAMES`

    Raises
    ------
    EmnistError
        No data, files that are damaged or not EMNIST, or more rows asked for than there are.
    """
    if part not in ("train", "test") or split not in ("reference", "official"):
        raise EmnistError(f"no part {part!r} of split {split!r}: expected 'train' or 'test' of 'reference' or 'official'.")
    folder = Path(folder) if folder else find()
    if folder is None:
        raise EmnistError(f"EMNIST is neither in EMNIST_DIR (not set) nor in {cache_dir()}; run `make data` to download it.")
    if split == "official":
        images, labels = _read_official(folder, part)
    elif _has_reference(folder):
        images, labels = _read_reference(folder / _REFERENCE_FILE, part)
    else:
        images, labels = _rebuild(folder, part)
    if n is None:
        return images, labels
    if not 0 < n <= len(labels):
        raise EmnistError(f"asked for {n:,} {part} images, but the {split} split has 1 to {len(labels):,}.")
    if split == "reference":
        return images[:n], labels[:n]
    rows = np.random.default_rng(seed).choice(len(labels), size=n, replace=False)
    return images[rows], labels[rows]


def official_counts(part):
    """Images per class in the whole official train or test file: int64 array (62,)."""
    with np.load(_INDEX_FILE, allow_pickle=False) as index:
        return index[f"official_{part}_counts"]


def bymerge(labels):
    """Turn ByClass labels into the 47 ByMerge labels: 15 letters whose cases look alike become one class.

    Returns the new labels (uint8, same shape) and their names. Source: EMNIST paper, section II; the official
    ByMerge *split* is another partition of the images, so scores are not comparable to published ByMerge ones.
    """
    merged = [name.upper() if name.upper() in "CIJKLMOPSUVWXYZ" else name for name in CLASS_NAMES]
    names = tuple(dict.fromkeys(merged))
    lookup = np.array([names.index(name) for name in merged], dtype=np.uint8)
    return lookup[labels], names


def read_idx(path, *, n_classes=N_CLASSES):
    """Read one idx file, gzipped or not: uint8 array (n, 28, 28) of raw images or (n,) of labels.

    Raises EmnistError for anything that is not such a file; never allocates more than the file can hold.
    """
    path = Path(path)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as stream:
            return _parse_idx(stream, path, n_classes)
    except (OSError, EOFError, zlib.error) as error:
        raise EmnistError(f"{path} cannot be read as an idx file ({error}); delete it and run `make data` again.") from error


def _parse_idx(stream, path, n_classes):
    remedy = "delete it and run `make data` again"
    head = stream.read(8)
    if len(head) < 8 or head[:3] != b"\0\0\x08" or head[3] not in (1, 3):
        raise EmnistError(
            f"{path} is not an idx file: expected magic 00000803 (images) or 00000801 (labels), "
            f"found {head[:4].hex() or 'nothing'}; {remedy}."
        )
    shape = struct.unpack(">I", head[4:])
    if head[3] == 3:
        sides = stream.read(8)
        if sides != struct.pack(">II", *IMAGE_SHAPE):
            raise EmnistError(f"{path} holds no 28x28 images: its header says {sides.hex()}; {remedy}.")
        shape += IMAGE_SHAPE
    size = int(np.prod(shape, dtype=object))
    if size > _DEFLATE * path.stat().st_size:  # do not allocate what a header merely claims
        raise EmnistError(f"{path} claims {shape[0]:,} items, more than a file of its size can hold; {remedy}.")
    array = np.empty(size, dtype=np.uint8)
    view, done = memoryview(array), 0
    while done < size and (count := stream.readinto(view[done:])):
        done += count
    if done < size or stream.read(1):
        found = "more" if done == size else f"only {done:,}"
        raise EmnistError(f"{path} should hold {size:,} bytes after its header by its own count, found {found}; {remedy}.")
    if len(shape) == 1 and size and array.max() >= n_classes:
        raise EmnistError(f"{path} holds the label {array.max()}: expected 0 to {n_classes - 1}; {remedy}.")
    return array.reshape(shape)


def read_pair(images_path, labels_path, *, transposed=True, **kwargs):
    """Read an images and a labels file that belong together; images that are stored transposed come back upright."""
    images, labels = read_idx(images_path), read_idx(labels_path, **kwargs)
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise EmnistError(
            f"{images_path} and {labels_path} do not belong together: {images.shape} images, {labels.shape} labels; "
            "name the images file and the labels file of the same part."
        )
    return images.transpose(0, 2, 1) if transposed else images, labels


def _read_official(folder, part):
    paths = [folder / f"emnist-byclass-{part}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1")]
    for path in paths:
        if not path.is_file():
            raise EmnistError(
                f"{path} is missing: the official split needs the official files; run `make data`, or put them there."
            )
        _check_file(path, OFFICIAL.members[path.name])
    return read_pair(*paths)


def _read_reference(path, part):
    try:
        with zipfile.ZipFile(path) as zipped, np.load(path, allow_pickle=False) as arrays:
            for name in (f"{part}_images", f"{part}_labels"):
                _check_size_of_array(zipped, f"{name}.npy", path.stat().st_size)
            images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
    except Exception as error:  # numpy and zipfile raise a dozen kinds for malformed files
        raise EmnistError(f"{path} cannot be read ({_first_line(error)}); delete it and run `make data` again.") from error
    return _check_reference(images, labels, part, path)


def _check_size_of_array(zipped, name, most):
    """Refuse an array that claims more than the file can hold, before numpy allocates it."""
    with zipped.open(name) as stream:
        version = np.lib.format.read_magic(stream)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, _, dtype = read_header(stream)
    if dtype != np.uint8 or int(np.prod(shape, dtype=object)) > _DEFLATE * most:
        raise ValueError(f"{name} claims {shape} values of type {dtype}, more than a file of its size can hold")


def _rebuild(folder, part):
    """Build the reference split from the official files; in the cache folder, keep it for the next time."""
    built = _rebuild_arrays(folder)
    if folder == cache_dir():
        with contextlib.suppress(OSError), _replacing(folder / _REFERENCE_FILE) as stream:  # a convenience only
            np.savez(stream, **built)
    return built[f"{part}_images"], built[f"{part}_labels"]


def _rebuild_arrays(folder):
    test_images, test_labels = _read_official(folder, "test")
    train_images, train_labels = _read_official(folder, "train")
    with np.load(_INDEX_FILE, allow_pickle=False) as index:
        train_row, from_test, test_row = index["train_row"], index["train_official_test"], index["test_row"]
    images = np.empty((len(train_row), *IMAGE_SHAPE), dtype=np.uint8)
    labels = np.empty(len(train_row), dtype=np.uint8)
    for mask, source_images, source_labels in ((from_test, test_images, test_labels), (~from_test, train_images, train_labels)):
        images[mask], labels[mask] = source_images[train_row[mask]], source_labels[train_row[mask]]
    _check_reference(images, labels, "train", folder)
    test = _check_reference(np.ascontiguousarray(test_images[test_row]), test_labels[test_row], "test", folder)
    return {"train_images": images, "train_labels": labels, "test_images": test[0], "test_labels": test[1]}


def _check_reference(images, labels, part, path):
    for name, array in ((f"{part}_images", images), (f"{part}_labels", labels)):
        found = hashlib.sha256(np.ascontiguousarray(array)).hexdigest()
        if found != REFERENCE_SHA256[name]:
            raise EmnistError(
                f"{path}: the array {name} is not the reference split: expected SHA-256 {REFERENCE_SHA256[name]}, "
                f"found {found}; delete the file and run `make data` again."
            )
    return images, labels


# --- downloading -------------------------------------------------------------------------------------------------


def download(folder=None, *, sources=SOURCES, archive=OFFICIAL):
    """Download the official zip, check it, extract the ByClass members; return the folder that holds them.

    The sources are tried in order. Nothing appears under its final name before its size and SHA-256 are right.
    Sources that cannot be connected to cost at most 10 seconds together. A transfer that broke off goes on where it
    stopped, now or the next time, if the server sends parts of files. A second process waits for the first.

    Raises
    ------
    EmnistError
        The folder cannot be written or is full, no source gave the right file, or the zip lacks a member.
    """
    folder = Path(folder) if folder else cache_dir()
    _require_writable(folder)
    with _only_one(folder):
        if _has_official(folder):  # another process was faster
            return folder
        try:
            return _download(folder, sources, archive)
        except OSError as error:
            raise EmnistError(
                f"EMNIST could not be stored in {folder} ({error.strerror}): {archive.size // 500_000:,} MB must be free; "
                "what was downloaded is kept, and `make data` goes on from there."
            ) from error


def _download(folder, sources, archive):
    problems = []
    deadline = time.monotonic() + 9
    for url in sources:
        try:
            sends_parts = _require_answer(url, min(5, deadline - time.monotonic()))
            zip_path = _fetch(url, folder / ".emnist.zip.part", archive, sends_parts)
            try:
                _extract(zip_path, folder, archive, url)
            except EmnistError:
                zip_path.unlink()
                raise
            zip_path.unlink()
            return folder
        except (EmnistError, ValueError, requests.RequestException) as error:
            problems.append(f"{url}: {_first_line(error)}")
            print(f"EMNIST source failed: {problems[-1]}", file=sys.stderr)
            if not isinstance(error, _NoAnswer):
                deadline = time.monotonic() + 5  # somebody answered: give the next one its time
    raise EmnistError(
        "EMNIST could not be downloaded. " + " | ".join(problems) + " | Try again later, or put the official zip's "
        "emnist-byclass-*-ubyte.gz files into a folder and set EMNIST_DIR to it."
    )


@contextlib.contextmanager
def _only_one(folder):
    """Hold the lock of a folder; whoever comes second waits, and is told so."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another process is downloading EMNIST to {folder}: waiting for it.", file=sys.stderr)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _require_writable(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise EmnistError(
            f"the cache folder {folder} cannot be written ({error.strerror}); set XDG_CACHE_HOME to a folder that can, "
            "or EMNIST_DIR to a folder that holds the data."
        ) from error


class _NoAnswer(EmnistError):
    pass


def _require_answer(url, seconds):
    """Whether the server sends parts of files; raises unless it answers anything in time.

    In a thread, because no time-out covers a silent name server.
    """
    answered = []

    def ask():
        with contextlib.suppress(requests.RequestException):
            answered.append(requests.head(url, headers=_HEADERS, timeout=max(seconds, 1)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(max(seconds, 0))
    if not answered:
        raise _NoAnswer("no answer (no network, or the server is gone)")
    return answered[0].headers.get("Accept-Ranges") == "bytes"


def _fetch(url, path, archive, sends_parts):
    """Download one source to `path`, checked; a transfer that breaks off is tried three times."""
    for attempt in range(3):
        if not sends_parts:
            path.unlink(missing_ok=True)
        have = path.stat().st_size if path.exists() else 0
        headers = _HEADERS | ({"Range": f"bytes={have}-"} if have else {})
        get = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), headers=headers, timeout=30, chunk_size=1 << 12)
        try:
            if have < archive.size:
                with open(path, "ab") as stream:
                    get(url, stream, None)
            _check_archive(path, archive)
            return path
        except EmnistError:  # the whole file, and the wrong one
            path.unlink()
            raise
        except requests.RequestException as error:
            status = getattr(error.response, "status_code", None)  # of an answer; 416: our part is longer than its file
            if not sends_parts or status == 416 or not path.stat().st_size:
                path.unlink()
            if attempt == 2 or status not in (None, 416):
                raise
            time.sleep(1 + attempt)


def _check_archive(path, archive):
    _check_size(path, archive)
    with open(path, "rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != archive.sha256:
        raise EmnistError(f"the zip has SHA-256 hash {found}, expected {archive.sha256}")


def _check_size(path, archive):
    size = path.stat().st_size
    if size == archive.size:
        return
    with open(path, "rb") as stream:
        start = stream.read(200).lstrip().lower()
    what = "a web page" if start.startswith((b"<!doctype", b"<html", b"<?xml")) else "a file"
    raise EmnistError(f"expected a zip of {archive.size:,} bytes, found {what} of {size:,} bytes")


def _extract(zip_path, folder, archive, url):
    try:
        with zipfile.ZipFile(zip_path) as zipped:
            for name, sha256 in archive.members.items():
                with zipped.open(f"gzip/{name}") as member, _replacing(folder / name) as target:
                    found = hashlib.sha256()
                    while block := member.read(1 << 20):
                        found.update(block)
                        target.write(block)
                    if found.hexdigest() != sha256:
                        raise EmnistError(f"{name} has SHA-256 {found.hexdigest()}, expected {sha256}")
    except (KeyError, zipfile.BadZipFile) as error:
        raise EmnistError(f"the zip from {url} is not EMNIST's: {_first_line(error)}") from error


def _check_file(path, sha256):
    with open(path, "rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise EmnistError(f"{path} is damaged: expected SHA-256 {sha256}, found {found}; delete it and run `make data` again.")


@contextlib.contextmanager
def _replacing(path):
    """Open a temporary file beside `path` that takes its name only if the block succeeds."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(descriptor, "wb") as stream:
            yield stream
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _first_line(error):
    return str(error).strip().splitlines()[0].strip('"') if str(error).strip() else type(error).__name__


def main():
    try:
        folder = find() or download()
        for part in ("train", "test"):
            images, labels = load(part, folder=folder)
            print(
                f"{part}: {images.shape[0]:,} images of {images.shape[1]}x{images.shape[2]}, {len(set(labels.tolist()))} classes, verified"
            )
    except EmnistError as error:
        sys.exit(f"Error: {error}")
    print(f"EMNIST ByClass is in {folder}")


if __name__ == "__main__":
    main()
