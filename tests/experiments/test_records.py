"""The record of a model, and the network made from it again."""

import json

import keras
import numpy as np
import pytest
from tiny import VALUES, build, planned, train

from sixtytwo.experiments import export, models, records, training

pytestmark = pytest.mark.usefixtures("own_store", "one_core")


def test_record_holds_model_and_onnx_and_is_read_back(data, tmp_path):
    run = train(data)
    path = records.record(tmp_path, "tiny", title="Tiny", build=build, values=VALUES, runs=[run], data=data)
    record = records.load_records(tmp_path)["tiny"]
    assert record == json.loads(path.read_text())
    assert record["parameters"] == 784 * 16 + 16 + 16 * 62 + 62 and record["runs"][0]["entry"] == run["entry"]
    import onnxruntime

    session = onnxruntime.InferenceSession(path.with_suffix(".onnx"))
    images = data.x_validation[:20]
    found = session.run(None, {session.get_inputs()[0].name: (images / np.float32(255))[..., None]})[0]
    assert np.allclose(found, models.predict(models.load_model(run), images), atol=1e-4)


def test_missing_records_say_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="execute a model chapter"):
        records.load_records(tmp_path)


def scheduled(hp):
    model = build(hp)
    rate = keras.optimizers.schedules.CosineDecay(0.001, 90, warmup_target=0.01, warmup_steps=10)
    model.compile(keras.optimizers.AdamW(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def recorded(data, folder, **options):
    run = train(data, build=scheduled, **options)
    path = records.record(folder, "tiny", title="Tiny", build=scheduled, values=VALUES, runs=[run], data=data)
    return json.loads(path.read_text())


def test_recorded_network_is_rebuilt_with_fresh_weights_and_a_stretched_schedule(data, tmp_path):
    record = recorded(data, tmp_path, epochs=1)
    first, second = (models.build_model(records.rebuild(record, stretch=0.5), {}, seed=seed) for seed in (0, 1))
    assert first.get_config()["layers"] == models.load_model(record["runs"][0]).get_config()["layers"]
    assert not np.array_equal(first.get_weights()[0], second.get_weights()[0])
    schedule = first.optimizer._learning_rate
    assert (schedule.decay_steps, schedule.warmup_steps, schedule.warmup_target) == (45, 5, 0.01)


def test_recorded_training_is_repeated_on_a_part_of_the_images(data, tmp_path):
    record = recorded(data, tmp_path, epochs=2, batch_size=90)
    again = training.train(records.retraining(record, data, name="again", seed=0))
    assert again["history"] == record["runs"][0]["history"] and again["entry"].startswith("train-tiny-again-seed0-")
    less = records.retraining(record, data.first(300), name="less", seed=1, epochs=3, keep="metrics")
    rebuilt = models.build_model(less.build, less.values)
    assert rebuilt.optimizer._learning_rate.decay_steps == 45  # a third of the images, 1.5 times
    assert len(less.data.x_train) == 300 and (less.seed, less.epochs, less.batch_size, less.keep) == (1, 3, 90, "metrics")


def test_winner_of_a_search_is_told_to_its_record(data, tmp_path):
    search = {"best": VALUES, "trials": 3}
    run, winner = training.train([planned(data), planned(data, name="tiny-winner", epochs=1)])
    about = {"title": "Tiny", "build": build, "values": VALUES, "runs": [run], "data": data}
    records.record(tmp_path, "tiny", **about, search=search, winner=winner)
    told = {"validation": winner["validation"], "entry": winner["entry"]}
    assert records.load_records(tmp_path)["tiny"]["search"] == search | {"winner": told}
    assert "winner" not in search and told["entry"].startswith("train-tiny-winner-seed0-")


def test_ensemble_is_recorded_without_builder_and_export(data, tmp_path):
    runs = [train(data, seed=seed) for seed in (0, 1)]
    together = training.ensemble(runs, data, name="both", shifts=[(0, 0)])
    record = json.loads(records.record(tmp_path, "both", title="Both", runs=[together], data=data).read_text())
    assert record["parameters"] == 2 * models.load_model(runs[0]).count_params()
    assert record["compile"] is None and not (tmp_path / "models" / "both.onnx").exists()


def test_title_of_another_model_is_refused(data, tmp_path):
    about = {"build": build, "values": VALUES, "runs": [train(data, epochs=1)], "data": data}
    records.record(tmp_path, "tiny", title="Tiny", **about)
    records.record(tmp_path, "tiny", title="Tiny", **about)
    with pytest.raises(ValueError, match="the title 'Tiny' is that of the model 'tiny' already"):
        records.record(tmp_path, "other", title="Tiny", **about)
    with pytest.raises(ValueError, match="the key 'a/b' becomes the name of a file"):
        records.record(tmp_path, "a/b", title="Other", **about)


def test_network_without_an_equal_in_onnx_is_recorded_without_the_file_and_a_line_says_why(data, tmp_path, monkeypatch, capsys):
    def unknown(model, path):
        raise export.ExportError("tiny.onnx cannot be written: no such operation")

    about = {"build": build, "values": VALUES, "runs": [train(data, epochs=1)], "data": data}
    path = records.record(tmp_path, "tiny", title="Tiny", **about)
    monkeypatch.setattr(export, "export_onnx", unknown)
    records.record(tmp_path, "tiny", title="Tiny", **about)
    assert "no such operation. The network is recorded without it" in capsys.readouterr().out
    assert not path.with_suffix(".onnx").exists() and records.load_records(tmp_path)["tiny"]["compile"]
    assert records.exported_models(tmp_path, ["tiny"]) == {}
