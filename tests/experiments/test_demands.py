"""What is asked of a network before it trains: each wrong one is refused in one sentence, and nothing is trained."""

import functools
import json
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny
from keras import layers

from sixtytwo.base import paths
from sixtytwo.experiments import fitting, models, records, training, tuning

pytestmark = pytest.mark.usefixtures("own_store", "one_core")

SPARSE = "sparse_categorical_crossentropy"


def network(*parts, shape=(784,), last=None, loss=SPARSE, metrics=("accuracy",), **how):
    """A builder of a chain of layers, made anew in each call."""

    def build(hp):
        x = image = keras.Input(shape, **how)
        for part in parts:
            x = part()(x)
        x = (last or (lambda: layers.Dense(62, "softmax")))()(x)
        return compiled(keras.Model(image, x), loss, metrics)

    return build


def compiled(model, loss=SPARSE, metrics=("accuracy",)):
    model.compile("adam", loss, metrics=list(metrics) if isinstance(metrics, tuple) else metrics)
    return model


class Subclassed(keras.Model):
    """A model written as in PyTorch."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(62, "softmax")

    def call(self, x):
        return self.dense(x)


def returns_nothing(hp):
    compiled(keras.Sequential([keras.Input((784,)), layers.Dense(62, "softmax")]))


def with_two_inputs(hp):
    one, other = keras.Input((784,)), keras.Input((784,))
    return compiled(keras.Model([one, other], layers.Dense(62, "softmax")(layers.Add()([one, other]))))


def with_two_outputs(hp):
    image = keras.Input((784,))
    outputs = [layers.Dense(62, "softmax", name=name)(image) for name in "ab"]
    return compiled(keras.Model(image, outputs), metrics=[["accuracy"], ["accuracy"]])


def with_a_local_layer(hp):
    class Local(layers.Layer):
        def call(self, x):
            return x

    return network(Local)(hp)


class Forgetful(layers.Layer):
    """A layer that does not say what it was made with."""

    def __init__(self, factors, **kwargs):
        super().__init__(**kwargs)
        self.factor = sum(factors)

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return layers.Layer.get_config(self)


logits = functools.partial(layers.Dense, 62)
from_logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
REFUSED = {
    "no function": ("build", "expected a function build"),
    "no argument": (lambda: None, "begin it with `def"),
    "two arguments": (lambda hp, units: None, "'units'.*give all that follows hp a default"),
    "nothing returned": (returns_nothing, "returns_nothing returns nothing.*return model"),
    "no model returned": (lambda hp: 3, "returns a int: expected a compiled keras.Model"),
    "subclass": (lambda hp: compiled(Subclassed()), "returns a Subclassed, a subclass of keras.Model.*Subclassed.*image"),
    "not compiled": (lambda hp: keras.Sequential([keras.Input((784,)), logits()]), "is not compiled: call"),
    "two inputs": (with_two_inputs, "has 2 inputs: expected one"),
    "larger image": (network(layers.Flatten, shape=(32, 32, 1)), r"reads \(32, 32, 1\), but an image has 28x28 pixels"),
    "colours": (network(layers.Flatten, shape=(28, 28, 3)), r"reads \(28, 28, 3\)"),
    "any size": (network(layers.GlobalAveragePooling2D, shape=(None, None, 1)), r"reads \(None, None, 1\)"),
    "batches of one size": (network(batch_size=64), "reads batches of 64"),
    "two outputs": (with_two_outputs, "has 2 outputs: expected one, a softmax over the 62 classes"),
    "100 outputs": (
        network(last=lambda: layers.Dense(100, "softmax")),
        r"100 outputs for 62 classes: end in keras.layers.Dense\(62",
    ),
    "10 outputs": (network(last=lambda: layers.Dense(10, "softmax")), "10 outputs for 62 classes"),
    "a map": (network(shape=(28, 28)), r"outputs of the shape \(28, 62\) for 62 classes"),
    "logits": (network(last=logits, loss=from_logits), r"from_logits=True.*end in keras.layers.Dense\(62"),
    "softmax as logits": (network(loss=from_logits), "from_logits=True.*leave out from_logits"),
    "no softmax": (network(last=logits), "no probabilities.*add up to"),
    "sigmoid": (network(last=lambda: layers.Dense(62, "sigmoid")), "no probabilities.*add up to"),
    "no loss": (network(loss=None), "without a loss"),
    "no metrics": (network(metrics=()), r'metrics: none\): add "accuracy"'),
    "other metrics": (network(metrics=("mse",)), r'metrics: mse\): add "accuracy"'),
    "equality": (network(metrics=(keras.metrics.Accuracy(),)), 'add "accuracy"'),
    "metric of other labels": (network(metrics=("categorical_accuracy",)), 'categorical_accuracy.*add "accuracy"'),
    "lambda layer": (network(lambda: layers.Lambda(lambda x: 2 * x)), "a lambda in a network cannot be stored.*keras.ops"),
    "lambda activation": (network(lambda: layers.Dense(4, activation=lambda x: x)), "a lambda in a network"),
    "function of TensorFlow": (
        network(lambda: layers.Dense(4, activation=tf.nn.softmax)),
        'write "softmax", or keras.ops.softmax',
    ),
    "local layer": (with_a_local_layer, "Local is defined inside of a function"),
    "layer without its arguments": (network(lambda: Forgetful([1, 2])), "cannot be built again.*get_config"),
    "huge": (network(lambda: layers.Dense(10_000_000)), "has 7,8.*parameters up to its layer.*expected at most 100,000,000"),
}


@pytest.mark.parametrize(("build", "sentence"), REFUSED.values(), ids=REFUSED)
def test_network_is_refused_in_one_sentence_before_anything_is_trained(build, sentence, data, monkeypatch):
    monkeypatch.setattr(fitting, "fit", lambda *args, **options: pytest.fail("trained"))
    searched = functools.partial(tuning.search, name="x", max_trials=2, rows=200, epochs=1)
    for attempt in (searched, lambda build, data: tiny.train(data, {}, build=build)):
        with pytest.raises(ValueError, match=sentence) as refused:
            attempt(build, data)
        said = str(refused.value)
        assert "\n" not in said and not re.search(r"\. [A-Z]", said) and len(said) < 500
    assert not paths.LOCAL.exists()


TAKEN = {
    "flat": network(),
    "rows": network(layers.Flatten, shape=(28, 28)),
    "one channel": network(layers.Flatten, shape=(28, 28, 1)),
    "sequential": lambda hp: compiled(keras.Sequential([keras.Input((784,)), layers.Dense(62, "softmax")])),
    "sequential without input": lambda hp: compiled(keras.Sequential([layers.Flatten(), layers.Dense(62, "softmax")])),
    "optional hp": lambda hp=None: network()(hp),
    "nested": network(lambda: keras.Sequential([layers.Dense(4, "relu")]), lambda: keras.Sequential([layers.Dense(3)])),
    "softmax layer": network(logits, last=layers.Softmax),
    "acc": network(metrics=("acc",)),
    "class of accuracy": network(metrics=(keras.metrics.SparseCategoricalAccuracy(name="right"),)),
    "further metrics": network(metrics=("sparse_top_k_categorical_accuracy", "sparse_categorical_accuracy", "acc")),
    "metrics by output": network(metrics=[["accuracy"]]),
    "one-hot": network(loss="categorical_crossentropy", metrics=("categorical_accuracy",)),
    "one-hot function": network(loss=keras.losses.categorical_crossentropy),
    "squares": network(loss="mse"),
    "divergence": network(loss=keras.losses.KLDivergence(), metrics=("acc",)),
    "random views": network(lambda: layers.RandomRotation(0.1), layers.Flatten, shape=(28, 28, 1)),
    "noise": network(lambda: layers.GaussianNoise(0.1)),
}


@pytest.mark.parametrize("build", TAKEN.values(), ids=TAKEN)
def test_other_ways_to_write_the_same_network_work(build, data):
    run = tiny.train(data.first(200), {}, build=build, epochs=1)
    assert len(run["history"]["accuracy"]) == len(run["history"]["val_accuracy"]) == 1
    answers = models.predict(models.load_model(run), data.x_validation)
    assert answers.shape == (100, 62) and answers.sum(axis=1) == pytest.approx(1, abs=1e-3)
    assert run["history"]["val_accuracy"][0] == pytest.approx(run["validation"]["accuracy"], abs=1e-6)


def test_squares_are_those_of_one_hot_labels(data):
    run = tiny.train(data, {}, build=network(loss="mse"), epochs=1)
    assert run["history"]["loss"][0] < 2 / 62  # of numbers of classes they would be hundreds


def test_weights_that_a_builder_gives_are_those_that_are_trained(data):
    def adapted(hp, mean=33.0):
        scaling = layers.Normalization(axis=None)
        scaling.adapt(np.array([[mean - 1.0], [mean + 1.0]], "float32"))
        return network(lambda: scaling)(hp)

    run = tiny.train(data, {}, build=adapted, epochs=1)
    assert float(models.load_model(run).layers[1].mean.numpy().ravel()[0]) == 33
    other = tiny.train(data, {}, build=functools.partial(adapted, mean=34.0), epochs=1)
    assert other["entry"] != run["entry"], "they are part of the key"


def test_weights_that_are_only_frozen_are_those_of_the_seed_and_not_part_of_the_key():
    def frozen(hp):
        image = keras.Input((784,))
        x = layers.Dense(62, "softmax", bias_initializer=keras.initializers.Constant(2.0), trainable=False)(image)
        return compiled(keras.Model(image, x))

    model = models.build_model(frozen, {}, seed=3)
    assert models.given_weights(model, frozen, 3) is None
    assert isinstance(models.blueprint(model, frozen, {}, seed=3), dict)


def test_weights_that_training_would_change_are_refused_where_no_seed_gives_them(data, tmp_path):
    build = network(lambda: layers.Dense(8, name="learnt"))
    build(None).save_weights(tmp_path / "elsewhere.weights.h5")

    def fine_tuned(hp):
        model = build(hp)
        model.load_weights(tmp_path / "elsewhere.weights.h5")
        return model

    with pytest.raises(ValueError, match=r"builder fine_tuned .* training would change \(learnt/kernel\).*trainable = False"):
        tiny.planned(data, {}, build=fine_tuned).step()


def test_frozen_weights_of_another_training_are_kept_and_part_of_the_key(data, tmp_path):
    def frozen(name, value):
        def build(hp):  # a network that was stored, cut off, with a new end
            learnt = keras.Sequential([keras.Input((784,)), layers.Dense(8, "relu", name="learnt")], name="base")
            learnt.get_layer("learnt").kernel.assign(np.full((784, 8), value))
            learnt.trainable = False
            image = keras.Input((784,))
            return compiled(keras.Model(image, layers.Dense(62, "softmax")(learnt(image))))

        run = tiny.train(data, {}, name=name, build=build, epochs=1)
        path = records.record(tmp_path, name, title=name, build=build, values={}, runs=[run], data=data)
        again = training.train(records.retraining(json.loads(path.read_text()), data.first(200), name="again", seed=1))
        return [models.load_model(found).get_weights()[0] for found in (run, again)], run["entry"].split("-")[-1]

    (first, again), key = frozen("a", 0.25)
    (other, _), other_key = frozen("b", 0.5)
    assert (first == 0.25).all() and (again == 0.25).all() and (other == 0.5).all() and key != other_key
