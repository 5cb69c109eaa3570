"""The rules of the chapter on the convolutional network, on made-up facts."""

import itertools

import numpy as np
import pandas as pd
import pytest
from rule_cases import BETTER, NOISE, OWN, against_rivals, each

from sixtytwo.findings import paper
from sixtytwo.findings.rules import cnn

LAYERS = pd.DataFrame(
    [("input", (None, 28, 28, 1), 0)] + [(name, (None, *shape), n) for name, shape, n in paper.TABLES_2_AND_3],
    columns=["layer", "output shape", "parameters"],
)
LAYERS["kernel"] = ["3x3" if name.startswith("conv") else "" for name in LAYERS["layer"]]
LAYERS["fed by"] = ["", *LAYERS["layer"][:-1]]
LARGER, WIDER = LAYERS.copy(), LAYERS.copy()
LARGER.loc[LARGER["layer"] == "output", "parameters"] += 1
WIDER.loc[WIDER["layer"] == "conv2", "kernel"] = "5x5"
SWAPPED = LAYERS.iloc[[*range(9), 10, 9]]

# Four filters at two rates: at the paper's rate accuracy rises with size.
POINT = {"conv1": 16, "conv2": 64, "learning_rate": 0.001}
GRID = pd.DataFrame(list(itertools.product([16, 32], [64, 128], [0.001, 0.01])), columns=list(POINT))
GRID["parameters"] = range(1000, 9000, 1000)
GRID["history"] = [[0.1, 0.2]] * len(GRID)
SAME = GRID.assign(val_accuracy=0.8)
ONE_GOOD = GRID.assign(val_accuracy=[0.80] + 7 * [0.50])  # half of the six grids of four points have it: their median is 0.65

UP, DOWN, MIXED = [1, 2, 3, 4], [4, 3, 2, 1], [2, 1, 4, 3]  # four ranks: only a perfect order is significant


def by_rate(accuracy, val_accuracy=None, seconds=None):
    """A grid whose columns have these ranks at the paper's rate, and would fall at the other one."""
    ranks = {"accuracy": accuracy, "val_accuracy": val_accuracy or accuracy, "cpu_seconds": seconds or accuracy}
    columns = {name: [value for i, rank in enumerate(found) for value in (rank, 9 - i)] for name, found in ranks.items()}
    return {"grid": GRID.assign(**columns), "point": POINT}


def sized(smallest=0.80, middle=0.85, largest=0.88):
    """Networks of three sizes over seeds; a pair of numbers is training and validation accuracy."""
    found = {}
    for size, accuracy in (("smallest", smallest), ("paper", middle), ("largest", largest)):
        training, validation = accuracy if isinstance(accuracy, tuple) else (accuracy, accuracy)
        found[size] = [{"accuracy": training + e, "val_accuracy": validation + e, "cpu_minutes": 1.0} for e in NOISE]
    return {"by_size": found}


SPACE = paper.SEARCH_SPACES["cnn"] | {"learning_rate": [0.01, 0.005, 0.001, 0.0001]}


def difference(mean, margin=0.001, p=0.01):
    return {"mean": mean, "low": mean - margin, "high": mean + margin, "p": p}


def shuffled(mlp, cnn):
    return {"lost": {("MLP", "shuffled"): difference(mlp), ("CNN", "shuffled"): difference(cnn)}}


def transposed(mlp, cnn):
    return {"lost_of_both": {"MLP": difference(mlp), "CNN": difference(cnn)}}


def gains(dropout, augmentation, p=(0.01, 0.01)):
    names = ("dropout 0.5", "augmentation")
    found = {name: difference(mean) for name, mean in zip(names, (dropout, augmentation), strict=True)}
    return {"gains": found | {"dropout 0": difference(-0.1)}, "corrected": dict(zip(names, p, strict=True))}


REPLAYED = {name: np.full((3, 60), 0.8) for name in ("random search", "Bayesian optimisation", "Hyperband")}

CASES = {
    "R11": [
        ("reproduced", {"layers": LAYERS}),
        ("refuted", {"layers": LARGER}),
        ("refuted", {"layers": WIDER}),
        ("refuted", {"layers": LAYERS.assign(**{"fed by": "input"})}),
    ],
    "C33": [("reproduced", {"layers": LAYERS}), ("refuted", {"layers": LARGER})],
    "C34": [("reproduced", {"layers": LAYERS}), ("refuted", {"layers": SWAPPED})],
    "C35": [
        ("reproduced", {"layers": LAYERS}),
        ("refuted", {"layers": WIDER}),
        ("refuted", {"layers": LARGER}),
    ],
    "R16": [
        ("reproduced", {"search": {"space": SPACE}}),
        ("refuted", {"search": {"space": SPACE | {"conv3": [64, 128]}}}),
        ("refuted", {"search": {"space": SPACE | {"learning_rate": [0.01, 0.005, 0.0001]}}}),
    ],
    "R19": against_rivals(),
    "C38": against_rivals("rivals_at_rate"),
    "C67": [
        ("reproduced", by_rate(UP) | sized()),
        ("partly", by_rate(UP) | sized(largest=0.84)),
        ("partly", by_rate(UP) | sized(largest=0.8501)),
        ("partly", by_rate(MIXED) | sized()),
        ("partly", by_rate(DOWN) | sized()),
        ("refuted", by_rate(DOWN) | sized(largest=0.84)),
        ("refuted", by_rate(MIXED) | sized(largest=0.84)),
        ("undecided", by_rate(MIXED) | sized(largest=0.8501)),
        ("undecided", {"grid": by_rate(UP)["grid"].head(2), "point": POINT} | sized(largest=0.8501)),  # no p value
    ],
    "C84": [
        ("reproduced", by_rate(UP) | sized()),
        ("partly", by_rate(MIXED, UP, MIXED) | sized(smallest=0.8499)),
        ("partly", by_rate(MIXED, MIXED, UP) | sized(smallest=0.86)),
        ("partly", by_rate(DOWN) | sized(smallest=(0.80, 0.86))),
        ("partly", by_rate(DOWN) | sized(smallest=(0.86, 0.80))),
        ("refuted", by_rate(DOWN) | sized(smallest=0.86)),
        ("refuted", by_rate(MIXED, MIXED, DOWN) | sized(smallest=0.8499)),
        ("undecided", by_rate(MIXED) | sized(smallest=0.8499)),
    ],
    "C24": [
        ("reproduced", {"grid": ONE_GOOD, "point": POINT, "budget": 4}),
        ("refuted", {"grid": SAME, "point": POINT, "budget": 4}),
    ],
    "R39": [
        ("reproduced", {"grid": GRID, "replayed": REPLAYED}),
        ("refuted", {"grid": GRID, "replayed": {"random search": REPLAYED["random search"]}}),
    ],
    "C32": [
        ("reproduced", shuffled(0.001, 0.09)),
        ("partly", shuffled(0.09, 0.09)),
        ("partly", shuffled(0.001, 0.001)),
        ("partly", shuffled(0.001, 0.0055)),
        ("refuted", shuffled(0.09, 0.001)),
        ("refuted", shuffled(0.0045, 0.001)),
        ("refuted", shuffled(0.09, 0.0055)),
        ("undecided", shuffled(0.0045, 0.0055)),  # both intervals hold half a point
    ],
    "C04": [
        ("reproduced", transposed(0.001, -0.001)),
        ("refuted", transposed(0.001, 0.0065)),
        ("refuted", transposed(-0.0065, 0.0045)),
        ("undecided", transposed(0.001, 0.0045)),
        ("undecided", transposed(-0.0045, 0.001)),
    ],
    "C76": [
        ("reproduced", gains(0.01, 0.01)),
        ("partly", gains(0.01, 0.01, p=(0.01, 0.06))),
        ("partly", gains(-0.01, 0.01)),
        ("refuted", gains(-0.01, -0.01)),
        ("refuted", gains(-0.01, 0.01, p=(0.06, 0.06))),
        ("undecided", gains(0.01, 0.01, p=(0.06, 0.06))),
        ("undecided", gains(0.0005, 0.0005, p=(0.3, 0.3))),
    ],
}


@each(CASES)
def test_rule(rule, facts, word):
    assert rule.decide(**facts).word == word


def test_findings_give_the_numbers_that_decide():
    assert cnn.space_of_search({"space": {"conv1": [8], "learning_rate": [0.1]}}).ours == "conv1: 8; learning_rate: 0.1"
    assert cnn.kernels(WIDER).ours == "3 × 3 and 5 × 5 throughout"
    assert cnn.better_search(GRID, REPLAYED).ours.startswith("median best after 30 trials: random search 0.800, ")
    assert cnn.best_of_search(BETTER, OWN).ours == "the best of 2 rivals (rival 1): +2.00 points"
    assert cnn.transposed_files(**transposed(0.001, -0.002)).ours == (
        "transposed files cost the MLP +0.10 (+0.00 to +0.20) and the CNN -0.20 (-0.30 to -0.10) points"
    )


def test_sizes_are_compared_by_the_grid_and_by_networks_that_are_fully_trained():
    assert cnn.size_pays(**by_rate(UP), **sized()).ours == (
        "rank correlation 1.00 in short trainings; largest against the paper's, fully trained: +3.00 points"
    )
    found = cnn.filters_capture_more(**by_rate(UP, MIXED, DOWN), **sized())
    assert found.ours == (
        "rank correlations with the parameters: accuracy +1.00, val_accuracy +0.60, cpu_seconds -1.00; "
        "smallest behind the paper's, fully trained: 5.00 points"
    )
    half = 2.7764 * 0.1 * (2 / 3) ** 0.5  # Student's t with four degrees of freedom
    assert found.interval == pytest.approx((5 - half, 5 + half), abs=1e-3)
