"""What a run leaves behind: tables, records, exports, scores."""

import json

import keras
import numpy as np
import pandas as pd
import pytest
from tiny import VALUES, build, train

import emnist
import helpers
import results
import store
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


def test_exports_of_one_network_are_equal_to_the_byte(tmp_path):
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.MaxPooling2D()(keras.layers.Conv2D(4, 3, padding="same")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax")(keras.layers.Flatten()(x)))
    for name in "ab":
        results.export_onnx(model, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_missing_records_say_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="execute a model chapter"):
        results.load_records(tmp_path)


def test_scores_are_kept_so_that_images_and_weights_are_needed_once(data, monkeypatch):
    run = train(data)
    first = results.score(run, "synthetic", 200)
    monkeypatch.setattr(helpers, "load_test", lambda *a: pytest.fail("loaded the test images again"))
    store.drop(store.entry(run["entry"]).folder, "model.keras")
    again = results.score(run, "synthetic", 200)
    assert first["metrics"] == again["metrics"] and np.array_equal(first["predicted"], again["predicted"])
    assert first["metrics"]["accuracy"] == pytest.approx((first["predicted"] == first["labels"]).mean())
    with pytest.raises(FileNotFoundError, match="RERUN=1"):
        training.load_model(run)


def test_class_names_are_those_of_the_data(data):
    assert data.class_names == emnist.CLASS_NAMES


def test_recorded_network_is_rebuilt_with_fresh_weights_and_a_stretched_schedule(data, tmp_path):
    def scheduled(hp):
        model = build(hp)
        rate = keras.optimizers.schedules.CosineDecay(0.001, 90, warmup_target=0.01, warmup_steps=10)
        model.compile(keras.optimizers.AdamW(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    run = training.train(scheduled, VALUES, data, name="tiny", seed=0, epochs=1)
    path = results.record(tmp_path, "tiny", title="Tiny", build=scheduled, values=VALUES, runs=[run], data=data)
    record = json.loads(path.read_text())
    first, second = (training.build_model(results.builder(record, stretch=0.5), {}, seed=seed) for seed in (0, 1))
    assert first.get_config()["layers"] == training.load_model(run).get_config()["layers"]
    assert not np.array_equal(first.get_weights()[0], second.get_weights()[0])
    schedule = first.optimizer._learning_rate
    assert (schedule.decay_steps, schedule.warmup_steps, schedule.warmup_target) == (45, 5, 0.01)


def test_ensemble_is_recorded_without_builder_and_export(data, tmp_path):
    runs = [train(data, seed=seed) for seed in (0, 1)]
    together = training.ensemble(runs, data, name="both", shifts=[(0, 0)])
    record = json.loads(results.record(tmp_path, "both", title="Both", runs=[together], data=data).read_text())
    assert record["parameters"] == 2 * training.load_model(runs[0]).count_params()
    assert record["compile"] is None and not (tmp_path / "models" / "both.onnx").exists()


def test_tables_for_the_page_show_numbers_as_they_are():
    space = {"conv1": [16, 32], "learning_rate": [0.01, 0.001]}
    edges = results.edge_table(
        {"space": space, "best": {"conv1": 32, "learning_rate": 0.01}}, {"conv1": 16, "learning_rate": 0.001}
    )
    assert [str(value) for value in edges["our search"]] == ["32", "0.01"]
    layers = pd.DataFrame({"layer": ["conv1"], "output shape": [(None, 28, 28, 16)], "parameters": [12_345]})
    page = results.styled(layers).to_html()
    assert "12,345" in page and "conv1" in page and "row_heading" not in page
