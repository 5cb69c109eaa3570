"""Fast training is the training of Keras."""

import keras
import numpy as np
import pytest
from tiny import VALUES, build

from sixtytwo.base import machine
from sixtytwo.experiments import fast, fitting, models, pipeline


def plain_fit(model, data, *, epochs, batch_size=64):
    """Keras as its documentation shows it: float32 arrays, one step per call."""
    images = (data.x_train / 255).astype("float32").reshape(len(data.x_train), -1)
    return model.fit(images, data.y_train, epochs=epochs, batch_size=batch_size, verbose=0).history


def loss_differences(data, rate):
    """Loss by epoch, fast minus plain, in units of its standard error over four pairs with the same start."""

    def difference(seed):
        model, plain = (models.build_model(build, VALUES, seed=seed) for _ in range(2))
        plain.optimizer.learning_rate = 0.01 * rate
        slow = plain_fit(plain, data, epochs=2)
        quick = fitting.fit(model, data.x_train, data.y_train, epochs=2, batch_size=64, seed=seed)  # other order of images
        return np.subtract(quick["loss"], slow["loss"])

    differences = np.array([difference(seed) for seed in range(4)])
    return differences.mean(axis=0) / (differences.std(axis=0, ddof=1) / np.sqrt(len(differences)))


def test_fast_training_learns_what_plain_keras_learns(data):
    assert (np.abs(loss_differences(data, 1.0)) < 6).all()
    assert (np.abs(loss_differences(data, 0.5)) > 6).any()  # the bound would notice another learning rate


@pytest.mark.parametrize(
    "optimizer", [keras.optimizers.Adam(0.003), keras.optimizers.AdamW(0.003, weight_decay=0.1)], ids=["adam", "adamw"]
)
def test_fast_adam_takes_the_same_steps(data, optimizer):
    def weights_after_a_few_steps(prepare):
        model = models.build_model(build, VALUES)
        model.compile(type(optimizer).from_config(optimizer.get_config()), "sparse_categorical_crossentropy")
        prepare(model)
        batches = pipeline.batches(data.x_train, data.y_train, batch_size=300, input_shape=model.input_shape)
        model.fit(batches, epochs=2, shuffle=False, verbose=0)
        return model.get_weights()

    for quick, plain in zip(*map(weights_after_a_few_steps, (fast.make_fast, lambda model: None)), strict=True):
        np.testing.assert_allclose(quick, plain, atol=1e-6)


def test_amsgrad_is_left_to_keras(data):
    model = models.build_model(build, VALUES)
    model.compile(keras.optimizers.Adam(amsgrad=True), "sparse_categorical_crossentropy")
    own = model.optimizer.update_step
    fast.make_fast(model)
    assert model.optimizer.update_step == own


def convolutions(optimizer):
    keras.utils.set_random_seed(0)
    images = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(8, 3)(images)
    x = keras.layers.MaxPooling2D(4)(keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(x)))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(32)(keras.layers.Flatten()(x)))
    model = keras.Model(images, keras.layers.Dense(62, "softmax")(x))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_fast_batch_normalisation_is_that_of_keras(data):
    quick, plain = (convolutions(keras.optimizers.SGD(0.01)) for _ in range(2))
    fast.make_fast(quick)
    for model in (quick, plain):
        batches = pipeline.batches(data.x_train, data.y_train, batch_size=300, input_shape=model.input_shape)
        model.fit(batches, shuffle=False, verbose=0)
    for a, b in zip(quick.weights, plain.weights, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-3, atol=1e-4, err_msg=a.path)
    np.testing.assert_allclose(models.predict(quick, data.x_validation), models.predict(plain, data.x_validation), atol=1e-4)


def test_mixed_precision_is_used_only_where_it_was_asked_for_and_the_processor_has_it(data, monkeypatch):
    def losses(**options):
        model = convolutions(keras.optimizers.Adam(0.003))
        return fitting.fit(model, data.x_train, data.y_train, epochs=3, batch_size=64, seed=0, **options)["loss"]

    plain = losses()
    mixed = losses(mixed_precision=True)
    assert mixed == pytest.approx(plain, rel=0.02)
    assert (mixed != plain) == machine.has_bfloat16()
    assert losses() == plain  # the choice ends with the training
    monkeypatch.setattr(machine, "has_bfloat16", lambda: False)
    assert losses(mixed_precision=True) == plain
