"""What `results.json` says about the models of a run (its schema: `base.contracts.Results`)."""

import pandas as pd

from sixtytwo.base import machine


def accuracies(runs) -> list[float]:
    """Validation accuracy of each run."""
    return [run["validation"]["accuracy"] for run in runs]


def mean_cpu_minutes(record) -> float:
    """Processor minutes of a training, mean over the runs of a record for which they were measured; NaN if for none."""
    return float(pd.Series([run["cpu_minutes"] for run in record["runs"]], dtype=float).mean())


def summarise(records, scores, winners, *, profile, **measured) -> dict:
    """Everything that the evaluation found, for machines.

    Parameters
    ----------
    records : dict of str to record
        All models (`records.load_records`).
    scores : dict of str to list
        The score of each of their runs (`scoring.score`).
    winners : dict of str to dict
        Metrics of the winners of their searches on the test images.
    profile : str
        Profile of the run.
    **measured : dict
        What else an entry has, by model, e.g. `latency_ms={"mlp": ...}`; None for a model that is not there.
    """
    data, labels = next(iter(records.values()))["data"], next(iter(scores.values()))[0]["labels"]
    return {
        "schema": 1,
        "profile": profile,
        "data": data | {"n_test": len(labels)},
        "environment": machine.environment(),
        "models": {
            key: _model(record, scores[key], winners.get(key)) | {name: found.get(key) for name, found in measured.items()}
            for key, record in records.items()
        },
    }


def _model(record, scores, winner):
    entry = {name: record[name] for name in ("title", "parameters", "macs", "hyperparameters")}
    entry["runs"] = [_run(*pair) for pair in zip(record["runs"], scores, strict=True)]
    if search := record["search"]:
        entry["search"] = {name: search[name] for name in ("tuner", "trials", "completed", "space", "best")}
        entry["search"]["winner"] = {"validation": search["winner"]["validation"], "test": winner}
    minutes = mean_cpu_minutes(record)
    return entry | {"cpu_minutes": None if pd.isna(minutes) else minutes}


def _run(run, score):
    return {name: value for name, value in run.items() if name != "entry"} | {"test": score["metrics"]}
