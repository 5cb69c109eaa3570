"""Suspect labels: found by networks that were not trained on them."""

import dataclasses
import json

import numpy as np
import pytest
from published_images import images_of
from tiny_record import recorded

from sixtytwo.base import paths, store
from sixtytwo.experiments import fitting, label_noise, records

pytestmark = pytest.mark.usefixtures("one_core")


@pytest.fixture(scope="module")
def easy(data):
    """Two classes that even a tiny network tells apart: upright and level bars; the labels of five images are swapped."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400).astype(np.uint8)
    x = np.zeros((400, 28, 28), np.uint8)
    for image, label, place in zip(x, labels, rng.integers(6, 20, 400), strict=True):
        image[(slice(4, 24), slice(place, place + 3)) if label else (slice(place, place + 3), slice(4, 24))] = 255
    wrong = np.arange(5, 400, 80)
    labels[wrong] = 1 - labels[wrong]
    return dataclasses.replace(data, x_train=x, y_train=labels, x_validation=x[:40], y_validation=labels[:40]), wrong


@pytest.fixture(scope="module")
def record(easy, tmp_path_factory):
    with recorded(easy[0], tmp_path_factory.mktemp("store"), epochs=12) as found:
        yield found


def test_swapped_labels_are_suspect_and_read_as_what_they_show(easy, record):
    data, wrong = easy
    rows, read_as = label_noise.find_label_noise(record, data, folds=2)
    assert set(wrong) <= set(rows) and len(rows) < 40
    assert all(read_as[rows == row] == 1 - data.y_train[row] for row in wrong)


def test_the_search_for_them_is_stored(easy, record, monkeypatch):
    data, _ = easy
    first = label_noise.find_label_noise(record, data, folds=2)
    monkeypatch.setattr(fitting, "fit", lambda *a, **k: pytest.fail("trained again"))
    assert all(map(np.array_equal, first, label_noise.find_label_noise(record, data, folds=2)))


def test_whatever_determines_the_result_is_part_of_the_key(easy, record, monkeypatch):
    data, _ = easy
    asked = []

    def cached(name, spec, compute):
        asked.append(json.dumps([name, spec]))
        raise LookupError

    monkeypatch.setattr(store, "cached", cached)
    other = record | {"runs": [{"entry": "another"}]}
    for arguments in ((record, data, 2), (record, data, 3), (record, data.first(100), 2), (other, data, 2)):
        with pytest.raises(LookupError):
            label_noise.find_label_noise(*arguments[:2], folds=arguments[2])
    assert len(set(asked)) == 4


@pytest.mark.parametrize("folds", [1, 401])
def test_folds_that_leave_nothing_to_train_on_are_refused(easy, folds):
    with pytest.raises(ValueError, match="expected from 2 to one for each image"):
        label_noise.find_label_noise({}, easy[0], folds=folds)


def test_published_suspects_are_found_again():
    stored = json.loads((next(paths.PUBLISHED.glob("label-noise-*")) / "entry.json").read_text(encoding="utf-8"))
    data = images_of(stored["spec"], n_train=90_000)
    rows, read_as = label_noise.find_label_noise(
        records.load_records(paths.REFERENCE)["cnn"], data, folds=stored["spec"]["folds"]
    )
    assert len(rows) == len(read_as) == stored["result"]["suspects"]
