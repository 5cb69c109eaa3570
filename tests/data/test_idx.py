"""idx files: arrays, or one clear sentence."""

import gzip

import numpy as np
import pytest
from conftest import idx_bytes

from sixtytwo.data import idx

IMAGES = np.random.default_rng(1).integers(0, 256, (5, 28, 28), dtype=np.uint8)
LABELS = np.arange(5, dtype=np.uint8)


def write(path, content):
    path.write_bytes(gzip.compress(content))
    return path


def test_images_are_read_upright(tmp_path):
    pair = write(tmp_path / "i.gz", idx_bytes(IMAGES.transpose(0, 2, 1).copy())), write(tmp_path / "l.gz", idx_bytes(LABELS))
    images, labels = idx.read_pair(*pair, n_classes=62)
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
    with pytest.raises(idx.DataError, match=words) as error:
        idx.read_idx(path, n_classes=62)
    assert str(path) in str(error.value)


def test_truncated_gzip_is_named(tmp_path):
    path = write(tmp_path / "cut.gz", idx_bytes(IMAGES))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(idx.DataError, match="cannot be read as an idx file"):
        idx.read_idx(path, n_classes=62)


def test_images_and_labels_of_different_length_are_refused(tmp_path):
    pair = write(tmp_path / "i.gz", idx_bytes(IMAGES)), write(tmp_path / "l.gz", idx_bytes(LABELS[:4]))
    with pytest.raises(idx.DataError, match="do not belong together"):
        idx.read_pair(*pair, n_classes=62)
