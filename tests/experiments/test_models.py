"""Building, loading and describing networks."""

import zipfile

import keras
import numpy as np
import pytest
from tiny import VALUES, build, train

from sixtytwo.experiments import models

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
    monkeypatch.setattr(models, "stored", lambda *a: None)
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
