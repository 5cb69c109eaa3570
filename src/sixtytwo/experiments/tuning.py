"""Studies over a builder's search space: KerasTuner's searches, and a grid, trained in full."""

import itertools
import tempfile

import keras_tuner
import numpy as np
import pandas as pd

from sixtytwo.experiments import demands, engine, models, seeds, spaces
from sixtytwo.experiments.training import Training, train

FAILED, COMPLETED = "FAILED", "COMPLETED"


def search_space(build) -> dict[str, list]:
    """The values that each hyperparameter of a builder can take, also of those that it has for some values of others only."""
    return spaces.explored(build).values


def search(
    build,
    data,
    *,
    name,
    max_trials,
    rows,
    epochs,
    batch_size=64,
    mixed_precision=False,
    seed=0,
    tuner=keras_tuner.RandomSearch,
) -> dict:
    """Search a builder's space with KerasTuner; every trial trains on the first `rows` training images.

    The tuner's oracle is asked for points and told their scores; between the two each trial is a `Training` like any other,
    with its own entry in the store. All start from the same seed, so their scores depend on their hyperparameters only.
    Random search does not look at scores, so all its trials are asked for at once; a tuner that learns from them is asked for
    as many as there are workers, and told in the order in which it was asked.

    Raises ValueError for a network that does not do what is asked of it (`demands`), before any trial, and EngineError, with what
    the first one said, if all trials fail.

    Returns the record of the search: tuner, trials and completed (numbers), space, best (hyperparameters of the best
    trial by val_accuracy) and `table`, one row per trial: hyperparameters, status, message, val_accuracy (best epoch),
    accuracy at that epoch, seconds, parameters, history, entry (of the store).
    """
    space, part = spaces.explored(build), data.first(rows)
    how = {"seed": seed, "epochs": epochs, "batch_size": batch_size, "mixed_precision": mixed_precision}
    # For the seed 0 KerasTuner draws one of its own; here from what building a model has seeded.
    demands.check(models.build_model(build, space.last, seed=seed), build, data.class_names)
    with tempfile.TemporaryDirectory() as folder:  # for KerasTuner's own account of the search
        options = {"objective": "val_accuracy", "max_trials": max_trials, "directory": folder}
        options["seed"] = seed or seeds.own.randint(1, 10_000)
        oracle = tuner(build, **options, **space.told, max_consecutive_failed_trials=max_trials + 1).oracle
        oracle.verbose = 0
        at_once = max_trials if tuner is keras_tuner.RandomSearch else engine.local_workers()
        table = []
        while trials := _ask(oracle, at_once):
            points = [space.point(trial.hyperparameters.values) for trial in trials]
            table += _tell(oracle, trials, points, _trained(points, build, part, name=name, **how))
        for row in (row for row in table if row["status"] == COMPLETED):
            row["parameters"] = models.build_model(build, row["hyperparameters"]).count_params()
    done = [row for row in table if row["status"] == COMPLETED]
    if not done:
        raise engine.EngineError(f"all {len(table)} trials of the {name} search failed; the first one: {table[0]['message']}")
    best = max(done, key=lambda row: row["val_accuracy"])["hyperparameters"]
    found = {"trials": len(table), "completed": len(done), "space": space.values, "best": best, "table": table}
    return {"tuner": tuner.__name__, **found}


def _ask(oracle, number):
    """The next trials of an oracle, at most so many; none when it has finished."""
    trials = []
    while len(trials) < number:
        trial = oracle.create_trial(f"trial {len(trials)}")
        if trial.status != "RUNNING":  # it has finished, or waits for scores
            break
        trials.append(trial)
    return trials


def _trained(points, build, data, *, name, **how):
    """The run of each point, or the exception that ended it."""
    wanted = [
        Training(build, values, data, name=f"{name}-trial", keep="metrics", title=f"{name} search: {_brief(values)}", **how)
        for values in points
    ]
    return train(wanted, failures="return")


def _tell(oracle, trials, points, runs):
    """Tell an oracle what its trials have found; returns their rows of the table."""
    rows = []
    for trial, values, run in zip(trials, points, runs, strict=True):
        row = {"hyperparameters": values, "status": COMPLETED, "message": None}
        if isinstance(run, Exception):
            row |= {"status": FAILED, "message": str(run)}
        else:
            row |= _scores(run)
            oracle.update_trial(trial.trial_id, {"val_accuracy": row["val_accuracy"]})
        trial.status, trial.message = row["status"], row["message"]
        oracle.end_trial(trial)
        rows.append(row)
    return rows


def _scores(run):
    """What the tables of a search and of a grid say about a training: as KerasTuner counts, of its best epoch."""
    history = run["history"]
    best = int(np.argmax(history["val_accuracy"]))
    found = {"val_accuracy": history["val_accuracy"][best], "accuracy": history["accuracy"][best]}
    return found | {"seconds": run["train_seconds"], "history": history, "entry": run["entry"]}


def _brief(values):
    return ", ".join(f"{name} {value}" for name, value in values.items())


def grid(build, data, space, *, name, rows, epochs, batch_size=64, seed=0) -> pd.DataFrame:
    """Train every point of a space on the first `rows` training images, all from the same seed.

    `space` maps each hyperparameter to its values (`search_space`, or a part of it). Each point is stored as it finishes.

    Returns one row per point: hyperparameters, parameters, seconds (wall clock), cpu_seconds (NaN if not measured),
    val_accuracy (best epoch, as KerasTuner counts it), accuracy (on training images, at that epoch) and history
    (val_accuracy of each epoch).
    """
    part = data.first(rows)
    points = [dict(zip(space, point, strict=True)) for point in itertools.product(*space.values())]
    how = {"name": f"{name}-grid", "seed": seed, "epochs": epochs, "batch_size": batch_size, "keep": "metrics"}
    runs = train([Training(build, values, part, title=f"{name} grid: {_brief(values)}", **how) for values in points])
    table = []
    for values, run in zip(points, runs, strict=True):
        scores = _scores(run)
        found = {"parameters": models.build_model(build, values).count_params(), "seconds": scores["seconds"]}
        found["cpu_seconds"] = np.nan if run["cpu_minutes"] is None else 60 * run["cpu_minutes"]
        found |= {name: scores[name] for name in ("accuracy", "val_accuracy")}
        table.append(values | found | {"history": run["history"]["val_accuracy"]})
    return pd.DataFrame(table)


def best_points(grid, n, *, besides) -> list[dict]:
    """The n points of a grid with the highest val_accuracy, the best first, without the point `besides`."""
    ranked = grid.sort_values("val_accuracy", ascending=False)
    points = [dict(zip(besides, row, strict=True)) for row in ranked[list(besides)].itertuples(index=False)]
    return [point for point in points if point != besides][:n]


def train_points(build, data, points, *, name, seeds, **how) -> dict[str, list[float]]:
    """Train points of a space on all training images; the val_accuracy of each seed, after the last epoch, by point.

    `points` are dicts with a value for each hyperparameter; `how` are arguments of `Training`.
    """
    wanted = {
        _brief(values): [Training(build, values, data, name=name, seed=seed, keep="metrics", **how) for seed in seeds]
        for values in points
    }
    return {title: [run["validation"]["accuracy"] for run in runs] for title, runs in train(wanted).items()}
