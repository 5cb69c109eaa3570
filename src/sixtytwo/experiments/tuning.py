"""Studies over a builder's search space: KerasTuner's searches, and a grid, trained in full."""

import contextlib
import itertools
import json
import os
import random
import shutil
import socket
import time
from pathlib import Path

import grpc
import keras
import keras_tuner
import keras_tuner.src.utils
import numpy as np
import pandas as pd

from sixtytwo.base import files, journal, paths, store
from sixtytwo.experiments import fast, keys, models, pipeline, training

PATIENCE = 300  # seconds that a worker waits for an answer of its chief


def _save_json(path, value):
    """`keras_tuner.src.utils.save_json`, all or nothing."""
    text = json.dumps(value)
    files.write_text(path, text)
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
    process takes the part that they name (`make search`); the stored result is the same.

    Returns the record of the search: tuner, trials and completed (numbers), space, best (hyperparameters of the best
    trial by val_accuracy) and `table`, one row per trial: hyperparameters, status, message, val_accuracy (best epoch),
    accuracy at that epoch, seconds, parameters, history.
    """
    space, part = search_space(build), data.first(rows)
    corners = [models.build_model(build, {hp: values[i] for hp, values in space.items()}) for i in (0, -1)]
    learning = {"seed": seed, "epochs": epochs, "batch_size": batch_size}
    spec = keys.version("search") | {"tuner": tuner.__name__, "space": space, "max_trials": max_trials, **learning}
    spec |= {"models": [model.get_config() for model in corners], "compile": list(map(models.compile_config, corners))}
    spec |= {"data": data.digest(), "rows": rows} | keys.unless(mixed_precision=(mixed_precision, False))
    project = paths.LOCAL / "searches" / f"{name}-{files.digest(spec)[:16]}"

    def make_tuner():  # for the seed 0 KerasTuner draws one from `random`, which building `corners` has seeded
        options = {"objective": "val_accuracy", "max_trials": max_trials, "seed": seed}
        return _recorded(tuner)(_seeded(build, seed), **options, directory=project.parent, project_name=project.name)

    def images():
        labels, shape = training.targets(corners[0], part.y_train), corners[0].input_shape
        return pipeline.batches(part.x_train, labels, batch_size=batch_size, input_shape=shape, shuffle_seed=seed)

    def tune():
        runner = _resumed(make_tuner, project)
        new = training.validation(corners[0], data)
        with fast.bfloat16(mixed_precision):
            runner.search(images, title=name, validation_data=new, epochs=epochs, shuffle=False, verbose=0)
        return runner

    entry = _stored(f"search-{name}", spec, project, tune, build)
    return {"tuner": tuner.__name__, **_outcome(entry.result["table"], space), "entry": entry.folder.name}


def _stored(name, spec, project, tune, build):
    """The stored entry of a search: found there, or made by this process, or by the chief of those that search together."""

    def compute(folder):
        runner = tune()
        table = [_trial_row(build, runner, trial) for _, trial in sorted(runner.oracle.trials.items())]
        for path in project.rglob("*.json"):  # KerasTuner's own account of the search
            shutil.copy(path, folder / "-".join(path.relative_to(project).parts))
        return {"table": table}

    if _is_worker():
        if not store.find(name, spec):
            from keras_tuner.src.distribute import oracle_client

            oracle_client.TIMEOUT = PATIENCE
            tune()
            _wait_for(lambda: store.find(name, spec))
        return store.cached(name, spec, compute)
    with files.lock(project.with_suffix(".lock")):  # others that want the same search wait here, and find it stored
        entry = store.cached(name, spec, compute)
        shutil.rmtree(project, ignore_errors=True)  # only now: the entry has it all
    return entry


def _outcome(table, space):
    """What a search found, from the rows of its trials."""
    done = [row for row in table if row["status"] == "COMPLETED"]
    best = max(done, key=lambda row: row["val_accuracy"])["hyperparameters"] if done else None
    return {"trials": len(table), "completed": len(done), "space": space, "best": best, "table": table}


def _seeded(build, seed):
    """A builder whose networks all start from the same seed, and train fast."""

    def seeded(hp):
        keras.utils.set_random_seed(seed)
        model = build(hp)
        fast.make_fast(model)
        return model

    return seeded


def _recorded(tuner):
    """A tuner class whose trials each begin with the same order of images, and leave their history and their seconds."""

    class Recorded(tuner):
        def run_trial(self, trial, images, *args, title, **kwargs):
            started = time.perf_counter()
            histories = super().run_trial(trial, images(), *args, **kwargs)
            history = histories[0].history
            seconds = time.perf_counter() - started
            files.write_json(Path(self.get_trial_dir(trial.trial_id)) / "history.json", {"seconds": seconds, **history})
            journal.say(
                f"{title} search: trial {trial.trial_id}, {seconds:.0f} s, val_accuracy {max(history['val_accuracy']):.3f}"
            )
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
        journal.say(f"The stopped search in {project} is damaged ({error}); it starts again.")
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


def _trial_row(build, runner, trial):
    """What the table of a search says about a trial."""
    row = {"hyperparameters": trial.hyperparameters.values, "status": trial.status, "message": trial.message}
    if trial.status == "COMPLETED":
        history = json.loads((Path(runner.get_trial_dir(trial.trial_id)) / "history.json").read_text(encoding="utf-8"))
        row["seconds"] = history.pop("seconds")
        row["history"] = history
        best = int(np.argmax(history["val_accuracy"]))
        row |= {"val_accuracy": history["val_accuracy"][best], "accuracy": history["accuracy"][best]}
        row["parameters"] = models.build_model(build, trial.hyperparameters.values).count_params()
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
        run = training.train(
            build, values, part, name=f"{name}-grid", seed=seed, epochs=epochs, batch_size=batch_size, keep="metrics"
        )
        history = run["history"]["val_accuracy"]
        found = {"parameters": models.build_model(build, values).count_params(), "seconds": run["train_seconds"]}
        found["cpu_seconds"] = np.nan if run["cpu_minutes"] is None else 60 * run["cpu_minutes"]
        found["accuracy"] = run["history"]["accuracy"][int(np.argmax(history))]
        table.append(values | found | {"val_accuracy": max(history), "history": history})
    return pd.DataFrame(table)
