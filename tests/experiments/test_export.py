"""Networks as ONNX."""

import keras
import pytest

from sixtytwo.experiments import export


def test_exports_of_one_network_are_equal_to_the_byte(tmp_path):
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.MaxPooling2D()(keras.layers.Conv2D(4, 3, padding="same")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax")(keras.layers.Flatten()(x)))
    for name in "ab":
        export.export_onnx(model, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("activation", ["gelu", "silu", "mish", "elu", "softplus", "leaky_relu", "hard_sigmoid"])
def test_activation_is_exported(activation, tmp_path):
    inputs = keras.Input((784,))
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax")(keras.layers.Dense(8, activation)(inputs)))
    export.export_onnx(model, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").exists()


def test_layers_that_distort_images_in_training_alone_are_left_out(tmp_path):
    layers = keras.layers
    distorting = keras.Sequential([layers.RandomTranslation(0.1, 0.1), layers.RandomZoom(0.1)])
    image = keras.Input((28, 28, 1))
    x = layers.Flatten()(layers.RandomBrightness(0.1, value_range=(0, 1))(distorting(image)))
    export.export_onnx(keras.Model(image, layers.Dense(62, "softmax")(x)), tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").exists()


def test_what_onnx_does_not_know_is_said_in_one_sentence(tmp_path):
    inputs = keras.Input((784,))
    x = keras.ops.erfinv(keras.layers.Dense(4, "tanh")(inputs))
    with pytest.raises(export.ExportError, match=r"^model.onnx cannot be written: .*model"):
        export.export_onnx(keras.Model(inputs, keras.layers.Dense(62, "softmax")(x)), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
