"""What hyperparameters do over a grid, against values computed by hand."""

import math

import pandas as pd
import pytest

from sixtytwo.findings import grids

GRID = pd.DataFrame(
    {
        "learning_rate": [0.01, 0.01, 0.001],
        "parameters": [10, 20, 30],
        "val_accuracy": [0.70, 0.75, 0.80],
        "accuracy": [0.90, 0.80, 0.86],
        "cpu_seconds": [1.0, 2.0, 3.0],
        "history": [[0.70, 0.69], [0.60, 0.75], [0.700, 0.696, 0.80]],
    }
)


def test_learning_rates_are_means_over_their_points():
    found = grids.learning_rates(GRID)
    assert found.loc[0.01].to_list() == pytest.approx([0.65, 0.725, 0.5])  # one of two falls by a point
    assert found.loc[0.001].to_list() == pytest.approx([0.70, 0.80, 0.0])  # a fall of 0.4 points is none


def test_effect_of_size_is_a_rank_correlation():
    """Of accuracies and gaps the ranks are 3, 1, 2: Spearman's correlation with 1, 2, 3 is 1 - 6 * (4 + 1 + 1) / 24."""
    found = grids.effect_of_size(GRID)
    assert found == pytest.approx({"accuracy": -0.5, "gap": -0.5, "cpu_seconds": 1.0})


def test_effect_of_size_is_unknown_where_all_are_equally_large():
    found = grids.effect_of_size(GRID.assign(parameters=10))
    assert list(found) == ["accuracy", "gap", "cpu_seconds"] and all(map(math.isnan, found.values()))


def test_only_networks_outside_the_space_can_gain_beyond_it():
    grid = pd.DataFrame({"val_accuracy": [0.8]})
    larger = pd.DataFrame({"units": [200, 400, 200], "layers": [3, 3, 4], "val_accuracy": [0.9, 0.79, 0.81]})
    assert grids.gain_beyond(grid, larger, {"units": [100, 200], "layers": [2, 3]}) == pytest.approx(0.01)
