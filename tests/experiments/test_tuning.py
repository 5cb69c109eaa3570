"""Searches and grids on a tiny space."""

import functools
import random

import keras
import keras_tuner
import pandas as pd
import pytest
from tiny import build

from sixtytwo.base import paths
from sixtytwo.drawing import tables
from sixtytwo.experiments import engine, fitting, tuning

pytestmark = pytest.mark.usefixtures("own_store", "one_core")


def search(data, build=build, **changes):
    return tuning.search(build, data, **({"name": "tiny", "max_trials": 3, "rows": 300, "epochs": 1} | changes))


def points(found):
    return [row["hyperparameters"] for row in found["table"]]


@pytest.fixture
def fitted(monkeypatch):
    """The networks that are fitted, one after another."""
    seen, fit = [], fitting.fit
    monkeypatch.setattr(fitting, "fit", lambda model, *args, **options: seen.append(model) or fit(model, *args, **options))
    return seen


def test_search_lists_every_trial_and_is_not_repeated(data, fitted):
    found = search(data)
    assert (found["trials"], found["completed"], found["tuner"]) == (3, 3, "RandomSearch")
    assert found["space"] == {"units": [4, 8, 16], "learning_rate": [0.01, 0.003]}
    assert found["best"] == tables.trial_table(found).loc[0, ["units", "learning_rate"]].to_dict()
    assert found["table"][0]["parameters"] == 785 * points(found)[0]["units"] + 62 * (points(found)[0]["units"] + 1)
    assert search(data) == found and len(fitted) == 3


def test_trial_is_stored_as_a_training_without_weights(data):
    for row in search(data)["table"]:
        assert row["entry"].startswith("train-tiny-trial-seed0-")
        assert [path.name for path in (paths.LOCAL / row["entry"]).iterdir()] == ["entry.json"]


WIDE = {"units": [*range(1, 9)], "learning_rate": [0.01, 0.003, 0.001], "activation": ["relu", "tanh"]}


def wide(hp):
    """A space of 48 points, of which ten are drawn."""
    inputs = keras.Input((784,))
    x = keras.layers.Dense(hp.Int("units", 1, 8), hp.Choice("activation", WIDE["activation"]))(inputs)
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax")(x))
    adam = keras.optimizers.Adam(hp.Choice("learning_rate", WIDE["learning_rate"]))
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def score(values):
    """A made-up score that tells the points of `wide` apart."""
    return values["units"] / 10 + values["learning_rate"] + (values["activation"] == "relu") / 2000


@pytest.fixture
def batches(monkeypatch):
    """The points of each batch that is to be trained; they get their `score`."""
    seen = []

    def train(wanted, failures):
        seen.append([training.values for training in wanted])
        scores = map(score, seen[-1])
        return [{"history": {"val_accuracy": [s], "accuracy": [s]}, "train_seconds": 1.0, "entry": f"{s}"} for s in scores]

    monkeypatch.setattr(tuning, "train", train)
    return seen


def drawn_by(tuner, folder, **options):
    """A tuner of KerasTuner for `wide`."""
    return tuner(wide, objective=keras_tuner.Objective("val_accuracy", "max"), directory=folder, seed=7, **options)


def test_ten_points_drawn_at_once_are_those_that_keras_tuner_draws_one_by_one(data, batches, tmp_path):
    tried = []

    class OneByOne(keras_tuner.RandomSearch):
        def run_trial(self, trial, *args, **options):
            tried.append(dict(trial.hyperparameters.values))
            return score(tried[-1])

    drawn_by(OneByOne, tmp_path, max_trials=10).search(verbose=0)
    found = search(data, wide, seed=7, max_trials=10)
    assert batches == [tried] and points(found) == tried and len(tried) == 10


def test_points_depend_on_the_seed_alone(data, batches):
    for seed, other in ((0, 1), (0, 2), (3, 3)):
        random.seed(other)  # KerasTuner would draw from here, if it was given the seed 0
        search(data, wide, seed=seed, max_trials=10)
    assert batches[0] == batches[1] != batches[2]


def test_tuner_that_learns_is_asked_for_a_batch_at_a_time_and_told_in_the_order_of_asking(data, batches, monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "local_workers", lambda: 4)
    search(data, wide, seed=7, max_trials=10, tuner=keras_tuner.BayesianOptimization)
    oracle, expected = drawn_by(keras_tuner.BayesianOptimization, tmp_path, max_trials=10).oracle, []
    for size in (4, 4, 2):
        trials = [oracle.create_trial(f"{i}") for i in range(size)]
        expected.append([dict(trial.hyperparameters.values) for trial in trials])
        for trial in trials:
            oracle.update_trial(trial.trial_id, {"val_accuracy": score(trial.hyperparameters.values)})
            trial.status = "COMPLETED"
            oracle.end_trial(trial)
    assert batches == expected


class QuickLearner(keras_tuner.BayesianOptimization):
    """Draws two points at random, and the others by what it was told."""

    def __init__(self, *args, **options):
        super().__init__(*args, num_initial_points=2, **options)


def test_search_that_learns_does_not_depend_on_who_finishes_first(data, monkeypatch):
    steps = engine.steps

    def finishing(order):
        def in_that_order(wanted, failures):
            done = {i: steps([wanted[i]], failures=failures)[0] for i in order(range(len(wanted)))}
            return [done[i] for i in range(len(wanted))]

        return in_that_order

    monkeypatch.setattr(engine, "local_workers", lambda: 2)
    found = []
    for name, order in (("forward", list), ("backward", reversed)):
        monkeypatch.setattr(engine, "steps", finishing(order))
        table = search(data, name=name, max_trials=4, tuner=QuickLearner)["table"]
        found.append([(row["hyperparameters"], row["val_accuracy"]) for row in table])
    assert found[0] == found[1] and len(found[0]) == 4


def test_killed_search_trains_only_what_is_missing(data, monkeypatch, fitted):
    fit = fitting.fit

    def killed(*args, **options):
        if len(fitted) == 2:
            raise KeyboardInterrupt
        return fit(*args, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(fitting, "fit", killed)
        search(data)
    assert len(list(paths.LOCAL.iterdir())) == 2
    resumed = search(data)
    assert len(fitted) == 3
    undisturbed = search(data, name="other")
    for table in (resumed["table"], undisturbed["table"]):
        assert len(table) == 3
        for row in table:
            del row["seconds"], row["entry"]
    assert resumed == undisturbed


def test_trial_that_failed_is_counted_and_says_why_and_the_others_are_stored(data):
    def fails_with_eight_units(hp):
        if hp.values.get("units") == 8:
            raise ValueError("eight is right out")
        return build(hp)

    found = search(data, fails_with_eight_units, max_trials=6)
    assert found["trials"] == 6 and found["completed"] == 4 and found["best"]["units"] != 8
    for row in found["table"]:
        failed = row["hyperparameters"]["units"] == 8
        assert (row["status"] == tuning.FAILED) == failed == ("eight is right out" in (row["message"] or ""))
        assert failed or (paths.LOCAL / row["entry"]).is_dir()


def test_trial_that_diverged_is_counted_and_the_others_are_stored(data):
    found = search(data, functools.partial(build, rate=(0.01, 1e38)), max_trials=6, epochs=3)
    diverged = [row for row in found["table"] if row["status"] == tuning.FAILED]
    assert diverged and {row["hyperparameters"]["learning_rate"] for row in diverged} == {1e38}
    assert all("diverged" in row["message"] for row in diverged)
    assert len(list(paths.LOCAL.iterdir())) == found["completed"] == 6 - len(diverged)


def test_search_in_which_all_trials_fail_is_one_error_with_what_the_first_one_said(data):
    with pytest.raises(
        engine.EngineError, match=r"all 3 trials of the tiny search failed; the first one: training tiny search.*div"
    ):
        search(data, functools.partial(build, rate=(1e38, 1e37)), epochs=3)


SPACE = {"units": [4, 16], "learning_rate": [0.01, 0.003]}


@pytest.fixture(scope="module")
def grid_and_store(data, tmp_path_factory):
    """A grid and the folder with its steps."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "LOCAL", folder)
        patch.setattr(engine, "local_workers", lambda: 1)
        return tuning.grid(build, data, SPACE, name="tiny", rows=300, epochs=2), folder


def test_grid_trains_every_point_once(data, grid_and_store, fitted, monkeypatch):
    grid, folder = grid_and_store
    assert len(grid) == 4 and (grid["history"].map(max) == grid["val_accuracy"]).all()
    assert grid.loc[grid["units"] == 16, "parameters"].tolist() == [784 * 16 + 16 + 16 * 62 + 62] * 2
    monkeypatch.setattr(paths, "LOCAL", folder)
    assert tuning.grid(build, data, SPACE, name="tiny", rows=300, epochs=2).equals(grid) and not fitted
    assert not list(folder.rglob("model.keras"))


def test_grid_gives_a_point_the_score_of_a_trial(data, grid_and_store):
    grid, _ = grid_and_store
    found = search(data, rows=300, epochs=2, max_trials=6)
    trials = {tuple(row["hyperparameters"].values()): row["history"]["val_accuracy"] for row in found["table"]}
    for row in grid.to_dict("records"):
        assert row["history"] == trials[row["units"], row["learning_rate"]]


def test_best_points_are_those_of_the_highest_accuracy_without_one():
    table = pd.DataFrame({"units": [4, 8, 16], "learning_rate": 0.01, "val_accuracy": [0.5, 0.7, 0.6]})
    found = tuning.best_points(table, 2, besides={"units": 16, "learning_rate": 0.01})
    assert found == [{"units": 8, "learning_rate": 0.01}, {"units": 4, "learning_rate": 0.01}]


def test_points_are_trained_on_all_images_with_each_seed(data, fitted):
    points = [{"units": 4, "learning_rate": 0.01}, {"units": 8, "learning_rate": 0.01}]
    found = tuning.train_points(build, data, points, name="rival", seeds=[1, 2], epochs=1)
    assert list(found) == ["units 4, learning_rate 0.01", "units 8, learning_rate 0.01"]
    assert [len(scores) for scores in found.values()] == [2, 2] and len(fitted) == 4
