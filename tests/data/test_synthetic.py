"""The stand-in data look like EMNIST to the code that reads them."""

import numpy as np

from sixtytwo.data import emnist, synthetic


def test_same_arguments_give_the_same_bytes():
    first, again = synthetic.load("train", 300), synthetic.load("train", 300)
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], synthetic.load("test", 300)[0])
    assert not np.array_equal(first[0], synthetic.load("train", 300, seed=1)[0])


def test_images_have_the_shape_and_range_of_emnist():
    images, labels = synthetic.load("train", 2500)
    assert images.shape == (2500, 28, 28) and images.dtype == labels.dtype == np.uint8
    assert (images.min((1, 2)) == 0).all() and (images.max((1, 2)) == 255).all()
    frame = images.copy()
    frame[:, 2:-2, 2:-2] = 0
    assert (frame > 127).mean() < 0.01, "characters must keep off the frame"


def test_classes_have_the_imbalance_of_byclass():
    labels = synthetic.load("train", 20_000)[1]
    shares, official = np.bincount(labels) / len(labels), emnist.official_counts("train") / 697_932
    assert len(shares) == 62
    assert np.abs(shares - official).max() < 0.01


def test_every_class_occurs_in_a_small_sample():
    assert set(synthetic.load("test", 62)[1]) == set(range(62))
