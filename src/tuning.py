"""Studies over a builder's search space: KerasTuner's searches, the whole grid, and searches replayed on it."""

import json
import shutil
import time
from pathlib import Path

import keras
import keras_tuner
import numpy as np

import store
from helpers import EVALUATION_BATCH, batches, say
from training import TRAINING_VERSION, build_model, compile_config, make_fast


def search_space(build) -> dict[str, list]:
    """The values that each hyperparameter of a builder can take."""
    hp = keras_tuner.HyperParameters()
    build(hp)
    return {parameter.name: list(parameter.values) for parameter in hp.space}


def search(build, data, *, name, max_trials, rows, epochs, batch_size=64, seed=0, tuner=keras_tuner.RandomSearch) -> dict:
    """Search a builder's space with KerasTuner; every trial trains on the first `rows` training images.

    Every trial starts from the same seed, so its score depends on its hyperparameters only. A search that was stopped
    goes on with the trial it was in.

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
    input_shape = corners[0].input_shape
    train_rows = slice(0, rows)

    class Recorded(tuner):
        def run_trial(self, trial, *args, **kwargs):
            started = time.perf_counter()
            kwargs["x"] = batches(
                data.x_train[train_rows],
                data.y_train[train_rows],
                batch_size=batch_size,
                input_shape=input_shape,
                shuffle_seed=seed,
            )
            histories = super().run_trial(trial, *args, **kwargs)
            seconds = time.perf_counter() - started
            store.write_json(
                Path(self.get_trial_dir(trial.trial_id)) / "history.json", {"seconds": seconds, **histories[0].history}
            )
            say(
                f"{name} search: trial {trial.trial_id}, {seconds:.0f} s, val_accuracy {max(histories[0].history['val_accuracy']):.3f}"
            )
            return histories

    def seeded(hp):
        keras.utils.set_random_seed(seed)
        model = build(hp)
        make_fast(model)
        return model

    def compute(folder):
        project = store.LOCAL / "searches" / f"{name}-{store.digest(spec)[:16]}"
        runner = Recorded(
            seeded,
            objective="val_accuracy",
            max_trials=max_trials,
            seed=seed,
            directory=project.parent,
            project_name=project.name,
        )
        validation = batches(data.x_validation, data.y_validation, batch_size=EVALUATION_BATCH, input_shape=input_shape)
        runner.search(validation_data=validation, epochs=epochs, shuffle=False, verbose=0)
        table = [_trial_row(build, runner, trial) for _, trial in sorted(runner.oracle.trials.items())]
        for path in project.rglob("*.json"):  # KerasTuner's own account of the search
            shutil.copy(path, folder / "-".join(path.relative_to(project).parts))
        shutil.rmtree(project)
        return {"table": table}

    entry = store.cached(f"search-{name}", spec, compute)
    table = entry.result["table"]
    done = [row for row in table if row["status"] == "COMPLETED"]
    best = max(done, key=lambda row: row["val_accuracy"])["hyperparameters"] if done else None
    counts = {"trials": len(table), "completed": len(done)}
    return {"tuner": tuner.__name__, **counts, "space": space, "best": best, "table": table, "entry": entry.folder.name}


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
