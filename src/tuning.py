"""Studies over a builder's search space: KerasTuner's searches, the whole grid, and searches replayed on it."""

import contextlib
import fcntl
import itertools
import json
import os
import random
import shutil
import socket
import tempfile
import time
from pathlib import Path

import grpc
import keras
import keras_tuner
import keras_tuner.src.utils
import numpy as np
import pandas as pd
import sklearn.gaussian_process

import store
from helpers import EVALUATION_BATCH, batches, say
from training import TRAINING_VERSION, build_model, compile_config, make_fast, precision, targets, train

SEED_STRIDE = 100_000  # between the seeds of replayed searches
PATIENCE = 300  # seconds that a worker waits for an answer of its chief


def _save_json(path, value):
    text = json.dumps(value)
    store.write_text(path, text)
    return text


# KerasTuner writes the state of a search in place: killed while it does, it could never read it again.
keras_tuner.src.utils.save_json = _save_json


def search_space(build) -> dict[str, list]:
    """The values that each hyperparameter of a builder can take."""
    hp = keras_tuner.HyperParameters()
    build(hp)
    return {parameter.name: list(parameter.values) for parameter in hp.space}


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

    Every trial starts from the same seed, so its score depends on its hyperparameters only. A search that was stopped
    goes on with the trial it was in. Where KerasTuner's environment variables for several processes are set, this
    process takes the part that they name (`search.py`); the stored result is the same.

    Returns the record of the search: tuner, trials and completed (numbers), space, best (hyperparameters of the best
    trial by val_accuracy) and `table`, one row per trial: hyperparameters, status, message, val_accuracy (best epoch),
    accuracy at that epoch, seconds, parameters, history.
    """
    space = search_space(build)
    corners = [build_model(build, {key: values[i] for key, values in space.items()}) for i in (0, -1)]
    spec = {
        "training_version": TRAINING_VERSION,
        "tuner": tuner.__name__,
        "space": space,
        "models": [model.get_config() for model in corners],
        "compile": [compile_config(model) for model in corners],
        "data": data.digest(),
        "rows": rows,
        "seed": seed,
        "epochs": epochs,
        "batch_size": batch_size,
        "max_trials": max_trials,
    }
    if mixed_precision:
        spec["mixed_precision"] = True
    shapes = {"input_shape": corners[0].input_shape}
    labels, validation_labels = (targets(corners[0], y) for y in (data.y_train[:rows], data.y_validation))
    project = store.LOCAL / "searches" / f"{name}-{store.digest(spec)[:16]}"

    def seeded(hp):
        keras.utils.set_random_seed(seed)
        model = build(hp)
        make_fast(model)
        return model

    def tuner_of_project():
        return _recorded(tuner)(
            seeded,
            objective="val_accuracy",
            max_trials=max_trials,
            seed=seed,  # for 0 KerasTuner draws one from `random`, which building `corners` has seeded
            directory=project.parent,
            project_name=project.name,
        )

    def images():
        return batches(data.x_train[:rows], labels, batch_size=batch_size, shuffle_seed=seed, **shapes)

    def tune():
        runner = _resumed(tuner_of_project, project)
        validation = batches(data.x_validation, validation_labels, batch_size=EVALUATION_BATCH, **shapes)
        with precision(mixed_precision):
            runner.search(images, title=name, validation_data=validation, epochs=epochs, shuffle=False, verbose=0)
        return runner

    def compute(folder):
        runner = tune()
        table = [_trial_row(build, runner, trial) for _, trial in sorted(runner.oracle.trials.items())]
        for path in project.rglob("*.json"):  # KerasTuner's own account of the search
            shutil.copy(path, folder / "-".join(path.relative_to(project).parts))
        return {"table": table}

    if _is_worker() and not store.find(f"search-{name}", spec):
        from keras_tuner.src.distribute import oracle_client

        oracle_client.TIMEOUT = PATIENCE
        tune()
        _wait_for(lambda: store.find(f"search-{name}", spec))
    with contextlib.nullcontext() if _is_worker() else _only_one(project):
        entry = store.cached(f"search-{name}", spec, compute)
        if not _is_worker():
            shutil.rmtree(project, ignore_errors=True)  # only now: the entry has it all
    table = entry.result["table"]
    done = [row for row in table if row["status"] == "COMPLETED"]
    best = max(done, key=lambda row: row["val_accuracy"])["hyperparameters"] if done else None
    counts = {"trials": len(table), "completed": len(done)}
    return {"tuner": tuner.__name__, **counts, "space": space, "best": best, "table": table, "entry": entry.folder.name}


def _recorded(tuner):
    """A tuner class whose trials each begin with the same order of images, and leave their history and their seconds."""

    class Recorded(tuner):
        def run_trial(self, trial, images, *args, title, **kwargs):
            started = time.perf_counter()
            histories = super().run_trial(trial, images(), *args, **kwargs)
            history = histories[0].history
            seconds = time.perf_counter() - started
            store.write_json(Path(self.get_trial_dir(trial.trial_id)) / "history.json", {"seconds": seconds, **history})
            say(f"{title} search: trial {trial.trial_id}, {seconds:.0f} s, val_accuracy {max(history['val_accuracy']):.3f}")
            return histories

        def _run_and_update_trial(self, *args, **kwargs):
            try:
                super()._run_and_update_trial(*args, **kwargs)
            except grpc.RpcError as error:  # not the fault of the trial, which starts again when both are back
                raise keras_tuner.errors.FatalError("the chief of the search does not answer") from error

    return Recorded


def _resumed(make_tuner, project):
    """The tuner of a project with its finished trials; a damaged project starts again."""
    drawn = random.getstate()
    try:
        return make_tuner()
    except (ValueError, KeyError, RuntimeError) as error:
        if _is_worker():
            raise
        random.setstate(drawn)  # for the same search as without the damage
        say(f"The stopped search in {project} is damaged ({error}); it starts again.")
        shutil.rmtree(project)
        return make_tuner()


def _is_worker():
    """Whether this process is one of several that search together, and not their chief."""
    return "KERASTUNER_ORACLE_IP" in os.environ and "chief" not in os.environ["KERASTUNER_TUNER_ID"]


def _wait_for(found):
    """Wait until the chief, which may be waiting for the last trials of others, has stored the search."""
    deadline = time.monotonic() + PATIENCE
    while not found():
        with contextlib.suppress(OSError):
            address = os.environ["KERASTUNER_ORACLE_IP"], int(os.environ["KERASTUNER_ORACLE_PORT"])
            socket.create_connection(address, timeout=5).close()
            deadline = time.monotonic() + PATIENCE  # it is there
        if time.monotonic() > deadline:
            raise TimeoutError(f"the chief of the search has not answered for {PATIENCE} s; is it still running?")
        time.sleep(1)


@contextlib.contextmanager
def _only_one(project):
    """Hold the lock of a search: of several processes that want the same one, the others wait and find it stored."""
    project.parent.mkdir(parents=True, exist_ok=True)
    with open(project.with_suffix(".lock"), "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _trial_row(build, runner, trial):
    row = {"hyperparameters": trial.hyperparameters.values, "status": trial.status, "message": trial.message}
    if trial.status == "COMPLETED":
        history = json.loads((Path(runner.get_trial_dir(trial.trial_id)) / "history.json").read_text())
        row["seconds"] = history.pop("seconds")
        row["history"] = history
        best = int(np.argmax(history["val_accuracy"]))
        row |= {"val_accuracy": history["val_accuracy"][best], "accuracy": history["accuracy"][best]}
        row["parameters"] = build_model(build, trial.hyperparameters.values).count_params()
    return row


def grid(build, data, space, *, name, rows, epochs, batch_size=64, seed=0) -> pd.DataFrame:
    """Train every point of a space on the first `rows` training images, all from the same seed.

    `space` maps each hyperparameter to its values (`search_space`, or a part of it). Each point is stored as it finishes.

    Returns one row per point: hyperparameters, parameters, seconds (wall clock), cpu_seconds (NaN if not measured),
    val_accuracy (best epoch, as KerasTuner counts it), accuracy (on training images, at that epoch) and history
    (val_accuracy of each epoch).
    """
    part = data.first(rows)
    table = []
    for point in itertools.product(*space.values()):
        values = dict(zip(space, point, strict=True))
        run = train(build, values, part, name=f"{name}-grid", seed=seed, epochs=epochs, batch_size=batch_size, keep="metrics")
        history = run["history"]["val_accuracy"]
        found = {"parameters": build_model(build, values).count_params(), "seconds": run["train_seconds"]}
        found["cpu_seconds"] = np.nan if run["cpu_minutes"] is None else 60 * run["cpu_minutes"]
        found["accuracy"] = run["history"]["accuracy"][int(np.argmax(history))]
        table.append(values | found | {"val_accuracy": max(history), "history": history})
    return pd.DataFrame(table)


ORACLES = {
    "random search": keras_tuner.oracles.RandomSearchOracle,
    "Bayesian optimisation": keras_tuner.oracles.BayesianOptimizationOracle,
    "Hyperband": keras_tuner.oracles.HyperbandOracle,
}


def replay(table, space, *, name, trials, seeds) -> dict[str, np.ndarray]:
    """Let KerasTuner's search methods look for the best point of a grid that is already trained.

    Parameters
    ----------
    table, space : what `grid` returned and what it was given
    trials : int
        Budget of one search, in full trainings (`epochs` of the grid each).
    seeds : int
        Searches of each method, with seeds far apart: KerasTuner adds 1 to its seed with every value that it draws, so the
        searches with the seeds 1 and 2 would share most of their draws.

    Returns an array (seeds, trials * epochs) for each method: the best val_accuracy found so far, after each epoch that
    a search has trained; NaN until its first trial is finished.
    """
    curves = {tuple(row[hp] for hp in space): row["history"] for row in table.to_dict("records")}
    spec = {
        "curves": sorted((list(map(str, key)), curve) for key, curve in curves.items()),
        "space": space,
        "trials": trials,
        "seeds": [SEED_STRIDE * i for i in range(1, seeds + 1)],
        "keras_tuner": keras_tuner.__version__,
    }
    found = {}
    for method, oracle in ORACLES.items():

        def compute(folder, method=method, oracle=oracle):
            runs = [_replay_one(oracle, curves, space, trials, seed) for seed in spec["seeds"]]
            np.save(folder / "best.npy", np.stack(runs))
            say(f"{name}: {seeds} searches by {method} replayed")
            return {}

        entry = store.cached(f"replay-{name}-{oracle.__name__}", spec | {"method": method}, compute)
        found[method] = np.load(entry.path("best.npy"), allow_pickle=False)
    return found


def replay_table(found, *, epochs, budget, best) -> pd.DataFrame:
    """What replayed searches are worth after `budget` full trainings, and how many they need for half a point of `best`."""
    rows = []
    for method, curves in found.items():
        low, middle, high = np.percentile(curves[:, budget * epochs - 1], (10, 50, 90))
        near = np.median(curves, axis=0) >= best - 0.005  # half a percentage point
        needed = f"{(near.argmax() + 1) / epochs:.1f}" if near.any() else f"more than {len(near) // epochs}"
        rows.append(
            {
                "method": method,
                "searches": len(curves),
                "best found": f"{middle:.4f}",
                "10th to 90th percentile": f"{low:.4f}–{high:.4f}",
                "find the best point": f"{np.mean(curves[:, budget * epochs - 1] >= np.float32(best)):.0%}",
                "trainings until half are close": needed,
            }
        )
    return pd.DataFrame(rows)


@contextlib.contextmanager
def _unchecked():
    """Let scikit-learn's Gaussian process skip the checks of its input, which take most of the time of a Bayesian search."""
    checked = sklearn.gaussian_process._gpr.validate_data
    sklearn.gaussian_process._gpr.validate_data = lambda estimator, X, y=None, **options: X if y is None else (X, y)
    try:
        yield
    finally:
        sklearn.gaussian_process._gpr.validate_data = checked


def _replay_one(oracle, curves, space, trials, seed):
    full = len(next(iter(curves.values())))
    hps = keras_tuner.HyperParameters()
    for hp, values in space.items():
        hps.Choice(hp, values)
    options = {"objective": keras_tuner.Objective("val_accuracy", "max"), "hyperparameters": hps, "seed": seed}
    if oracle is keras_tuner.oracles.HyperbandOracle:
        options |= {"max_epochs": full, "hyperband_iterations": trials}
    else:
        options |= {"max_trials": trials}
    best, spent = np.full(trials * full, np.nan, np.float32), 0
    with tempfile.TemporaryDirectory() as folder, _unchecked():
        search = oracle(**options)
        search.verbose = 0
        search._set_project_dir(folder, "replay")
        while spent < len(best):
            trial = search.create_trial("replay")
            if trial.status == "STOPPED":
                break
            values = trial.hyperparameters.values
            start, end = values.get("tuner/initial_epoch", 0), values.get("tuner/epochs", full)
            score = max(curves[tuple(values[hp] for hp in space)][start:end])
            search.update_trial(trial.trial_id, {"val_accuracy": score})
            trial.status = "COMPLETED"
            search.end_trial(trial)
            spent += end - start
            best[spent - 1 :] = np.fmax(best[spent - 1 :], score)
    return best
