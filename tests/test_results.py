"""What a run leaves behind: tables, records, exports, scores."""

import json

import keras
import numpy as np
import pytest
from tiny import VALUES, build, train

import emnist
import helpers
import results
import training

pytestmark = pytest.mark.usefixtures("own_store")


def test_macs_of_dense_and_convolution_are_counted_by_position():
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(10)(keras.layers.Flatten()(x)))
    assert results.count_macs(model) == 28 * 28 * 9 * 4 + 28 * 28 * 4 * 10


def test_layer_table_names_the_feeding_layers():
    inputs = keras.Input((4,), name="input")
    a, b = (keras.layers.Dense(3, name=name)(inputs) for name in "ab")
    table = results.layer_table(keras.Model(inputs, keras.layers.Add(name="add")([a, b]))).set_index("layer")
    assert table.loc["add", "fed by"] == "a, b" and table.loc["a", "fed by"] == "input"
    assert table.loc["a", "parameters"] == 15


def test_record_holds_model_and_onnx_and_is_read_back(data, tmp_path):
    run = train(data)
    path = results.record(tmp_path, "tiny", title="Tiny", build=build, values=VALUES, runs=[run], data=data)
    record = results.load_records(tmp_path)["tiny"]
    assert record == json.loads(path.read_text())
    assert record["parameters"] == 784 * 16 + 16 + 16 * 62 + 62 and record["runs"][0]["entry"] == run["entry"]
    import onnxruntime

    session = onnxruntime.InferenceSession(path.with_suffix(".onnx"))
    images = data.x_validation[:20]
    found = session.run(None, {session.get_inputs()[0].name: (images / np.float32(255))[..., None]})[0]
    assert np.allclose(found, helpers.predict(training.load_model(run), images), atol=1e-4)


def test_missing_records_say_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="execute a model chapter"):
        results.load_records(tmp_path)


def test_scores_are_kept_so_that_the_images_are_needed_once(data, monkeypatch):
    run = train(data)
    first = results.score(run, "synthetic", 200)
    monkeypatch.setattr(helpers, "load_test", lambda *a: pytest.fail("loaded the test images again"))
    again = results.score(run, "synthetic", 200)
    assert first["metrics"] == again["metrics"] and np.array_equal(first["predicted"], again["predicted"])
    assert first["metrics"]["accuracy"] == pytest.approx((first["predicted"] == first["labels"]).mean())


def test_class_names_are_those_of_the_data(data):
    assert data.class_names == emnist.CLASS_NAMES
