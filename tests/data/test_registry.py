"""Data sets by name: the right images, labels and names, or one clear sentence. Folders: test_folders.py."""

import gzip
import os

import numpy as np
import pytest
from conftest import idx_bytes

from sixtytwo.data import emnist, idx, loading, registry
from sixtytwo.report import book

RNG = np.random.default_rng(0)


def write_split(folder, split, classes, *, first=0, suffix=".gz", of_each=2):
    """An official split of EMNIST with some images of each class in each part; the images of the training part."""
    folder.mkdir(exist_ok=True)
    labels = np.tile(np.arange(first, first + classes, dtype=np.uint8), of_each)
    images = {part: RNG.integers(0, 256, (len(labels), 28, 28), dtype=np.uint8) for part in ("train", "test")}
    for part in images:
        for kind, array in (("images-idx3", images[part]), ("labels-idx1", labels)):
            content = idx_bytes(array)
            path = folder / f"emnist-{split}-{part}-{kind}-ubyte{suffix}"
            path.write_bytes(gzip.compress(content) if suffix else content)
    return images["train"]


def test_official_letters_are_upright_and_numbered_from_zero(tmp_path, monkeypatch):
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path))
    images = write_split(tmp_path, "letters", 26, first=1)
    found, labels, names = registry.load("official-letters", "train", 52)
    assert names[0] == "A" and len(names) == 26 and sorted(set(labels)) == list(range(26))
    upright = {image.T.tobytes(): i % 26 for i, image in enumerate(images)}
    assert all(upright[image.tobytes()] == label for image, label in zip(found, labels, strict=True))
    with pytest.raises(idx.DataError, match=r"official-digits are missing: .* take it from the folder gzip/ of EMNIST's zip"):
        registry.load("official-digits", "train", 5)


@pytest.mark.parametrize(("name", "classes"), [("balanced", 47), ("bymerge", 47), ("digits", 10), ("mnist", 10)])
def test_official_split_has_its_classes(name, classes, tmp_path, monkeypatch):
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path))
    write_split(tmp_path, name, classes)
    assert len(registry.load(f"official-{name}", "test", classes)[2]) == classes
    assert registry.is_available(f"official-{name}") and not registry.is_available("official-letters")


def test_official_split_may_be_unpacked_below_the_folder_and_the_folder_written_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EMNIST_DIR", "~/raw and more")
    (tmp_path / "raw and more").mkdir()
    write_split(tmp_path / "raw and more" / "raw", "digits", 10, suffix="", of_each=10)
    assert len(registry.load("official-digits", "train", 20)[0]) == 20
    assert len(registry.digests("official-digits")) == 4
    book.plan("smoke", "official-digits")
    assert os.environ["EMNIST_DIR"] == str(tmp_path / "raw and more")  # kernels start in another folder


def test_official_split_without_its_test_part_is_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("EMNIST_DIR", str(tmp_path))
    write_split(tmp_path, "digits", 10)
    (tmp_path / "emnist-digits-test-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(book.RunError, match="the labels of the test part of official-digits are missing"):
        book.plan("smoke", "official-digits")


def test_merged_labels_of_the_reference(real_emnist):
    images, labels, names = registry.load("emnist-bymerge", "train", 1000)
    original, classes, _ = registry.load("emnist-byclass", "train", 1000)
    assert (images == original).all() and len(names) == 47
    same = [emnist.CLASS_NAMES[c].lower() == names[m].lower() for c, m in zip(classes, labels, strict=True)]
    assert all(same)


def test_emnist_is_the_same_name_in_a_notebook_as_on_the_command_line():
    assert registry.resolve("emnist") == "emnist-byclass"


@pytest.mark.parametrize("data", ["emnist-letters", "/no/such/folder", "", " ", "~nobody/data"])
def test_unknown_data_are_refused_before_anything_runs(data):
    with pytest.raises(book.RunError, match=f"DATA={data}: unknown data set"):
        book.plan("smoke", data)


def test_file_and_endless_link_are_no_folder(tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ValueError, match=r"no data set, but a file: .*mnist.npz.*or a folder with idx files"):
        registry.resolve(str(tmp_path / "mnist.npz"))
    with pytest.raises(ValueError, match="unknown data set"):
        registry.resolve(str(tmp_path / "loop"))


def test_folder_named_like_the_reference_is_not_taken_for_it():
    assert loading._name(f"/data/{emnist.REFERENCE_NAME}") != emnist.REFERENCE_NAME
    assert loading._name("/data/synthetic") != loading._name("synthetic") == "synthetic"
