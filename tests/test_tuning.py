"""Searches on a tiny space."""

import keras_tuner
import pytest
from tiny import build

import results
import tuning

pytestmark = pytest.mark.usefixtures("own_store")


def search(data, build=build, **changes):
    return tuning.search(build, data, **({"name": "tiny", "max_trials": 3, "rows": 300, "epochs": 1} | changes))


def test_search_lists_every_trial_and_is_not_repeated(data, monkeypatch):
    found = search(data)
    assert (found["trials"], found["completed"], found["tuner"]) == (3, 3, "RandomSearch")
    assert found["space"] == {"units": [4, 8, 16], "learning_rate": [0.01, 0.003]}
    assert found["best"] == results.trial_table(found).loc[0, ["units", "learning_rate"]].to_dict()
    monkeypatch.setattr(keras_tuner.RandomSearch, "search", lambda *a, **k: pytest.fail("searched again"))
    assert search(data) == found


def test_interrupted_search_goes_on_where_it_was(data, monkeypatch):
    calls = []

    def interrupted(hp):
        calls.append(dict(hp.values))
        if len(calls) == 6:  # two corners, the tuner's look at the space, two trials; then the user's Ctrl-C
            raise KeyboardInterrupt
        return build(hp)

    with pytest.raises(KeyboardInterrupt):
        search(data, interrupted)
    ran = len(calls)
    resumed = search(data, lambda hp: (calls.append(1), build(hp))[1])
    assert resumed["completed"] == 3
    undisturbed = search(data, name="other")
    scores = [[row["val_accuracy"] for row in found["table"]] for found in (resumed, undisturbed)]
    assert scores[0] == scores[1]
    assert len(calls) - ran < 9, "finished trials were run again"


def test_failed_trials_are_counted(data):
    def fails_with_eight_units(hp):
        if hp.values.get("units") == 8:
            raise ValueError("eight is right out")
        return build(hp)

    found = search(data, fails_with_eight_units, max_trials=6)
    assert found["completed"] < found["trials"]
    assert any("eight is right out" in (row["message"] or "") for row in found["table"])
