"""Corruptions, and the accuracy of a network under them."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from published_images import images_of
from tiny_record import recorded

from sixtytwo.base import paths
from sixtytwo.experiments import engine, models, records, robustness

pytestmark = pytest.mark.usefixtures("one_core")

X = np.zeros((3, 28, 28), np.uint8)
X[:, 8:20, 12:15] = 255  # an upright stroke, three pixels wide


@pytest.fixture(scope="module")
def record(data, tmp_path_factory):
    with recorded(data, tmp_path_factory.mktemp("store")) as found:
        yield found


def ink(name, strength):
    return robustness.corrupt(X, robustness.CORRUPTIONS[name], strength)[0].astype(int)


def test_corruptions_do_what_they_are_called():
    clean = X[0].astype(int)
    assert np.array_equal(ink("shift", 2)[:, 2:], clean[:, :-2])
    assert ink("rotation", 5).any(axis=0).sum() > clean.any(axis=0).sum()
    assert ink("smaller", 5).any(axis=1).sum() == pytest.approx(6, abs=1)
    assert ink("thin strokes", 5).any(axis=0).sum() == 1 and ink("thick strokes", 5).any(axis=0).sum() == 5
    assert ink("noise", 3).std() > ink("noise", 1).std() > clean.std() * 0.9
    assert 0 < ink("blur", 3)[14, 10] < ink("blur", 3)[14, 13] < 255
    covered = robustness.corrupt(np.full_like(X, 255), robustness.CORRUPTIONS["occlusion"], 3)
    assert (covered == 0).sum(axis=(1, 2)).tolist() == [36] * 3  # a square of side 6


@pytest.mark.parametrize("name", robustness.CORRUPTIONS)
def test_corrupted_images_are_images_and_the_same_ones_each_time(name):
    found = robustness.corrupt(X, robustness.CORRUPTIONS[name], 5)
    assert found.dtype == np.uint8 and found.shape == X.shape and not np.array_equal(found, X)
    assert np.array_equal(found, robustness.corrupt(X, robustness.CORRUPTIONS[name], 5))


def test_accuracy_is_measured_on_the_first_rows_by_strength(data, record):
    found = robustness.measure_robustness({"tiny": record}, data, rows=60, strengths=[1, 5])["tiny"]
    assert list(found["corrupted"]) == list(robustness.CORRUPTIONS)
    model = models.load_model(record["runs"][0])
    shifted = robustness.corrupt(data.x_validation[:60], robustness.CORRUPTIONS["shift"], 5)
    for images, accuracy in ((data.x_validation[:60], found["clean"]), (shifted, found["corrupted"]["shift"][1])):
        assert accuracy == np.mean(models.predict(model, images).argmax(1) == data.y_validation[:60])


def test_a_readers_own_corruption_is_measured_beside_the_books(data, record):
    own = robustness.CORRUPTIONS | {"nothing": lambda x, s: 0 * x}
    found = robustness.measure_robustness({"tiny": record}, data, rows=60, strengths=[1], corruptions=own)["tiny"]
    assert len(found["corrupted"]) == 9
    black = models.predict(models.load_model(record["runs"][0]), np.zeros((1, 28, 28), np.uint8)).argmax()
    assert found["corrupted"]["nothing"] == [np.mean(data.y_validation[:60] == black)]


def test_whatever_determines_the_result_is_part_of_the_key(data, record, monkeypatch):
    asked = []

    def steps(wanted):
        asked.append(json.dumps([(step.name, step.spec) for step in wanted]))
        return [SimpleNamespace(result={}) for _ in wanted]

    monkeypatch.setattr(engine, "steps", steps)
    for changes in (
        {},
        {"rows": 50},
        {"strengths": [2]},
        {"corruptions": robustness.CORRUPTIONS | {"mine": None}},
        {"data": data.first(10)},
        {"recorded": {"tiny": record | {"runs": [{"entry": "another"}]}}},
        {"recorded": {"tiny": record | {"key": "another"}}},
    ):
        usual = {"recorded": {"tiny": record}, "data": data, "rows": 60, "strengths": [1]}
        robustness.measure_robustness(**usual | changes)
    assert len(set(asked)) == 7


def test_each_network_of_a_batch_gets_its_own_measurement(data, tmp_path):
    with recorded(data, tmp_path, seeds=(0, 1)) as both:
        apart = {f"seed {run['seed']}": both | {"runs": [run]} for run in both["runs"]}
        found = robustness.measure_robustness(apart, data, rows=100, strengths=[1])
        assert {name: measured["clean"] for name, measured in found.items()} == {
            name: record["runs"][0]["validation"]["accuracy"] for name, record in apart.items()
        }


def test_published_measurements_are_found_again():
    recorded = {key: records.load_records(paths.REFERENCE)[key] for key in ("mlp", "modern_ensemble")}
    stored = {}
    for key, record in recorded.items():
        folders = paths.PUBLISHED.glob(f"robustness-{key}-*")
        entries = (json.loads((folder / "entry.json").read_text(encoding="utf-8")) for folder in folders)
        [stored[key]] = [entry for entry in entries if entry["spec"]["entry"] == record["runs"][0]["entry"]]
    spec = stored["mlp"]["spec"]
    found = robustness.measure_robustness(recorded, images_of(spec), rows=spec["rows"], strengths=spec["strengths"])
    assert found == {key: entry["result"] for key, entry in stored.items()}
