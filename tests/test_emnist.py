"""The loader: the right bytes, or one clear sentence and nothing left that would be trusted."""

import concurrent.futures
import dataclasses
import gzip
import hashlib
import socket
import string
import time

import numpy as np
import pytest
from conftest import Official, idx_bytes

import emnist

IMAGES = np.random.default_rng(1).integers(0, 256, (5, 28, 28), dtype=np.uint8)
LABELS = np.arange(5, dtype=np.uint8)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch, request):
    """No test touches the user's cache; tests without real data see no EMNIST_DIR either."""
    if "real_emnist" not in request.fixturenames:
        monkeypatch.delenv("EMNIST_DIR", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def download(folder, sources, archive):
    return emnist.download(folder, sources=sources, archive=archive)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


# --- downloading


def test_download_extracts_only_the_byclass_members(official, serve, tmp_path):
    server = serve({"/gzip.zip": (200, {}, official.zip)})
    folder = download(tmp_path / "data", [server.address_text + "/gzip.zip"], official.archive)
    assert files(folder) == sorted(official.members)
    assert (folder / "emnist-byclass-test-labels-idx1-ubyte.gz").read_bytes() == official.members[
        "emnist-byclass-test-labels-idx1-ubyte.gz"
    ]
    assert all("Python-urllib" not in agent for _, _, agent in server.seen)


def test_second_source_is_used_when_the_first_is_dead(official, serve, tmp_path, capsys):
    server = serve({"/gzip.zip": (200, {}, official.zip)})
    sources = ["http://127.0.0.1:9/gzip.zip", server.address_text + "/gzip.zip"]
    folder = download(tmp_path / "data", sources, official.archive)
    assert files(folder) == sorted(official.members)
    assert "127.0.0.1:9" in capsys.readouterr().err


BAD_DOWNLOADS = {
    "truncated": lambda good: ((200, {"Content-Length": str(len(good))}, good[: len(good) // 2]), "bytes"),
    "short file": lambda good: ((200, {}, good[: len(good) // 2]), "found a file of"),
    "web page": lambda good: ((200, {}, b"<!DOCTYPE html><html>moved</html>"), "found a web page of 33 bytes"),
    "wrong hash": lambda good: ((200, {}, good[:-1] + bytes([good[-1] ^ 1])), "hash"),
    "refused": lambda good: ((403, {}, b"no"), "403"),
}


@pytest.mark.parametrize("fault", BAD_DOWNLOADS)
def test_bad_download_is_named_and_leaves_nothing(fault, official, serve, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    answer, words = BAD_DOWNLOADS[fault](official.zip)
    server = serve({"/gzip.zip": answer})
    with pytest.raises(emnist.EmnistError) as error:
        download(tmp_path / "data", [server.address_text + "/gzip.zip"], official.archive)
    assert words in str(error.value) and server.address_text in str(error.value) and "EMNIST_DIR" in str(error.value)
    assert files(tmp_path / "data") == []


class Flaky:
    """Serves a file in parts; every transfer breaks off after `most` bytes."""

    def __init__(self, content, most):
        self.content, self.most, self.asked = content, most, []

    def __call__(self, headers):
        start = int(headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.asked.append(start)
        rest = self.content[start:]
        promised = {"Accept-Ranges": "bytes", "Content-Length": str(len(rest))}
        return (206 if start else 200, promised, rest[: self.most])


def test_broken_transfer_goes_on_where_it_stopped(official, serve, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    page = Flaky(official.zip, len(official.zip) // 2 + 5000)
    server = serve({"/gzip.zip": page})
    folder = download(tmp_path / "data", [server.address_text + "/gzip.zip"], official.archive)
    assert files(folder) == sorted(official.members)
    asked_whether_there, first, second = page.asked
    assert asked_whether_there == first == 0 and second >= len(official.zip) // 2


def test_download_that_failed_goes_on_in_the_next_run(official, serve, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    page = Flaky(official.zip, len(official.zip) // 4)  # three attempts are not enough
    source = serve({"/gzip.zip": page}).address_text + "/gzip.zip"
    with pytest.raises(emnist.EmnistError):
        download(tmp_path / "data", [source], official.archive)
    assert files(tmp_path / "data") == [".emnist.zip.part"] and emnist.find() is None
    assert files(download(tmp_path / "data", [source], official.archive)) == sorted(official.members)
    assert page.asked.count(0) == 3  # two questions, one start


def test_part_of_another_file_is_thrown_away(official, serve, tmp_path):
    class Shorter(Flaky):
        def __call__(self, headers):
            status, promised, rest = super().__call__(headers)
            return (status, promised, rest) if rest else (416, {}, b"")

    page = Shorter(official.zip, len(official.zip))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".emnist.zip.part").write_bytes(bytes(len(official.zip)))
    archive = dataclasses.replace(official.archive, size=len(official.zip) + 1)  # one that the server does not have
    with pytest.raises(emnist.EmnistError, match="expected a zip of"):
        download(tmp_path / "data", [serve({"/gzip.zip": page}).address_text + "/gzip.zip"], archive)
    assert page.asked == [0, len(official.zip), 0] and files(tmp_path / "data") == []


def test_second_process_waits_for_the_first(official, serve, tmp_path):
    def slow(headers):
        time.sleep(0.2)
        return (200, {}, official.zip)

    server = serve({"/gzip.zip": slow})
    arguments = [(tmp_path / "data", [server.address_text + "/gzip.zip"], official.archive)] * 3
    with concurrent.futures.ThreadPoolExecutor(3) as processes:
        folders = list(processes.map(download, *zip(*arguments, strict=True)))
    assert [files(folder) for folder in folders] == [sorted(official.members)] * 3
    assert [command for command, _, _ in server.seen] == ["HEAD", "GET"]


def test_full_disk_is_named_and_nothing_is_trusted(official, serve, small_disk):
    noise = {name: np.random.default_rng(0).bytes(100_000) for name in official.members}
    archive = Official(noise)
    server = serve({"/gzip.zip": (200, {"Accept-Ranges": "bytes"}, archive.zip)})
    with pytest.raises(emnist.EmnistError, match=r"No space left on device.*must be free"):
        download(small_disk / "data", [server.address_text + "/gzip.zip"], archive.archive)
    assert not any(name.endswith(".gz") for name in files(small_disk / "data"))


def test_zip_without_a_member_is_refused(official, serve, tmp_path):
    missing, *_ = official.members
    partial = Official.zipped({name: body for name, body in official.members.items() if name != missing})
    server = serve({"/gzip.zip": (200, {}, partial)})
    with pytest.raises(emnist.EmnistError, match=missing):
        download(tmp_path / "data", [server.address_text + "/gzip.zip"], official.described(partial))
    assert emnist.find() is None


def test_no_network_is_found_out_within_ten_seconds(official, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        source = f"http://127.0.0.1:{silent.getsockname()[1]}/gzip.zip"
        started = time.monotonic()
        with pytest.raises(emnist.EmnistError, match="no answer"):
            download(tmp_path / "data", [source, source, source], official.archive)
    assert time.monotonic() - started < 10


def test_cache_that_cannot_be_written_is_named(official, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(emnist.EmnistError, match="cannot be written") as error:
        download(tmp_path / "file" / "cache", ["http://127.0.0.1:9/"], official.archive)
    assert "XDG_CACHE_HOME" in str(error.value)


# --- finding


def test_emnist_dir_without_the_files_is_an_error_not_a_fallback(tmp_path, monkeypatch):
    (tmp_path / "holiday.jpg").write_text("")
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path))
    with pytest.raises(emnist.EmnistError) as error:
        emnist.find()
    assert str(tmp_path) in str(error.value) and "holiday.jpg" in str(error.value)


def test_nothing_is_found_on_a_fresh_machine():
    assert emnist.find() is None
    with pytest.raises(emnist.EmnistError, match="make data"):
        emnist.load("train")


# --- reading


def write(path, content):
    path.write_bytes(gzip.compress(content))
    return path


def test_images_are_read_upright(tmp_path):
    pair = write(tmp_path / "i.gz", idx_bytes(IMAGES.transpose(0, 2, 1).copy())), write(tmp_path / "l.gz", idx_bytes(LABELS))
    images, labels = emnist.read_pair(*pair)
    assert np.array_equal(images, IMAGES) and np.array_equal(labels, LABELS)


BAD_IDX = {
    "wrong magic": (idx_bytes(LABELS, magic=0x1234), "not an idx file"),
    "empty": (b"", "not an idx file"),
    "count too high": (idx_bytes(LABELS, count=9), "found only 5"),
    "count too low": (idx_bytes(LABELS, count=3), "found more"),
    "huge claim": (idx_bytes(IMAGES, count=2**32 - 1), "more than a file of its size can hold"),
    "label out of range": (idx_bytes(np.array([3, 62], dtype=np.uint8)), "holds the label 62"),
    "other image size": (idx_bytes(np.zeros((2, 5, 7), dtype=np.uint8)), "no 28x28 images"),
}


@pytest.mark.parametrize("fault", BAD_IDX)
def test_bad_idx_file_is_named(fault, tmp_path):
    content, words = BAD_IDX[fault]
    path = write(tmp_path / "some-file.gz", content)
    with pytest.raises(emnist.EmnistError, match=words) as error:
        emnist.read_idx(path)
    assert str(path) in str(error.value)


def test_truncated_gzip_is_named(tmp_path):
    path = write(tmp_path / "cut.gz", idx_bytes(IMAGES))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(emnist.EmnistError, match="cannot be read as an idx file"):
        emnist.read_idx(path)


def test_images_and_labels_of_different_length_are_refused(tmp_path):
    pair = write(tmp_path / "i.gz", idx_bytes(IMAGES)), write(tmp_path / "l.gz", idx_bytes(LABELS[:4]))
    with pytest.raises(emnist.EmnistError, match="do not belong together"):
        emnist.read_pair(*pair)


def test_damaged_official_file_is_refused(official, tmp_path, monkeypatch):
    monkeypatch.setattr(emnist, "OFFICIAL", official.archive)
    for name, content in official.members.items():
        (tmp_path / name).write_bytes(content)
    images, labels = emnist.load("train", split="official", folder=tmp_path)
    assert images.shape == (30, 28, 28) and labels.shape == (30,)
    (tmp_path / "emnist-byclass-train-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    with pytest.raises(emnist.EmnistError, match="is damaged"):
        emnist.load("train", split="official", folder=tmp_path)


def test_official_split_draws_rows_by_seed(official, tmp_path, monkeypatch):
    monkeypatch.setattr(emnist, "OFFICIAL", official.archive)
    for name, content in official.members.items():
        (tmp_path / name).write_bytes(content)

    def draw(seed, n=10):
        return emnist.load("test", split="official", n=n, seed=seed, folder=tmp_path)[0]

    assert np.array_equal(draw(0), draw(0)) and not np.array_equal(draw(0), draw(1))
    assert len({image.tobytes() for image in draw(0, 20)}) == 20
    with pytest.raises(emnist.EmnistError, match="1 to 20"):
        draw(0, 21)


def test_reference_is_rebuilt_from_the_official_files_by_row_number(official, tmp_path, monkeypatch):
    """On generated files with a generated row list: the rebuilt rows are the named ones, and the cache keeps them."""
    cache = emnist.cache_dir()
    cache.mkdir(parents=True)
    for name, content in official.members.items():
        (cache / name).write_bytes(content)
    monkeypatch.setattr(emnist, "OFFICIAL", official.archive)
    rows = {"train_row": [4, 7, 2], "train_official_test": [True, False, True], "test_row": [0, 1]}
    np.savez(tmp_path / "rows.npz", **rows)
    monkeypatch.setattr(emnist, "_INDEX_FILE", tmp_path / "rows.npz")
    official_test, official_train = (emnist.load(part, split="official", folder=cache) for part in ("test", "train"))
    expected = np.stack([official_test[0][4], official_train[0][7], official_test[0][2]])
    digests = {
        "train_images": expected,
        "train_labels": np.array([official_test[1][4], official_train[1][7], official_test[1][2]]),
        "test_images": official_test[0][:2],
        "test_labels": official_test[1][:2],
    }
    hashes = {name: hashlib.sha256(np.ascontiguousarray(array)).hexdigest() for name, array in digests.items()}
    monkeypatch.setattr(emnist, "REFERENCE_SHA256", hashes)
    assert np.array_equal(emnist.load("train")[0], expected)
    assert (cache / "emnist-byclass-120k.npz").exists()
    assert np.array_equal(emnist.load("test")[0], digests["test_images"])
    monkeypatch.setattr(emnist, "REFERENCE_SHA256", hashes | {"train_images": "0" * 64})
    with pytest.raises(emnist.EmnistError, match="not the reference split"):
        emnist.load("train")


# --- labels


def test_class_names_are_digits_capitals_small_letters():
    assert "".join(emnist.CLASS_NAMES) == string.digits + string.ascii_uppercase + string.ascii_lowercase


def test_official_counts_are_those_of_the_whole_data_set():
    train, test = emnist.official_counts("train"), emnist.official_counts("test")
    assert (train.sum(), test.sum()) == (697_932, 116_323)
    assert (train.max(), emnist.CLASS_NAMES[train.argmax()]) == (38_374, "1")
    assert (train.min(), emnist.CLASS_NAMES[train.argmin()]) == (1_896, "j")


def test_bymerge_merges_fifteen_pairs_of_cases():
    labels, names = emnist.bymerge(np.arange(62))
    assert "".join(names) == string.digits + string.ascii_uppercase + "abdefghnqrt"
    named = dict(zip(emnist.CLASS_NAMES, (names[label] for label in labels), strict=True))
    assert named["c"] == named["C"] == "C" and named["a"] == "a" and named["0"] == "0"
    assert sum(named[c] != c for c in string.ascii_lowercase) == 15


# --- the real data


def test_real_reference_has_the_published_counts(real_emnist):
    images, labels = emnist.load("train", folder=real_emnist)
    assert images.shape == (100_000, 28, 28) and images.dtype == np.uint8
    counts = dict(zip(emnist.CLASS_NAMES, np.bincount(labels), strict=True))
    assert (counts["0"], counts["O"], counts["o"], counts["j"]) == (4_967, 3_631, 396, 286)
    assert (images.min((1, 2)) == 0).all() and (images.max((1, 2)) == 255).all()


def test_real_images_are_upright(real_emnist):
    images, labels = emnist.load("train", n=20_000, folder=real_emnist)
    letter_l = images[labels == emnist.CLASS_NAMES.index("L")].mean(0)
    one = images[labels == emnist.CLASS_NAMES.index("1")].mean(0)
    assert letter_l[-10:].sum() > 2 * letter_l[:10].sum() and letter_l[:, :10].sum() > 2 * letter_l[:, -10:].sum()
    spread = [np.average((np.arange(28) - 13.5) ** 2, weights=one.sum(axis)) for axis in (1, 0)]
    assert spread[0] > 2 * spread[1]


def test_row_list_is_that_of_the_real_reference_file(real_emnist):
    path = real_emnist / "emnist-byclass-120k.npz"
    if not path.exists():
        emnist.load("train", folder=real_emnist)  # the official files: the hashes prove the row list
        return
    with np.load(path, allow_pickle=False) as real, np.load(emnist._INDEX_FILE, allow_pickle=False) as index:
        for name in ("train_row", "train_official_test", "test_row"):
            assert np.array_equal(real[name], index[name])
        assert real["test_official_test"].all()
