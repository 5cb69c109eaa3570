"""Gradients are measured as by hand, and a stored step is found again by all that it depends on."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny
from published_images import images_of

from sixtytwo.base import files, paths, store
from sixtytwo.experiments import gradients, keys, models

OPTIONS = {"seed": 0, "rows": 300, "epochs": 2}


@pytest.fixture
def model():
    return models.build_model(tiny.build, tiny.VALUES)


def test_norms_are_those_of_the_softmax_regression_by_hand(data):
    inputs = keras.Input((784,))
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax", name="output")(inputs))
    images, labels = data.x_train[:50], data.y_train[:50]
    x = images.reshape(50, -1) / 255
    by_hand = x.T @ (models.predict(model, images) - np.eye(62)[labels]) / 50
    assert gradients.gradient_norms(model, images, labels) == {"output": pytest.approx(np.linalg.norm(by_hand), rel=1e-4)}


def test_layers_come_first_to_last_whatever_their_names(data):
    inputs = x = keras.Input((784,))
    for name in ("z", "m", "a"):
        x = keras.layers.Dense(62, "softmax", name=name)(x)
    assert list(gradients.gradient_norms(keras.Model(inputs, x), data.x_train[:10], data.y_train[:10])) == ["z", "m", "a"]


def test_watching_gives_norms_before_training_and_after_each_epoch_and_is_stored(data, own_store):
    options = {name: value for name, value in OPTIONS.items() if name != "seed"} | {"seeds": [0]}
    networks = {"tiny": (tiny.build, tiny.VALUES)}
    [found] = gradients.watch_gradients(networks, data, **options)["tiny"]
    assert len(found["norms"]) == 3 and len(found["val_accuracy"]) == 2
    built = models.build_model(tiny.build, tiny.VALUES, seed=0)
    untrained = models.from_blueprint(models.blueprint(built, tiny.build, tiny.VALUES), seed=0)
    assert found["norms"][0] == pytest.approx(gradients.gradient_norms(untrained, data.x_train, data.y_train), rel=1e-4)
    assert found["norms"][2] != found["norms"][0]
    (entry,) = paths.LOCAL.iterdir()
    assert gradients.watch_gradients(networks, data, **options) == {"tiny": [found]}
    assert list(paths.LOCAL.iterdir()) == [entry] and entry.name.startswith("gradients-seed0-")


def test_networks_and_seeds_are_told_apart(data, own_store, one_core):
    networks = {name: (tiny.build, tiny.VALUES | {"units": units}) for name, units in (("small", 4), ("large", 16))}
    found = gradients.watch_gradients(networks, data.first(100), seeds=[1, 0], rows=100, epochs=1)
    for name, (build, values) in networks.items():
        for seed, watched in zip([1, 0], found[name], strict=True):
            untrained = models.build_model(build, values, seed=seed)
            norms = gradients.gradient_norms(untrained, data.x_train[:100], data.y_train[:100])
            assert watched["norms"][0] == pytest.approx(norms, rel=1e-4)


@pytest.mark.parametrize("change", [{"seed": 1}, {"rows": 301}, {"epochs": 3}, {"batch_size": 32}])
def test_every_option_changes_the_key(change, model, data):
    usual = OPTIONS | {"batch_size": 64}
    assert gradients.spec_of(model, data, **usual) != gradients.spec_of(model, data, **usual | change)


def test_network_and_images_and_the_code_that_trains_change_the_key(model, data, monkeypatch):
    usual = OPTIONS | {"batch_size": 64}
    spec = gradients.spec_of(model, data, **usual)
    other = models.build_model(tiny.build, tiny.VALUES | {"learning_rate": 0.003})
    assert gradients.spec_of(other, data, **usual) != spec
    fewer = dataclasses.replace(data, x_train=data.x_train[:-1], y_train=data.y_train[:-1])
    assert gradients.spec_of(model, fewer, **usual) != spec
    monkeypatch.setattr(keys, "TRAINING", keys.TRAINING + 1)
    assert gradients.spec_of(model, data, **usual) != spec


def test_published_steps_are_found_again():
    for folder in sorted(paths.PUBLISHED.glob("gradients-seed0-*")):
        stored = store.entry(folder.name).spec
        model = keras.Model.from_config(stored["model"])
        model.compile_from_config(stored["compile"])
        options = {name: stored[name] for name in OPTIONS}
        digest = files.digest(gradients.spec_of(model, images_of(stored), **options, batch_size=64))
        assert folder.name == f"gradients-seed0-{digest[:16]}"
