"""What a network looks at."""

import keras
import numpy as np
import pytest

from sixtytwo.experiments import inspection


def network(*layers):
    return keras.Sequential([keras.Input((28, 28, 1)), *layers])


def test_first_weights_lie_over_the_image_or_over_a_filter():
    dense = network(keras.layers.Flatten(), keras.layers.Dense(5))
    maps = inspection.first_weights(dense)
    assert maps.shape == (28, 28, 5) and np.array_equal(maps[1, 2, 3], dense.get_weights()[0][28 + 2, 3])
    convolution = network(keras.layers.BatchNormalization(), keras.layers.Conv2D(4, 3))
    assert inspection.first_weights(convolution).shape == (3, 3, 4)


def test_first_weights_that_are_neither_are_none():
    pooled = network(keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(5))
    assert inspection.first_weights(pooled) is None


def test_occlusion_costs_most_where_the_network_looks():
    """A network that looks at one pixel, row 10 and column 20: the more ink there, the more likely class 1."""
    model = network(keras.layers.Flatten(), keras.layers.Dense(2, "softmax"))
    kernel = np.zeros((784, 2), "float32")
    kernel[10 * 28 + 20, 1] = 5
    model.set_weights([kernel, np.zeros(2, "float32")])
    picture = np.full((28, 28), 255, np.uint8)
    heat = inspection.occlusion_map(model, picture, 1)
    lost = 1 / (1 + np.exp(-5)) - 0.5
    assert heat.shape == (12, 12)
    assert [place.tolist() for place in np.nonzero(heat > 0.01)] == [[3, 3, 3, 4, 4, 4, 5, 5, 5], [8, 9, 10] * 3]
    assert heat.max() == pytest.approx(lost, abs=1e-5) and (picture == 255).all()


def test_network_without_weights_over_anything_has_no_first_weights():
    assert inspection.first_weights(network(keras.layers.GlobalAveragePooling2D(), keras.layers.BatchNormalization())) is None
