"""How images reach a network."""

import numpy as np
import pytest

from sixtytwo.experiments import pipeline


@pytest.mark.parametrize("input_shape", [(None, 784), (None, 28, 28, 1)])
def test_batches_scale_and_reshape_and_keep_the_order(data, input_shape):
    x, y = next(iter(pipeline.batches(data.x_train, data.y_train, batch_size=32, input_shape=input_shape)))
    assert x.shape == (32, *input_shape[1:])
    assert np.allclose(x.numpy().reshape(32, 28, 28), data.x_train[:32] / 255)
    assert np.array_equal(y, data.y_train[:32])


def test_shuffled_batches_cover_every_row_once_in_a_new_order_each_epoch(data):
    batches = pipeline.batches(
        np.arange(900, dtype=np.uint8).reshape(-1, 1, 1), np.arange(900), batch_size=64, input_shape=(None, 1), shuffle_seed=0
    )
    first, second = (np.concatenate([y for _, y in batches.as_numpy_iterator()]) for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(900))
    assert not np.array_equal(first, second) and not np.array_equal(first, np.arange(900))


def square():
    """A white square of 8×8 pixels off the centre of a black image."""
    image = np.zeros((1, 28, 28, 1), "float32")
    image[:, 8:16, 12:20] = 1
    return image


def centre_of_mass(image):
    rows, columns = np.indices((28, 28))
    return np.array([(rows * image[0, ..., 0]).sum(), (columns * image[0, ..., 0]).sum()]) / image.sum()


def test_no_distortion_is_the_identity():
    np.testing.assert_allclose(pipeline.distort(square(), (0, 1)), square(), atol=1e-6)


def test_same_seed_same_distortion():
    first, again, other = (pipeline.distort(square(), seed, rotation=20, shift=2) for seed in ((0, 1), (0, 1), (0, 2)))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("limits", "size", "distance"),
    [({"shift": 2}, 0, 2), ({"scale": 0.2}, 0.5, 1.5), ({"stretch": 0.2}, 0.5, 1.5), ({"rotation": 10}, 0.03, 0.6)],
    ids=["shift", "scale", "stretch", "rotation"],
)
def test_distortion_stays_within_its_limits_and_uses_them(limits, size, distance):
    images = np.repeat(square(), 200, axis=0)
    distorted = np.asarray(pipeline.distort(images, (0, 0), **limits))
    areas = distorted.sum(axis=(1, 2, 3)) / square().sum() - 1
    moves = [np.abs(centre_of_mass(image[None]) - centre_of_mass(square())).max() for image in distorted]
    assert np.abs(areas).max() <= size + 0.02 and max(moves) <= distance + 0.02
    assert np.abs(areas).max() > size / 2 - 0.02 and max(moves) > 0.1


def test_epochs_never_wait_for_the_tuner_of_the_pipeline(data):
    assert pipeline.batches(data.x_train, batch_size=64, input_shape=(None, 784)).options().autotune.enabled is False


def test_one_order_can_serve_all_epochs(data):
    numbers = np.arange(900, dtype=np.uint8).reshape(-1, 1, 1), np.arange(900)
    how = {"batch_size": 64, "input_shape": (None, 1), "shuffle_seed": 0, "same_order": True}
    batches = pipeline.batches(*numbers, **how)
    first, second = (np.concatenate([y for _, y in batches.as_numpy_iterator()]) for _ in range(2))
    assert np.array_equal(first, second) and not np.array_equal(first, np.arange(900))
