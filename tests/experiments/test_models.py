"""Building, loading and describing networks."""

import functools
import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from tiny import VALUES, build, train

from sixtytwo.experiments import models, training

pytestmark = pytest.mark.usefixtures("own_store")


def test_unknown_or_missing_hyperparameter_is_refused():
    with pytest.raises(ValueError, match="builder has"):
        models.build_model(build, VALUES | {"layers": 3})
    with pytest.raises(ValueError, match="builder has"):
        models.build_model(build, {"units": 16})


def test_saved_model_is_compressed_and_has_no_optimizer_state(data):
    run = train(data)
    weights = sum(w.nbytes for w in models.load_model(run).get_weights())
    with zipfile.ZipFile(models.model_paths(run)[0]) as saved:
        assert sum(part.file_size for part in saved.infolist()) < 2 * weights
        assert sum(part.compress_size for part in saved.infolist()) < weights


def test_ensemble_looks_at_shifted_views(data, monkeypatch):
    image = keras.Input((28, 28, 1))
    corner = keras.Model(image, keras.layers.Flatten()(image)[:, :62])  # the top row and a bit
    monkeypatch.setattr(models.keras.models, "load_model", lambda *a, **k: keras.models.clone_model(corner))
    monkeypatch.setattr(models, "stored", lambda *a: Path("model.keras"))
    views = models.load_model({"members": ["one"], "shifts": [[1, 0], [0, 2]]})
    x = np.zeros((1, 28, 28, 1), np.float32)
    x[0, 0, 5, 0] = 1.0
    found = views(x).numpy()[0]
    assert found[28 + 5] == 0.5 and found[7] == 0.5 and found.sum() == 1.0, "one row down, two columns right"


def test_macs_of_dense_and_convolution_are_counted_by_position():
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(10)(keras.layers.Flatten()(x)))
    assert models.count_macs(model) == 28 * 28 * 9 * 4 + 28 * 28 * 4 * 10


def test_layer_table_names_the_feeding_layers():
    inputs = keras.Input((4,), name="input")
    a, b = (keras.layers.Dense(3, name=name)(inputs) for name in "ab")
    table = models.layer_table(keras.Model(inputs, keras.layers.Add(name="add")([a, b]))).set_index("layer")
    assert table.loc["add", "fed by"] == "a, b" and table.loc["a", "fed by"] == "input"
    assert table.loc["a", "parameters"] == 15


def with_chance(hp):
    """A network whose training draws: initial weights, dropout; and with variables that are not trained."""
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(2, 3, strides=4)(inputs))
    x = keras.layers.Dropout(0.3)(keras.layers.Flatten()(x))
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax")(x))
    rate = keras.optimizers.schedules.CosineDecay(0.01, 10)
    model.compile(keras.optimizers.AdamW(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def learnt(network, data, folder):
    """The weights of a network after two epochs."""
    folder.mkdir()
    how = {"seed": 3, "epochs": 2, "batch_size": 64, "augmentation": {"shift": 1.0}, "clean_epochs": 1}
    training.fit_and_measure(network, data, keep="model", title="x", folder=folder, **how)
    return keras.models.load_model(folder / "model.keras").get_weights()


def test_network_from_its_configuration_alone_learns_what_that_from_its_builder_learns(data, tmp_path):
    alone = models.blueprint(models.build_model(with_chance, {}, seed=3), with_chance, {})
    travelled = json.loads(json.dumps(alone))
    by_builder = functools.partial(models.build_model, with_chance, {})
    first, *others = (learnt(network, data, tmp_path / f"{i}") for i, network in enumerate((alone, travelled, by_builder)))
    for weights in others:
        assert all(map(np.array_equal, first, weights)) and len(weights) == len(first)


@keras.saving.register_keras_serializable("tests")
class Doubled(keras.layers.Layer):
    """A layer of the reader's own."""

    def call(self, x):
        return 2 * x


OWN = {
    "layer": Doubled,
    "lambda": lambda: keras.layers.Lambda(lambda x: 2 * x),
    "inside": lambda: keras.Sequential([keras.layers.Dense(4), Doubled()]),
    "activation": lambda: keras.layers.Dense(4, activation=lambda x: 2 * x),
}


@pytest.mark.parametrize(("name", "layer"), OWN.items(), ids=OWN)
def test_network_with_code_of_its_own_travels_with_its_text_or_its_builder(name, layer):
    def build(hp):
        model = keras.Sequential([keras.Input((784,)), layer(), keras.layers.Dense(62)])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    model = models.build_model(build, {}, seed=5)
    network = models.blueprint(model, build, {})
    assert callable(network) == (name in ("lambda", "activation"))
    assert callable(network) or "class Doubled" in network["code"]
    for again, own in zip(models.from_blueprint(network, seed=5).get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(again, own)


def test_loss_of_ones_own_is_code_as_well():
    @keras.saving.register_keras_serializable("tests")
    def own_loss(y, p):
        return keras.losses.sparse_categorical_crossentropy(y, p)

    model = models.build_model(build, VALUES)
    assert isinstance(models.blueprint(model, build, VALUES), dict)
    model.compile("adam", own_loss)
    assert callable(models.blueprint(model, build, VALUES))


def test_trained_model_and_ensemble_answer_alike_after_they_have_travelled(data):
    runs = [train(data, {}, build=with_chance, seed=seed, epochs=1) for seed in (0, 1)]
    together = {"entry": "both", "members": [run["entry"] for run in runs], "shifts": [[0, 0], [0, 1]]}
    for run in (runs[0], together):
        here, there = models.load_model(run), models.unpacked(models.packed(run))
        assert np.array_equal(models.predict(here, data.x_validation), models.predict(there, data.x_validation))
