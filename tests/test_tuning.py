"""Searches on a tiny space."""

import contextlib
import itertools
import os

import keras_tuner
import numpy as np
import pandas as pd
import pytest
from tiny import build

import results
import store
import training
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


SPACE = {"units": [4, 16], "learning_rate": [0.01, 0.003]}


@pytest.fixture
def grid(data):
    return tuning.grid(build, data, SPACE, name="tiny", rows=300, epochs=2)


def test_grid_trains_every_point_once(data, grid, monkeypatch):
    assert len(grid) == 4 and (grid["history"].map(max) == grid["val_accuracy"]).all()
    assert grid.loc[grid["units"] == 16, "parameters"].tolist() == [784 * 16 + 16 + 16 * 62 + 62] * 2
    monkeypatch.setattr(training, "fit", lambda *a, **k: pytest.fail("trained again"))
    assert tuning.grid(build, data, SPACE, name="tiny", rows=300, epochs=2).equals(grid)
    assert not list(store.LOCAL.rglob("model.keras"))


def test_grid_gives_a_point_the_score_of_a_trial(data, grid):
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
        if list(store.LOCAL.rglob("trial_1")):
            raise KeyboardInterrupt
        return build(hp)

    with pytest.raises(KeyboardInterrupt):
        search(data, interrupted)
    [state] = store.LOCAL.rglob("oracle.json")
    state.write_text(state.read_text()[:100])
    found = search(data)
    assert found["completed"] == 3
    assert "is damaged" in capsys.readouterr().out
    monkeypatch.setenv("RERUN", "1")
    undisturbed = search(data)
    tried = [[row["hyperparameters"] for row in record["table"]] for record in (found, undisturbed)]
    assert len(tried[0]) == 3 and tried[0] == tried[1]


def made_up(epochs=3):
    """A grid of nine points; the best is (3, "c"), and its first epoch already tells."""
    points = [(number, letter) for number in (1, 2, 3) for letter in "abc"]
    histories = [[0.1 * i + 0.01 * epoch for epoch in range(epochs)] for i in range(len(points))]
    table = pd.DataFrame(points, columns=["number", "letter"])
    return table.assign(history=histories), {"number": [1, 2, 3], "letter": ["a", "b", "c"]}


def test_replayed_searches_improve_and_find_the_best_point_of_a_small_grid():
    table, space = made_up()
    found = tuning.replay(table, space, name="made-up", trials=9, seeds=4)
    assert set(found) == set(tuning.ORACLES)
    for curves in found.values():
        assert curves.shape == (4, 27)
        started = ~np.isnan(curves[:, 2])
        assert (np.diff(curves[started, 2:], axis=1) >= 0).all()
    assert found["random search"][:, -1] == pytest.approx(0.82)  # nine trials without repetition see all nine points
    assert np.isnan(found["random search"][:, :2]).all(), "nothing is known before the first trial is finished"
    assert len(np.unique(found["random search"][:, 2])) > 1, "seeds search differently"
    again = tuning.replay(table, space, name="again", trials=9, seeds=4)
    for method, curves in found.items():
        np.testing.assert_array_equal(again[method], curves, err_msg=f"{method}: the same seed, the same search")


def test_no_replayed_search_is_another_one_begun_later():
    """KerasTuner adds 1 to its seed with every value that it draws, so searches with neighbouring seeds overlap."""
    table, space = made_up()
    orders = {}

    class Watched(dict):
        def __getitem__(self, point):
            order.append(point)
            return super().__getitem__(point)

    curves = Watched({(row["number"], row["letter"]): row["history"] for row in table.to_dict("records")})
    for i in range(1, 9):
        order = orders[i] = []
        tuning._replay_one(tuning.ORACLES["random search"], curves, space, 6, i * tuning.SEED_STRIDE)
    for one, other in itertools.permutations(orders.values(), 2):
        assert one[1:] != other[:-1] and one[2:] != other[:-2]


def test_a_bayesian_search_without_the_checks_of_its_input_is_the_same_search(monkeypatch):
    table, space = made_up()
    curves = {(row["number"], row["letter"]): row["history"] for row in table.to_dict("records")}
    arguments = (tuning.ORACLES["Bayesian optimisation"], curves, space, 8, tuning.SEED_STRIDE)
    quick = tuning._replay_one(*arguments)
    monkeypatch.setattr(tuning, "_unchecked", contextlib.nullcontext)
    np.testing.assert_array_equal(quick, tuning._replay_one(*arguments))


def test_replay_counts_a_continued_hyperband_trial_only_once():
    table, space = made_up()
    curve = tuning.replay(table, space, name="made-up", trials=9, seeds=1)["Hyperband"][0]
    assert np.isfinite(curve[1]), "its first bracket asks for less than a full training"


def test_replay_table_says_what_a_budget_finds():
    curves = np.array([[0.5, 0.6, 0.9, 0.9], [0.5, 0.7, 0.7, 0.8]], np.float32)
    row = tuning.replay_table({"random search": curves}, epochs=2, budget=1, best=0.7).iloc[0]
    assert row["best found"] == "0.6500" and row["find the best point"] == "50%"
    assert row["trainings until half are close"] == "1.5"
