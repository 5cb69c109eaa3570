"""Networks as ONNX."""

import keras

from sixtytwo.experiments import export


def test_exports_of_one_network_are_equal_to_the_byte(tmp_path):
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.MaxPooling2D()(keras.layers.Conv2D(4, 3, padding="same")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax")(keras.layers.Flatten()(x)))
    for name in "ab":
        export.export_onnx(model, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
