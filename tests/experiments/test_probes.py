"""Probes read one layer of the networks that they are given, and a stored step is found again by all that it depends on."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tiny
from published_images import images_of

from sixtytwo.base import paths
from sixtytwo.experiments import probes

pytestmark = pytest.mark.usefixtures("one_core")

LAYERS = ["input", "hidden"]


@pytest.fixture(scope="module")
def few(data):
    return data.first(200)


@pytest.fixture
def runs(few, own_store):
    return [tiny.train(few, seed=seed, epochs=10) for seed in (0, 1)]


def steps():
    return [path.name for path in paths.LOCAL.glob("probes-*")]


def test_probe_finds_what_a_layer_still_knows_of_the_class(data):
    """Images with their class in the upper half and noise in the lower."""

    def images(labels, seed):
        pictures = np.random.default_rng(seed).integers(0, 100, (len(labels), 28, 28), dtype=np.uint8)
        pictures[np.arange(len(labels)), labels // 28, labels % 28] = 255
        pictures[:, 4:14] = 0
        return pictures

    old, new = images(data.y_train, 0), images(data.y_validation, 1)
    marked = dataclasses.replace(data, x_train=old, x_validation=new)
    inputs = keras.Input((28, 28, 1), name="input")
    upper = keras.layers.Cropping2D(((0, 14), (0, 0)), name="upper")(inputs)
    lower = keras.layers.Cropping2D(((14, 0), (0, 0)), name="lower")(inputs)
    network = keras.Model(inputs, [upper, lower])
    assert probes.probe(network, "upper", marked) > 0.9
    assert probes.probe(network, "lower", marked) < 0.2


def test_training_makes_the_hidden_layer_better_and_leaves_the_input_as_it_was(runs, few):
    trained = probes.probe_layers(runs, few, LAYERS)
    untrained = probes.probe_untrained(tiny.build, tiny.VALUES, runs, few, LAYERS)
    assert trained["input"] == untrained["input"] and len(set(trained["input"])) == 1  # two networks, the same images
    assert np.mean(trained["hidden"]) > np.mean(untrained["hidden"])


def test_probes_are_stored_by_runs_images_and_layers(runs, few):
    found = probes.probe_layers(runs, few, ["hidden"])
    assert probes.probe_layers(runs, few, ["hidden"]) == found and len(steps()) == 1
    other_images = dataclasses.replace(few, x_train=few.x_train[::-1].copy())
    changes = [(runs[:1], few, ["hidden"]), (runs, few, ["output"]), (runs, other_images, ["hidden"])]
    for n, changed in enumerate(changes, start=2):
        probes.probe_layers(*changed)
        assert len(steps()) == n


def test_networks_before_training_are_those_of_the_runs(runs, few):
    with pytest.raises(ValueError, match="trained another network"):
        probes.probe_untrained(tiny.build, tiny.VALUES | {"units": 8}, runs, few, LAYERS)


def test_run_that_is_not_in_the_store_is_named(data, own_store):
    with pytest.raises(FileNotFoundError, match="train-tiny-seed0-0 is not in the store"):
        probes.probe_layers([{"entry": "train-tiny-seed0-0", "seed": 0}], data, LAYERS)


def test_published_steps_are_found_again():
    """The images of the published run, known by their digests alone: what is not stored would have to be computed from them."""
    entries = (json.loads((folder / "entry.json").read_text()) for folder in paths.PUBLISHED.glob("probes-untrained-*"))
    [entry] = [entry for entry in entries if "layers" not in entry["spec"]]  # of the residual network
    runs = [{"entry": name, "seed": seed} for seed, name in enumerate(entry["spec"]["runs"])]
    data = images_of(entry["spec"], n_train=90_000, n_validation=10_000)
    configs = iter([probes._spec_of(run)["model"] for run in runs])  # a seed for the dropout in each

    def build(hp):
        model = keras.Model.from_config(next(configs))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    before = probes.probe_untrained(build, {}, runs, data, probes.STORED_LAYERS)
    after = probes.probe_layers(runs, data, probes.STORED_LAYERS)
    assert before == entry["result"] and np.mean(after["dense"]) > np.mean(before["dense"])
