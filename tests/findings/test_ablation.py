"""Changes are compared over the same seeds, by hand."""

import numpy as np
import pytest

from sixtytwo.findings import ablation

ACCURACY = {"recipe": [0.80, 0.82, 0.84], "without": [0.78, 0.81, 0.80], "other": [0.79, 0.83, 0.82]}


def test_differences_are_paired_and_p_values_are_corrected_by_holm():
    found = ablation.compare_changes(ACCURACY, {"without": "recipe", "other": "without"})
    # without: differences -0.02, -0.01, -0.04: mean -0.07/3, standard error 0.0088192; t(2) quantile 4.30265
    assert found.loc["without", ["mean", "low", "high"]].to_list() == pytest.approx(
        [-0.0233333, -0.0612792, 0.0146125], abs=1e-6
    )
    # other against without: 0.01, 0.02, 0.02: mean 0.05/3, standard error 0.0033333
    assert found.loc["other", ["mean", "low", "high"]].to_list() == pytest.approx([0.0166667, 0.0023245, 0.0310088], abs=1e-6)
    # t = -2.6458 and 5; p = 1 - t / sqrt(2 + t**2) = 0.11808 and 0.03775; Holm: twice the smaller, once the larger
    assert found["p"].to_list() == pytest.approx([0.11808, 0.0755], abs=1e-4)


def test_one_seed_has_no_interval_and_nothing_compared_is_an_empty_table():
    single = ablation.compare_changes({"recipe": [0.8], "without": [0.7]}, {"without": "recipe"})
    assert single.loc["without", "mean"] == pytest.approx(-0.1) and single[["low", "high", "p"]].isna().all(axis=None)
    assert list(ablation.compare_changes({"recipe": [0.8]}, {}).columns) == ["mean", "low", "high", "p"]


def test_equal_runs_have_no_p_value_and_leave_the_others_corrected_among_themselves():
    found = ablation.compare_changes(ACCURACY | {"same": ACCURACY["recipe"]}, {"without": "recipe", "same": "recipe"})
    assert np.isnan(found.loc["same", "p"]) and found.loc["without", "p"] == pytest.approx(0.11808, abs=1e-4)
