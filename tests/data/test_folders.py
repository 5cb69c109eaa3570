"""Folders as people have them: the four files are found by what they hold, or one sentence says what is wrong."""

import contextlib
import gzip
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import idx_bytes

from sixtytwo.data import emnist, folders, idx, loading, registry, synthetic
from sixtytwo.report import book


def digits(part, n):
    images, labels = synthetic.load(part, 8 * n)
    return images[labels < 10][:n], labels[labels < 10][:n]


@pytest.fixture(scope="module")
def digits_of():
    """Printed digits of both parts, by the name that files have for them."""
    return {"train": digits("train", 200), "t10k": digits("test", 40)}


class Folder:
    """A folder of a reader's with printed digits in four files."""

    def __init__(self, path, digits_of):
        self.path, self.digits = path / "mine", digits_of
        self.path.mkdir()

    def write(self, name="{part}-{kind}-idx{rank}-ubyte.gz", *, change=lambda images, labels: (images, labels), packed=None):
        """Write the files under this kind of name, gzipped if that ends so, or as `packed` says."""
        for part, pair in self.digits.items():
            for kind, array, rank in zip(("images", "labels"), change(*pair), (3, 1), strict=True):
                path = self.path / name.format(part=part, kind=kind, rank=rank)
                path.parent.mkdir(parents=True, exist_ok=True)
                content = idx_bytes(np.ascontiguousarray(array))
                path.write_bytes(gzip.compress(content, 1) if (name.endswith(".gz") if packed is None else packed) else content)
        return self

    def classes(self, content):
        self.path.joinpath("classes.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def load(self, part="train", n=1000):
        return registry.load(str(self.path), part, n)

    def refused(self):
        """What `make book DATA=folder` says before it runs anything."""
        with pytest.raises(book.RunError) as error:
            book.plan("smoke", str(self.path))
        assert "make data" not in str(error.value) and str(error.value).endswith(".")
        return str(error.value)


@pytest.fixture
def folder(tmp_path, digits_of):
    return Folder(tmp_path, digits_of)


def assert_whole(folder):
    """Both parts are read, each image with its label."""
    for part, (images, labels) in folder.digits.items():
        found, numbers, names = folder.load("train" if part == "train" else "test")
        known = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
        assert len(found) == len(images)
        assert all(known[image.tobytes()] == int(names[n]) for image, n in zip(found, numbers, strict=True))


NAMES = {
    "as MNIST has them": "{part}-{kind}-idx{rank}-ubyte.gz",
    "unpacked": "{part}-{kind}-idx{rank}-ubyte",
    "dotted": "{part}-{kind}.idx{rank}-ubyte",
    "folders named like the files": "{part}-{kind}-idx{rank}-ubyte/{part}-{kind}-idx{rank}-ubyte",
    "below, as torchvision has them": "MNIST/raw/{part}-{kind}-idx{rank}-ubyte",
    "a folder for each part": "{part}/{kind}.bin",
    "nothing but the part in the name": "my_{part}.{rank}",
    "with a misleading word": "latest-{part}-{kind}.gz",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_files_are_found_by_what_they_hold(folder, name):
    assert_whole(folder.write(name))


@pytest.mark.parametrize(("name", "packed"), [("{part}-{kind}-ubyte", True), ("{part}-{kind}-ubyte.gz", False)])
def test_whether_a_file_is_gzipped_its_content_says(folder, name, packed):
    assert_whole(folder.write(name, packed=packed))


def test_twins_are_one_file_if_they_hold_the_same(folder):
    folder.write().write("{part}-{kind}-idx{rank}-ubyte").write("{part}-{kind}.idx{rank}-ubyte/{part}-{kind}.idx{rank}-ubyte")
    assert_whole(folder)
    assert len(registry.digests(str(folder.path))) == 4


def test_twins_that_differ_are_both_named(folder):
    folder.write().write("{part}-{kind}-idx{rank}-ubyte", change=lambda images, labels: (images[::-1], labels[::-1]))
    said = folder.refused()
    assert f"{folder.path}/train-images-idx3-ubyte and {folder.path}/train-images-idx3-ubyte.gz hold different things" in said


def test_traces_of_other_systems_are_no_data(folder):
    folder.write()
    (folder.path / "._train-images-idx3-ubyte.gz").write_bytes(b"\0\5\x16\7")
    (folder.path / "__MACOSX").mkdir()
    shutil.copy(folder.path / "t10k-images-idx3-ubyte.gz", folder.path / "__MACOSX" / "train-images-idx3-ubyte.gz")
    (folder.path / "train-images-idx3-ubyte.gz.md5").write_text("0" * 32)
    assert_whole(folder)


def test_links_are_followed_and_loops_are_not_endless(folder, tmp_path):
    folder.write()
    folder.path.rename(tmp_path / "elsewhere")
    folder.path.mkdir()
    (folder.path / "data").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "again").symlink_to(tmp_path / "elsewhere")
    assert_whole(folder)


def test_folder_may_be_written_with_a_tilde_or_a_variable(folder, monkeypatch):
    folder.write()
    monkeypatch.setenv("HOME", str(folder.path.parent))
    assert registry.resolve("~/mine") == registry.resolve("$HOME/mine/") == str(folder.path)
    data = loading.load_train("~/mine", 100)
    assert (data.name, data.dataset, data.is_reference) == ("mine", str(folder.path), False)
    assert (len(data.x_train), len(data.x_validation), len(data.class_names)) == (90, 10, 10)
    assert len(loading.load_train(str(folder.path), 1000).x_train) == 180  # no more than there are


def test_variable_in_the_name_of_a_folder_is_part_of_it(tmp_path):
    (tmp_path / "$HOME").mkdir()
    assert folders.expanded(tmp_path / "$HOME") == tmp_path / "$HOME"


def test_emnists_own_files_are_not_read_lying_on_their_side(folder):
    folder.write("emnist-letters-{part}-{kind}-idx{rank}-ubyte")
    assert f"set EMNIST_DIR={folder.path} and use DATA=official-letters" in folder.refused()


# --- what is missing or damaged


@pytest.mark.parametrize(("part", "kind"), [("train", "images"), ("t10k", "images"), ("t10k", "labels")])
def test_missing_file_is_named_before_anything_runs(folder, part, kind):
    folder.write()
    next(folder.path.glob(f"{part}-{kind}*")).unlink()
    said = folder.refused()
    assert f"no file for the {kind} of the {'train' if part == 'train' else 'test'} part" in said
    assert f"like {part}-{kind}-idx" in said and "found" in said


@pytest.mark.parametrize("content", [b"", b"<!doctype html>", b"version https://git-lfs.github.com/spec/v1\n", b"\x1f\x8bcut"])
def test_file_that_is_something_else_is_named(folder, content):
    path = folder.write().path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(content)
    assert str(path) in folder.refused()


def test_file_that_is_cut_off_is_named(folder):
    path = folder.write().path / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-100])
    assert f"{path} cannot be read as an idx file" in folder.refused()


def test_link_to_nothing_and_folder_in_the_place_of_a_file_are_seen(folder):
    path = folder.write().path / "t10k-labels-idx1-ubyte.gz"
    path.unlink()
    path.symlink_to(path)
    (folder.path / "t10k-images-idx3-ubyte.gz").unlink()
    (folder.path / "t10k-images-idx3-ubyte.gz").mkdir()
    assert "t10k-images-idx3-ubyte.gz/, t10k-labels-idx1-ubyte.gz (a link to nothing)" in folder.refused()


@contextlib.contextmanager
def another_user():
    """Nobody reads what only its owner may read; root would."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def public(tmp_path):
    """The temporary folder as another user sees it."""
    for place in (tmp_path, *tmp_path.parents):
        if place.owner() == Path.home().owner() and "pytest" in place.as_posix():
            place.chmod(place.stat().st_mode | 0o055)
    return tmp_path


@pytest.mark.parametrize("secret", ["train-labels-idx1-ubyte.gz", "classes.txt", ""])
def test_what_may_not_be_read_is_to_be_made_readable(public, folder, secret, monkeypatch):
    folder.write().classes("\n".join("ABCDEFGHIJ"))
    path = folder.path / secret
    path.chmod(0)
    monkeypatch.setenv("EMNIST_DIR", str(folder.path))
    with another_user():
        said = folder.refused()
        if not secret:
            with pytest.raises(idx.DataError, match="make it readable"):
                emnist.find()
    path.chmod(0o700)
    assert str(path) in said and "Permission denied" in said and "make it readable" in said


def test_part_without_images_is_refused(folder):
    assert "holds no images" in folder.write(change=lambda images, labels: (images[:0], labels[:0])).refused()


def test_three_images_are_refused_before_anything_runs(folder):
    folder.write(change=lambda images, labels: (images[:3], np.arange(3, dtype=np.uint8)))
    assert "3 training images" in (said := folder.refused()) and "expected at least 100" in said


# --- labels


def test_labels_from_one_are_numbered_from_zero_and_keep_their_names(folder):
    folder.write(change=lambda images, labels: (images, labels + np.uint8(1)))
    _, labels, names = folder.load()
    assert sorted(set(labels)) == list(range(10)) and names == tuple(map(str, range(1, 11)))
    folder.classes("\n".join("ABCDEFGHIJ"))
    assert folder.load()[2] == tuple("ABCDEFGHIJ")


def test_classes_without_images_do_not_exist(folder):
    folder.write(change=lambda images, labels: (images, np.where(labels == 9, 200, labels).astype(np.uint8)))
    _, labels, names = folder.load("test")
    assert names == (*map(str, range(9)), "200") and labels.max() == 9


def test_test_label_that_training_lacks_is_refused_before_anything_runs(folder):
    path = folder.write().path / "t10k-labels-idx1-ubyte.gz"
    labels = folder.digits["t10k"][1].copy()
    labels[0] = 10
    path.write_bytes(gzip.compress(idx_bytes(labels)))
    assert "the test part has the label 10, which no image of the training part has" in folder.refused()


@pytest.mark.parametrize("twice", ["all", "the training part beside others", "a part of it"])
def test_test_images_that_were_trained_on_are_refused_before_anything_runs(folder, twice):
    train, test = folder.digits["train"], folder.digits["t10k"]
    both = tuple(np.concatenate(pair) for pair in zip(test, train, strict=True))
    part = tuple(array[50:90] for array in train)
    folder.digits = folder.digits | {"t10k": {"all": train, "the training part beside others": both}.get(twice, part)}
    n = 200 if twice.startswith(("all", "the")) else 40
    assert f"{n} of its " in (said := folder.write().refused()) and "test images are training images as well" in said


def test_file_whose_end_was_not_copied_and_is_zeros_is_named(folder):
    folder.write("{part}-{kind}-idx{rank}-ubyte")
    for kind, head, size in (("images-idx3", 16, 784), ("labels-idx1", 8, 1)):
        path = folder.path / f"train-{kind}-ubyte"
        whole = path.read_bytes()
        path.write_bytes(whole[: head + 150 * size].ljust(len(whole), b"\0"))
    assert "train-images-idx3-ubyte: 50 of its 200 images are black all over; copy it again" in folder.refused()


def test_some_images_may_be_in_both_parts(folder):
    train, test = folder.digits["train"], folder.digits["t10k"]
    folder.digits = folder.digits | {"t10k": tuple(np.concatenate([a[:10], b]) for a, b in zip(train, test, strict=True))}
    assert len(folder.write().load("test")[0]) == 50


def test_one_class_is_none(folder):
    assert "have one label" in folder.write(change=lambda images, labels: (images, labels * 0)).refused()


def test_every_class_is_drawn_if_there_is_room(folder):
    rare = np.zeros(200, np.uint8)
    rare[[17, 30, 150]] = 1, 2, 3
    changed = {200: rare, 40: rare[np.r_[:40]]}
    folder.write(change=lambda images, labels: (images, changed[len(labels)]))
    for n in (4, 5, 20, 199):
        labels = folder.load(n=n)[1]
        assert len(labels) == n and set(labels) == {0, 1, 2, 3}


# --- what the images are


VIEWS = {
    "transposed": lambda x: x.transpose(0, 2, 1),
    "turned": lambda x: np.rot90(x, axes=(1, 2)),
    "mirrored": lambda x: x[:, :, ::-1],
    "upside down": lambda x: x[:, ::-1],
}


@pytest.mark.parametrize("view", VIEWS)
def test_characters_that_are_not_upright_are_refused(folder, view):
    folder.write(change=lambda images, labels: (VIEWS[view](images), labels))
    assert "expected upright ones" in folder.refused()


def test_pictures_of_other_things_have_no_upright(folder):
    order = np.random.default_rng(0).permutation(10)
    folder.write(change=lambda images, labels: (VIEWS["turned"](images), order[labels].astype(np.uint8)))
    assert len(folder.load()[0]) == 200


def test_real_characters_are_recognised_as_upright(real_emnist, folder):
    images, labels, _ = registry.load("emnist-byclass", "train", 3000)
    folder.digits = {"train": (images[:2500], labels[:2500]), "t10k": (images[2500:], labels[2500:])}
    assert len(folder.write().load(n=3000)[0]) == 2500
    folder.write(change=lambda images, labels: (images.transpose(0, 2, 1), labels))
    assert "upright only if transposed" in folder.refused()


@pytest.mark.parametrize("wrong", ["train", "t10k"])
def test_dark_ink_on_a_bright_ground_is_refused(folder, wrong):
    images = folder.digits[wrong][0]
    path = folder.write().path / f"{wrong}-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx_bytes(255 - images)))
    assert f"{path} has dark images on a bright ground" in folder.refused()


def test_images_of_zeros_and_ones_are_refused(folder):
    said = folder.write(change=lambda images, labels: (images // 128, labels)).refused()
    assert "the brightest pixel of all images is 1: expected 0 for black to 255 for white" in said


# --- class names

TEN = ["zéro", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
ENCODED = {
    "UTF-8": "\n".join(TEN).encode(),
    "with a mark": "\n".join(TEN).encode("utf-8-sig"),
    "UTF-16": "\n".join(TEN).encode("utf-16"),
    "lines of Windows": "\r\n".join(TEN).encode(),
    "empty lines": ("\n" + "\n\n".join(TEN) + " \n\n").encode(),
    "accents on their own": "\n".join(TEN).replace("é", "e\u0301").encode(),
}


@pytest.mark.parametrize("content", ENCODED.values(), ids=ENCODED)
def test_class_names_are_read_as_they_are_meant(folder, content):
    assert folder.write().classes(content).load()[2] == tuple(TEN)


WRONG = {
    "latin-1": ("\n".join(TEN).encode("latin-1"), "not in UTF-8 (line 1): save it as UTF-8"),
    "too few": ("\n".join(TEN[:8]), "names 8 classes, but the training part has the labels 0 to 9"),
    "too many": ("\n".join(["name", *TEN]), "names 11 classes, but the training part has the labels 0 to 9"),
    "none": ("\n\n", "names 0 classes"),
    "one twice": ("\n".join([*TEN[:9], "one "]), "has the name 'one' more than once"),
    "no font": ("\n".join([*TEN[:9], "\U000e0041"]), "no font on this machine has"),
    "control": ("\n".join([*TEN[:9], "a\tb"]), "has a control character (U+0009)"),
}


@pytest.mark.parametrize(("content", "words"), WRONG.values(), ids=WRONG)
def test_wrong_class_names_are_refused_before_anything_runs(folder, content, words):
    said = folder.write().classes(content).refused()
    assert words in said and str(folder.path / "classes.txt") in said


def test_class_names_that_are_no_file_are_not_overlooked(folder):
    folder.write().path.joinpath("classes.txt").symlink_to("nowhere")
    assert "classes.txt is no file" in folder.refused()


def test_class_names_may_lie_beside_the_files_below(folder):
    folder.write("MNIST/raw/{part}-{kind}-idx{rank}-ubyte").path.joinpath("MNIST/raw/classes.txt").write_text(
        "\n".join(TEN), "utf-8"
    )
    assert folder.load()[2] == tuple(TEN)
