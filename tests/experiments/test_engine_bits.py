"""Whoever computes a training, in this process, on its workers, or on other machines: its result is the same to the bit."""

import random
import sys
import threading

import cloudpickle
import keras
import numpy as np
import pytest
import tiny
from clusters import remote, using

from sixtytwo.base import paths
from sixtytwo.experiments import engine, models, training


@pytest.fixture(scope="module", autouse=True)
def as_in_a_notebook():
    """What is defined here travels by value, like the cells of a notebook."""
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def network(hp):
    x = image = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(hp.Choice("filters", [4, 8]), 3, activation="relu")(x)
    x = keras.layers.MaxPooling2D(4)(x)
    x = keras.layers.Dropout(0.3)(keras.layers.Flatten()(x))
    model = keras.Model(image, keras.layers.Dense(62, "softmax")(x))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Noise(keras.layers.Layer):
    def call(self, x, training=False):
        return x + keras.random.normal(keras.ops.shape(x), seed=7) if training else x


def own_layer(hp):
    plain = network(hp)
    model = keras.Model(plain.inputs, Noise()(plain.layers[1].output))
    model = keras.Model(plain.inputs, keras.layers.Dense(62, "softmax")(keras.layers.Flatten()(model.output)))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def trainings(data):
    how = {"values": {"filters": 4}, "data": data, "epochs": 2, "seed": 0}
    distorted = {"augmentation": {"rotation": 10, "shift": 2}, "clean_epochs": 1}
    return [
        training.Training(network, **how | {"seed": 1}, name="distorted", **distorted),
        training.Training(own_layer, **how, name="own", mixed_precision=True),
    ]


@pytest.fixture
def trained(data, tmp_path, monkeypatch):
    """Train in a store of its own; gives what was measured, and the weights."""

    def train(place, workers):
        for module in (engine, engine.cluster):
            monkeypatch.setattr(module, "local_workers", lambda: workers)
        for name in ("LOCAL", "PUBLISHED", "UNFINISHED"):
            monkeypatch.setattr(paths, name, tmp_path / place / name)
        runs = training.train(trainings(data))
        times = {"train_seconds": None, "cpu_minutes": None}
        return [run | times for run in runs], [models.load_model(run).get_weights() for run in runs]

    return train


@pytest.fixture(scope="module")
def other_machines(tmp_path_factory):
    with remote(tmp_path_factory.mktemp("remote"), workers=1) as cluster:
        yield cluster


def same(found, expected):
    assert found[0] == expected[0]
    for ours, theirs in zip(found[1], expected[1], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_trainings_are_the_same_to_the_bit_here_on_two_workers_and_on_other_machines(trained, other_machines):
    here = trained("here", 1)
    same(trained("workers", 2), here)
    with using(other_machines):
        same(trained("remote", 1), here)


class Elsewhere(keras.layers.Layer):
    def call(self, x):
        return x if tiny.VALUES else None  # `tiny` is a module that other machines do not have


def test_what_other_machines_cannot_load_is_said(other_machines, data, own_store):
    def elsewhere(hp):
        plain = network(hp)
        model = keras.Model(plain.inputs, Elsewhere()(plain.output))
        model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    with using(other_machines), pytest.raises((engine.EngineError, engine.ClusterError), match=r"^x, seed 0: .*'tiny'"):
        training.train(training.Training(elsewhere, {"filters": 4}, data, name="x", seed=0, epochs=1))


def test_other_threads_that_draw_random_numbers_do_not_change_the_weights():
    stop = threading.Event()

    def draws():
        while not stop.is_set():
            random.random()

    def weights():
        return models.build_model(network, {"filters": 8}, seed=0).get_weights()

    alone, thread = weights(), threading.Thread(target=draws)
    thread.start()
    try:
        disturbed = [weights() for _ in range(5)]
    finally:
        stop.set()
        thread.join()
    assert all(np.array_equal(a, b) for again in disturbed for a, b in zip(alone, again, strict=True))
