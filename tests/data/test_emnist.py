"""The loader: the right bytes, or one clear sentence and nothing left that would be trusted."""

import hashlib
import string

import numpy as np
import pytest

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


def test_nothing_is_found_on_a_fresh_machine():
    assert emnist.find() is None
    with pytest.raises(idx.DataError, match="make data"):
        emnist.load("train")


# --- reading


def test_damaged_official_file_is_refused(official, tmp_path, monkeypatch):
    monkeypatch.setattr(emnist, "OFFICIAL", official.archive)
    for name, content in official.members.items():
        (tmp_path / name).write_bytes(content)
    images, labels = emnist.load("train", split="official", folder=tmp_path)
    assert images.shape == (30, 28, 28) and labels.shape == (30,)
    (tmp_path / "emnist-byclass-train-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    with pytest.raises(idx.DataError, match="is damaged"):
        emnist.load("train", split="official", folder=tmp_path)


def test_official_split_draws_rows_by_seed(official, tmp_path, monkeypatch):
    monkeypatch.setattr(emnist, "OFFICIAL", official.archive)
    for name, content in official.members.items():
        (tmp_path / name).write_bytes(content)

    def draw(seed, n=10):
        return emnist.load("test", split="official", n=n, seed=seed, folder=tmp_path)[0]

    assert np.array_equal(draw(0), draw(0)) and not np.array_equal(draw(0), draw(1))
    assert len({image.tobytes() for image in draw(0, 20)}) == 20
    with pytest.raises(idx.DataError, match="1 to 20"):
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
    with pytest.raises(idx.DataError, match="not the reference split"):
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
