"""The loader: the right bytes, or one clear sentence and nothing left that would be trusted."""

import gzip
import hashlib
import string

import numpy as np
import pytest
from conftest import idx_bytes

from sixtytwo.data import emnist, idx


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch, request):
    """No test touches the user's cache; tests without real data see no EMNIST_DIR either."""
    if "real_emnist" not in request.fixturenames:
        monkeypatch.delenv("EMNIST_DIR", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


# --- finding


def test_emnist_dir_without_the_files_is_an_error_not_a_fallback(tmp_path, monkeypatch):
    (tmp_path / "holiday.jpg").write_text("")
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path))
    with pytest.raises(idx.DataError) as error:
        emnist.find()
    assert str(tmp_path) in str(error.value) and "holiday.jpg" in str(error.value)


@pytest.mark.parametrize("fault", ["file", "loop", "nothing"])
def test_emnist_dir_that_is_no_folder_is_an_error(fault, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path / fault))
    with pytest.raises(
        idx.DataError, match=f"EMNIST_DIR={tmp_path / fault} holds no EMNIST ByClass: .* found (a file|no such)"
    ):
        emnist.find()


def test_blank_emnist_dir_is_none(monkeypatch):
    monkeypatch.setenv("EMNIST_DIR", " ")
    assert emnist.find() is None


def test_nothing_is_found_on_a_fresh_machine():
    assert emnist.find() is None
    with pytest.raises(idx.DataError, match="make data"):
        emnist.load("train")


# --- reading


def write_official(official, folder, *, unpack=False):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in official.members.items():
        path = folder / (name.removesuffix(".gz") if unpack else name)
        path.write_bytes(gzip.decompress(content) if unpack else content)


def arrays_of(official):
    """The images, upright, and labels of both generated official files."""
    found = {}
    for part, n in (("train", 30), ("test", 20)):
        images, labels = (
            np.frombuffer(gzip.decompress(official.members[f"emnist-byclass-{part}-{kind}-ubyte.gz"])[start:], np.uint8)
            for kind, start in (("images-idx3", 16), ("labels-idx1", 8))
        )
        found[part] = images.reshape(n, 28, 28).transpose(0, 2, 1), labels
    return found


@pytest.fixture
def reference(official, tmp_path, monkeypatch):
    """Stands for the reference split: a few rows of the generated official files; its arrays by name."""
    rows = {"train_row": [4, 7, 2], "train_official_test": [True, False, True], "test_row": [0, 1]}
    np.savez(tmp_path / "rows.npz", **rows)
    both = arrays_of(official)
    arrays = {
        "train_images": np.stack([both["test"][0][4], both["train"][0][7], both["test"][0][2]]),
        "train_labels": np.array([both["test"][1][4], both["train"][1][7], both["test"][1][2]]),
        "test_images": both["test"][0][:2],
        "test_labels": both["test"][1][:2],
    }
    hashes = {name: hashlib.sha256(np.ascontiguousarray(array)).hexdigest() for name, array in arrays.items()}
    monkeypatch.setattr(emnist, "OFFICIAL", official.archive)
    monkeypatch.setattr(emnist, "_INDEX_FILE", tmp_path / "rows.npz")
    monkeypatch.setattr(emnist, "REFERENCE_SHA256", hashes)
    return arrays


def test_reference_is_rebuilt_from_the_official_files_by_row_number(official, reference, monkeypatch):
    """On generated files with a generated row list: the rebuilt rows are the named ones, and the cache keeps them."""
    cache = emnist.cache_dir()
    write_official(official, cache)
    assert np.array_equal(emnist.load("train")[0], reference["train_images"])
    assert (cache / "emnist-byclass-120k.npz").exists()
    assert np.array_equal(emnist.load("test")[0], reference["test_images"])
    with pytest.raises(idx.DataError, match="asked for 3 test images, but there are 1 to 2"):
        emnist.load("test", n=3)
    monkeypatch.setattr(emnist, "REFERENCE_SHA256", emnist.REFERENCE_SHA256 | {"train_images": "0" * 64})
    with pytest.raises(idx.DataError, match=r"not the reference split.*delete it and run `make data` again"):
        emnist.load("train")


@pytest.mark.parametrize("place", ["", "raw", "EMNIST/raw", "gzip"])
def test_unpacked_official_files_are_found_where_other_libraries_put_them(official, reference, place, tmp_path, monkeypatch):
    write_official(official, tmp_path / "mine" / place, unpack=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EMNIST_DIR", "~/mine")
    assert emnist.find() == tmp_path / "mine"
    for part in ("train", "test"):
        images, labels = emnist.load(part)
        assert np.array_equal(images, reference[f"{part}_images"]) and np.array_equal(labels, reference[f"{part}_labels"])


def test_file_of_the_cache_that_is_damaged_may_be_deleted_and_one_of_a_reader_may_not(
    official, reference, tmp_path, monkeypatch
):
    damaged = "emnist-byclass-train-labels-idx1-ubyte.gz"
    for folder in (emnist.cache_dir(), tmp_path / "mine"):
        write_official(official, folder)
        (folder / damaged).write_bytes(gzip.compress(b"damaged"))
    with pytest.raises(idx.DataError, match=r"is damaged: expected SHA-256 .*; delete it and run `make data` again"):
        emnist.load("train")
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path / "mine"))
    with pytest.raises(idx.DataError, match=f"{damaged} is not an idx file") as error:
        emnist.load("train")
    assert "delete" not in str(error.value)


def test_files_of_another_set_with_the_official_names_are_refused(official, reference, tmp_path, monkeypatch):
    write_official(official, tmp_path / "mine", unpack=True)
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path / "mine"))
    path = tmp_path / "mine" / "emnist-byclass-train-images-idx3-ubyte"
    content = bytearray(path.read_bytes())
    content[16 + 7 * 784 + 100] ^= 255  # a pixel of an image of the reference split
    path.write_bytes(bytes(content))
    with pytest.raises(
        idx.DataError, match=r"not the reference split: .*; copy it again from where it came, or unset EMNIST_DIR"
    ):
        emnist.load("train")
    for kind, few in (("images-idx3", np.zeros((5, 28, 28), np.uint8)), ("labels-idx1", np.zeros(5, np.uint8))):
        (tmp_path / "mine" / f"emnist-byclass-train-{kind}-ubyte").write_bytes(idx_bytes(few))
    with pytest.raises(idx.DataError, match="has fewer images than EMNIST ByClass"):
        emnist.load("train")


NPZ = {
    "no arrays": {},
    "one missing": {"train_images": np.zeros((3, 28, 28), np.uint8)},
    "fractions": {"train_images": np.zeros((3, 28, 28), np.float32), "train_labels": np.zeros(3, np.uint8)},
    "one-hot": {"train_images": np.zeros((3, 28, 28), np.uint8), "train_labels": np.zeros((3, 62), np.uint8)},
    "flat": {"train_images": np.zeros((3, 784), np.uint8), "train_labels": np.zeros(3, np.uint8)},
    "objects": {"train_images": np.array([{}]), "train_labels": np.zeros(3, np.uint8)},
}


@pytest.mark.parametrize("arrays", NPZ.values(), ids=NPZ)
def test_arrays_that_are_not_the_reference_are_refused_and_not_to_be_deleted(arrays, tmp_path, monkeypatch):
    np.savez(tmp_path / "emnist-byclass-120k.npz", **arrays)
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path))
    with pytest.raises(
        idx.DataError, match=r"emnist-byclass-120k.npz.* copy it again from where it came, or unset EMNIST_DIR"
    ) as error:
        emnist.load("train")
    assert "delete" not in str(error.value)


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
