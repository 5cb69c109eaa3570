"""Layers and functions of a reader's own: stored as text with the weights, and known wherever the network is used."""

import json
import subprocess
import sys
import types

import keras
import nbclient
import nbformat
import numpy as np
import pytest
import tiny
from keras import layers

from sixtytwo.base import paths
from sixtytwo.experiments import models, own_code, records, timing, training

pytestmark = pytest.mark.usefixtures("own_store", "one_core")

FACTOR = 2.0


def scaled(x):
    return FACTOR * x


class Plain(layers.Layer):
    """Not registered, with weights, and with arguments."""

    def __init__(self, power=1, **kwargs):
        super().__init__(**kwargs)
        self.power = power

    def build(self, shape):
        self.gain = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return scaled(x) ** self.power * self.gain

    def get_config(self):
        return super().get_config() | {"power": self.power}


@keras.saving.register_keras_serializable("tests")
class Registered(Plain):
    """Another, registered."""


class Inner(keras.Model):
    """A model of the reader's own, used as a layer."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(units, "gelu")

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        return super().get_config() | {"units": self.dense.units}


def own_activation(x):
    return keras.ops.tanh(x)


def own_loss(y, p):
    return keras.losses.sparse_categorical_crossentropy(y, p)


def build(hp):
    x = image = keras.Input((784,))
    x = layers.Dense(4, own_activation)(x)
    x = Inner(units=5)(Registered(power=2)(Plain()(x)))
    model = keras.Model(image, layers.Dense(62, "softmax")(x))
    model.compile("adam", own_loss, metrics=["accuracy"])
    return model


def test_text_holds_what_the_network_needs_and_defines_it_again():
    text = models.code_in(models.build_model(build, {}), build)
    for part in ("class Plain(", "class Registered(", "class Inner(", "def scaled(", "def own_activation(", "def own_loss("):
        assert part in text
    assert "\nFACTOR = 2.0\n" in text
    assert "def build(hp)" not in text and "pytest" not in text
    namespace = {}
    exec(text, namespace)
    assert namespace["Registered"](power=2).get_config()["power"] == 2


def test_network_with_code_of_its_own_is_recorded_judged_and_trained_again(data, tmp_path):
    run = tiny.train(data, {}, build=build, epochs=1)
    assert (paths.LOCAL / run["entry"] / own_code.FILE).exists()
    records.record(tmp_path, "own", title="Own", build=build, values={}, runs=[run], data=data)
    assert (tmp_path / "models" / "own.onnx").exists()
    found = records.load_records(tmp_path)
    again = training.train(records.retraining(found["own"], data, name="again", seed=0))
    assert again["history"] == run["history"]
    assert len(timing.time_epochs(found, rows=128, repeats=1)[0]["own"]) == 2


def test_another_process_knows_the_network_from_the_store_alone(data):
    run = tiny.train(data, {}, build=build, epochs=1)
    here = models.predict(models.load_model(run), data.x_validation[:5])
    script = """
import json, pathlib, sys
import numpy as np
from sixtytwo.base import paths
from sixtytwo.experiments import models
store, run, images = sys.argv[1:]
paths.LOCAL = pathlib.Path(store)
print(json.dumps(models.predict(models.load_model(json.loads(run)), np.load(images)).tolist()))
"""
    images = paths.LOCAL.parent / "images.npy"
    np.save(images, data.x_validation[:5])
    command = [sys.executable, "-c", script, str(paths.LOCAL), json.dumps({"entry": run["entry"]}), str(images)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), here, atol=1e-6)


def test_code_is_part_of_the_key(data, monkeypatch):
    planned = tiny.planned(data, {}, build=build)
    before = planned.step().spec
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    after = planned.step().spec
    assert before != after and before | {"code": ""} == after | {"code": ""}


def test_class_that_refers_to_what_cannot_be_stored_is_refused(data, monkeypatch):
    monkeypatch.setitem(globals(), "FACTOR", np.ones(1, "float32"))
    with pytest.raises(ValueError, match="scaled refers to FACTOR, a ndarray, which cannot be stored with the network"):
        tiny.train(data, {}, build=build)


CELLS = [
    "import keras\nfrom keras import layers\nfrom sixtytwo.experiments import models",
    "GAIN = 3\nclass Tripled(layers.Layer):\n    def call(self, x):\n        return GAIN * x",
    """
def build(hp):
    image = keras.Input((784,))
    model = keras.Model(image, layers.Dense(62, "softmax")(Tripled()(image)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

print(models.code_in(models.build_model(build, {}), build))
""",
]


def test_layer_of_a_notebook_is_found_in_its_cell():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    printed = "".join(output.get("text", "") for output in notebook.cells[2].outputs if output.get("name") == "stdout")
    module = types.ModuleType("there")
    exec(printed, vars(module))
    assert float(module.Tripled()(np.ones((1, 1)))[0, 0]) == 3
