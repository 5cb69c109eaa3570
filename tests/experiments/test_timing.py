"""What training and answers cost in seconds."""

import numpy as np
import pytest
from tiny import VALUES, build, train

from sixtytwo.base import paths, store
from sixtytwo.experiments import export, fitting, models, records, timing


def tiny_records(data):
    compiled = models.compile_config(models.build_model(build, VALUES))
    runs = {"a": train(data, name="a", epochs=1), "b": train(data, name="b", epochs=1)}
    return {key: {"runs": [run], "compile": compiled} for key, run in runs.items()}


@pytest.mark.usefixtures("own_store")
def test_epochs_are_timed_in_turns_and_once(data, monkeypatch):
    found = tiny_records(data)
    turns, fit = [], fitting.fit
    monkeypatch.setattr(fitting, "fit", lambda model, x, y, **options: turns.append(len(x)) or fit(model, x, y, **options))
    seconds, threads = timing.time_epochs(found, rows=128, repeats=2)
    assert threads == 1
    assert turns == 4 * [128]
    assert {key: len(times) for key, times in seconds.items()} == {"a": 4, "b": 4}
    assert min(map(min, seconds.values())) > 0
    assert timing.time_epochs(found, rows=128, repeats=2) == (seconds, 1) and len(turns) == 4
    for other in ({"rows": 64, "repeats": 2}, {"rows": 128, "repeats": 1}):
        assert timing.time_epochs(found, **other)[0] != seconds
    assert len(turns) == 4 + 4 + 2


@pytest.mark.usefixtures("own_store")
def test_answers_are_timed_per_image_and_again_only_for_another_export(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "run" / "models").mkdir(parents=True)
    for key, units in (("small", 4), ("large", 16)):
        model = models.build_model(build, VALUES | {"units": units})
        export.export_onnx(model, tmp_path / "run" / "models" / f"{key}.onnx")
    exported = records.exported_models("run", ["small", "large", "ensemble"])
    assert list(exported) == ["small", "large"]
    latency = timing.measure_latency(exported)
    assert set(latency["small"]) == {"one", "batch"} and 0 < latency["small"]["batch"] < latency["small"]["one"]
    assert timing.measure_latency(exported) == latency
    assert set(timing.measure_latency({"small": exported["large"]})) == {"small"}
    assert len(list((tmp_path / "store").iterdir())) == 2


def test_published_seconds_are_found_again(monkeypatch):
    def refuse(name, spec, compute):
        entry = store.find(name, spec)
        assert entry, f"{name} would be measured again"
        return entry

    monkeypatch.setattr(store, "cached", refuse)
    published = records.load_records("book/reference")
    trained = {key: record for key, record in published.items() if record["compile"]}
    trained = {key: record for key, record in trained.items() if key not in ("majority", "linear")}
    seconds, _ = timing.time_epochs(trained, rows=30_000, repeats=3)
    assert set(seconds) == set(trained) and all(len(found) == 6 for found in seconds.values())
    latency = timing.measure_latency(records.exported_models("book/reference", trained))
    assert set(latency) == set(trained) and np.isfinite([found["one"] for found in latency.values()]).all()
