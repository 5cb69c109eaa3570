"""Searches and grids on a tiny space."""

import os

import keras_tuner
import pytest
from tiny import build

from sixtytwo.base import paths
from sixtytwo.drawing import tables
from sixtytwo.experiments import training, tuning

pytestmark = pytest.mark.usefixtures("own_store")


def search(data, build=build, **changes):
    return tuning.search(build, data, **({"name": "tiny", "max_trials": 3, "rows": 300, "epochs": 1} | changes))


def test_search_lists_every_trial_and_is_not_repeated(data, monkeypatch):
    found = search(data)
    assert (found["trials"], found["completed"], found["tuner"]) == (3, 3, "RandomSearch")
    assert found["space"] == {"units": [4, 8, 16], "learning_rate": [0.01, 0.003]}
    assert found["best"] == tables.trial_table(found).loc[0, ["units", "learning_rate"]].to_dict()
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


SPACE = {"units": [4, 16], "learning_rate": [0.01, 0.003]}


@pytest.fixture(scope="module")
def grid_and_store(data, tmp_path_factory):
    """A grid and the folder with its steps."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "LOCAL", folder)
        return tuning.grid(build, data, SPACE, name="tiny", rows=300, epochs=2), folder


def test_grid_trains_every_point_once(data, grid_and_store, monkeypatch):
    grid, folder = grid_and_store
    assert len(grid) == 4 and (grid["history"].map(max) == grid["val_accuracy"]).all()
    assert grid.loc[grid["units"] == 16, "parameters"].tolist() == [784 * 16 + 16 + 16 * 62 + 62] * 2
    monkeypatch.setattr(paths, "LOCAL", folder)
    monkeypatch.setattr(training, "fit", lambda *a, **k: pytest.fail("trained again"))
    assert tuning.grid(build, data, SPACE, name="tiny", rows=300, epochs=2).equals(grid)
    assert not list(folder.rglob("model.keras"))


def test_grid_gives_a_point_the_score_of_a_trial(data, grid_and_store):
    grid, _ = grid_and_store
    found = search(data, rows=300, epochs=2, max_trials=6)
    trials = {tuple(row["hyperparameters"].values()): row["history"]["val_accuracy"] for row in found["table"]}
    for row in grid.to_dict("records"):
        assert row["history"] == pytest.approx(trials[row["units"], row["learning_rate"]], abs=1e-6)


def test_state_of_a_search_is_replaced_whole(tmp_path):
    oracle = keras_tuner.oracles.RandomSearchOracle(keras_tuner.Objective("val_accuracy", "max"), max_trials=1)
    oracle._set_project_dir(tmp_path, "search")
    oracle.save()
    [state] = tmp_path.rglob("oracle.json")
    before = state.read_text()
    os.link(state, tmp_path / "link")  # what a killed process leaves of a file that was opened for writing
    oracle._seed_state += 1
    oracle.save()
    assert (tmp_path / "link").read_text() == before != state.read_text()


def test_damaged_state_of_a_stopped_search_is_said_and_started_again(data, capsys, monkeypatch):
    monkeypatch.delenv("PROGRESS_LOG", raising=False)

    def interrupted(hp):
        if list(paths.LOCAL.rglob("trial_1")):
            raise KeyboardInterrupt
        return build(hp)

    with pytest.raises(KeyboardInterrupt):
        search(data, interrupted)
    [state] = paths.LOCAL.rglob("oracle.json")
    state.write_text(state.read_text()[:100])
    found = search(data)
    assert found["completed"] == 3
    assert "is damaged" in capsys.readouterr().out
    monkeypatch.setenv("RERUN", "1")
    undisturbed = search(data)
    tried = [[row["hyperparameters"] for row in record["table"]] for record in (found, undisturbed)]
    assert len(tried[0]) == 3 and tried[0] == tried[1]
