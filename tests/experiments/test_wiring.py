"""Depth is counted along the longest path."""

import keras

from sixtytwo.experiments import wiring


def test_depth_counts_layers_with_weights_on_the_longest_path():
    inputs = keras.Input((8,))
    long = keras.layers.Dense(4, name="b")(keras.layers.ReLU()(keras.layers.Dense(4, name="a")(inputs)))
    short = keras.layers.Dense(4, name="c")(inputs)
    outputs = keras.layers.Dense(2, name="output")(keras.layers.Add()([long, short]))
    assert wiring.weighted_depth(keras.Model(inputs, outputs)) == 3
    assert wiring.weighted_depth(keras.Model(inputs, short)) == 1
