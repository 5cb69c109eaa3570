"""Data sets by name or folder: the right images, labels and names, or one clear sentence."""

import gzip

import numpy as np
import pytest
from conftest import idx_bytes

from sixtytwo.data import emnist, idx, loading, registry
from sixtytwo.report import book

RNG = np.random.default_rng(0)


def write_pair(folder, images_name, labels_name, labels):
    images = RNG.integers(0, 256, (len(labels), 28, 28), dtype=np.uint8)
    for name, array in ((images_name, images), (labels_name, np.asarray(labels, np.uint8))):
        content = idx_bytes(array)
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return images


@pytest.fixture
def fashion(tmp_path):
    """A folder like that of Fashion-MNIST: 40 training and 20 test images of three classes."""
    for part, n in (("train", 40), ("t10k", 20)):
        write_pair(tmp_path, f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz", np.arange(n) % 3)
    return tmp_path


def test_folder_of_idx_files_is_a_data_set(fashion):
    data = loading.load_train(str(fashion), 30)
    assert (data.name, data.dataset, data.is_reference) == (fashion.name, str(fashion), False)
    assert (len(data.x_train), len(data.x_validation), data.class_names) == (27, 3, ("0", "1", "2"))
    assert len(loading.load_train(str(fashion), 1000).x_train) == 36  # no more than there are


def test_folder_names_its_classes(fashion):
    (fashion / "classes.txt").write_text("T-shirt\nTrouser\n\nBag\n")
    assert registry.load(str(fashion), "test", 5)[2] == ("T-shirt", "Trouser", "Bag")
    (fashion / "classes.txt").write_text("T-shirt\nTrouser\n")
    with pytest.raises(idx.DataError, match="holds the label 2: expected 0 to 1"):
        registry.load(str(fashion), "test", 5)


def test_images_of_a_folder_keep_their_labels_and_are_not_turned(tmp_path):
    images = write_pair(tmp_path, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", range(9))
    found, labels, _ = registry.load(str(tmp_path), "train", 9)
    assert (found == images[labels]).all() and sorted(labels) == list(range(9))


def test_missing_file_of_a_folder_is_named(fashion):
    (fashion / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(idx.DataError, match="0 files for the labels of the test part: expected one like t10k-labels"):
        registry.load(str(fashion), "test", 5)


def test_official_letters_are_upright_and_numbered_from_zero(tmp_path, monkeypatch):
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path))
    stem = "emnist-letters-train"
    images = write_pair(tmp_path, f"{stem}-images-idx3-ubyte.gz", f"{stem}-labels-idx1-ubyte.gz", range(1, 27))
    found, labels, names = registry.load("official-letters", "train", 26)
    assert names[0] == "A" and len(names) == 26 and sorted(labels) == list(range(26))
    assert (found == images.transpose(0, 2, 1)[labels]).all()
    with pytest.raises(idx.DataError, match="take it from the folder gzip/ of EMNIST's zip"):
        registry.load("official-digits", "train", 5)


@pytest.mark.parametrize(("name", "classes"), [("balanced", 47), ("bymerge", 47), ("digits", 10), ("mnist", 10)])
def test_official_split_has_its_classes(name, classes, tmp_path, monkeypatch):
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path))
    stem = f"emnist-{name}-test"
    write_pair(tmp_path, f"{stem}-images-idx3-ubyte.gz", f"{stem}-labels-idx1-ubyte.gz", range(classes))
    assert len(registry.load(f"official-{name}", "test", classes)[2]) == classes


def test_merged_labels_of_the_reference(real_emnist):
    images, labels, names = registry.load("emnist-bymerge", "train", 1000)
    original, classes, _ = registry.load("emnist-byclass", "train", 1000)
    assert (images == original).all() and len(names) == 47
    same = [emnist.CLASS_NAMES[c].lower() == names[m].lower() for c, m in zip(classes, labels, strict=True)]
    assert all(same)


@pytest.mark.parametrize("data", ["emnist-letters", "/no/such/folder"])
def test_unknown_data_are_refused_before_anything_runs(data):
    with pytest.raises(book.RunError, match=f"DATA={data}: unknown data set"):
        book.plan("smoke", data)
