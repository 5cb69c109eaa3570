"""Search methods replayed on a grid that is already trained: what a search finds by luck, and what by its method."""

import tempfile
import warnings

import keras_tuner
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sixtytwo.base import store
from sixtytwo.experiments import engine, keys

SEED_STRIDE = 100_000  # between the seeds of replayed searches
PARTS = 20  # in which the replays of a method are handed out

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
    name : str
        Of the stored steps, `replay-<name>-<class of the method>`.
    trials : int
        Budget of one search, in full trainings (`epochs` of the grid each).
    seeds : int
        Searches of each method, with seeds far apart: KerasTuner adds 1 to its seed with every value that it draws, so the
        searches with the seeds 1 and 2 would share most of their draws.

    Returns an array (seeds, trials * epochs) for each method: the best val_accuracy found so far, after each epoch that
    a search has trained; NaN until its first trial is finished.
    """
    curves = {tuple(row[hp] for hp in space): row["history"] for row in table.to_dict("records")}
    spec = keys.version("replay") | {
        "curves": sorted((list(map(str, point)), curve) for point, curve in curves.items()),
        "space": space,
        "trials": trials,
        "seeds": [SEED_STRIDE * i for i in range(1, seeds + 1)],
        "keras_tuner": keras_tuner.__version__,
    }
    found = {}
    for method, oracle in ORACLES.items():

        def compute(folder, oracle=oracle, method=method):
            parts = np.array_split(spec["seeds"], min(seeds, PARTS))
            about = {"oracle": oracle, "curves": curves, "space": space, "trials": trials}
            tasks = [
                engine.Task(f"{name}: {method} replayed", _replay_some, about | {"seeds": part.tolist()}, cost=len(part))
                for part in parts
            ]
            np.save(folder / "best.npy", np.concatenate(engine.compute(tasks)))
            return {}

        entry = store.cached(f"replay-{name}-{oracle.__name__}", spec | {"method": method}, compute)
        found[method] = np.load(entry.path("best.npy"), allow_pickle=False)
    return found


def _replay_some(oracle, curves, space, trials, seeds):
    """`replay_one` for each seed, float32 (seeds, trials * epochs)."""
    found = []
    for i, seed in enumerate(seeds):
        engine.report(i / len(seeds))
        found.append(replay_one(oracle, curves, space, trials, seed))
    return np.stack(found)


def replay_one(oracle, curves, space, trials, seed) -> np.ndarray:
    """Best score so far after each epoch, float32 (trials * epochs,), of one search whose trials are looked up in `curves`."""
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
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of the Gaussian process: a length scale may lie at its bound
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
