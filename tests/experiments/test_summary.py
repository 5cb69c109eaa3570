"""What the evaluation leaves for machines."""

import numpy as np
import pytest

from sixtytwo.base import contracts
from sixtytwo.experiments import summary

METRICS = dict.fromkeys(("accuracy", "precision_weighted", "recall_weighted", "f1_weighted", "f1_macro"), 0.8)
METRICS |= dict.fromkeys(("balanced_accuracy", "log_loss", "ece"), 0.1)
DATA = {"name": "n", "dataset": "d", "class_names": ["0", "1"], "n_train": 9, "n_validation": 1, "sha256": {}}


def record(minutes, search=None):
    runs = [
        {"seed": seed, "cpu_minutes": m, "train_seconds": 1.0, "validation": METRICS, "history": {}, "entry": f"e{seed}"}
        for seed, m in enumerate(minutes)
    ]
    known = {"title": "T", "parameters": 3, "macs": 2, "hyperparameters": {"units": 4}}
    return known | {"runs": runs, "search": search, "data": DATA, "compile": {}}


def score(accuracy=0.8):
    return {"metrics": METRICS | {"accuracy": accuracy}, "labels": np.zeros(20), "predicted": np.zeros(20)}


SEARCH = {"tuner": "RandomSearch", "trials": 2, "completed": 2, "space": {"units": [4]}, "best": {"units": 4}}
SEARCH |= {"table": [{"val_accuracy": 0.7}], "winner": {"validation": METRICS, "entry": "w"}}


@pytest.fixture
def found():
    records = {"own": record([1.0, 3.0], SEARCH), "old": record([None])}
    scores = {"own": [score(0.81), score(0.82)], "old": [score()]}
    measured = {"seconds_per_epoch": {"own": [1.0]}, "latency_ms": {}, "onnx_bytes": {"own": 5}}
    measured |= {"accuracy_interval": dict.fromkeys(records, (0.7, 0.9)), "paper": {"own": {"seconds": 265}, "old": {}}}
    return summary.summarise(records, scores, {"own": METRICS | {"accuracy": 0.79}}, profile="smoke", **measured)


def test_summary_keeps_the_contract(found, tmp_path):
    contracts.write(tmp_path / "results.json", found)
    assert contracts.read(tmp_path / "results.json")["models"]["own"]["accuracy_interval"] == [0.7, 0.9]


def test_runs_carry_their_scores_and_no_names_of_stored_steps(found):
    first, second = found["models"]["own"]["runs"]
    assert (first["test"]["accuracy"], second["test"]["accuracy"]) == (0.81, 0.82)
    assert "entry" not in first and found["data"]["n_test"] == 20


def test_searches_carry_the_score_of_their_winner_and_no_trials(found):
    search = found["models"]["own"]["search"]
    assert search["winner"]["test"]["accuracy"] == 0.79 and "table" not in search and "entry" not in search["winner"]
    assert "search" not in found["models"]["old"]


def test_processor_time_is_the_mean_of_the_runs_that_were_measured(found):
    assert found["models"]["own"]["cpu_minutes"] == 2 and found["models"]["old"]["cpu_minutes"] is None
    assert summary.mean_cpu_minutes(record([2.0, None])) == 2 and np.isnan(summary.mean_cpu_minutes(record([None])))


def test_accuracies_are_those_of_the_runs_in_order():
    runs = [{"validation": {"accuracy": accuracy}} for accuracy in (0.8, 0.7)]
    assert summary.accuracies(runs) == [0.8, 0.7]


def test_what_was_not_measured_is_none(found):
    assert found["models"]["old"]["onnx_bytes"] is None and found["models"]["own"]["latency_ms"] is None
