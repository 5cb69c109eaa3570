"""Intervals of differences, against scipy and by hand; and differences in percentage points as text."""

import math

import pytest
from scipy import stats

from sixtytwo.findings import statistics

FOUND = {"mean": 0.0041, "low": -0.001, "high": 0.0092, "p": 0.1}
FIRST, SECOND = [0.86, 0.88, 0.87], [0.84, 0.85, 0.87, 0.80]


def test_difference_of_networks_with_seeds_of_their_own_is_welchs_test():
    found, welch = statistics.difference(FIRST, SECOND), stats.ttest_ind(FIRST, SECOND, equal_var=False)
    assert found["mean"] == pytest.approx(0.03) and found["p"] == pytest.approx(welch.pvalue)
    assert (found["low"], found["high"]) == pytest.approx(tuple(welch.confidence_interval(0.95)))


@pytest.mark.parametrize(("first", "second"), [(FIRST, [0.84]), ([0.87], [0.84]), ([0.87], SECOND[:2])])
def test_difference_from_a_single_run_has_no_interval(first, second):
    found = statistics.difference(first, second)
    assert found["mean"] == pytest.approx(0.87 - sum(second) / len(second))
    assert all(math.isnan(found[name]) for name in ("low", "high", "p"))


@pytest.mark.parametrize("found", [statistics.difference([], SECOND), statistics.paired_difference([], [])])
def test_difference_from_no_run_at_all_is_unknown(found):
    assert list(found) == ["mean", "low", "high", "p"] and all(map(math.isnan, found.values()))


def test_difference_of_a_single_pair_has_no_interval():
    found = statistics.paired_difference([0.87], [0.84])
    assert found["mean"] == pytest.approx(0.03) and all(math.isnan(found[name]) for name in ("low", "high", "p"))


def runs(*accuracies, first_seed=0):
    return [{"seed": first_seed + i, "validation": {"accuracy": accuracy}} for i, accuracy in enumerate(accuracies)]


def test_gain_is_paired_over_the_seeds_that_both_have():
    found = statistics.gain(runs(0.86, 0.88, first_seed=1), runs(0.10, 0.84, 0.85, 0.90))
    assert found == pytest.approx(statistics.paired_difference([0.86, 0.88], [0.84, 0.85]))


def test_gain_over_other_seeds_is_unknown():
    assert all(math.isnan(value) for value in statistics.gain(runs(0.86), runs(0.84, first_seed=5)).values())


def test_half_widths_of_independent_kinds_of_luck_add_up_in_quadrature():
    found = statistics.together(0.5, (0.47, 0.53), (0.46, 0.54))
    assert found == pytest.approx({"mean": 0.5, "low": 0.45, "high": 0.55})  # 3, 4 and 5 hundredths


def test_the_interval_of_one_kind_of_luck_stays():
    assert statistics.together(0.5, (0.47, 0.53)) == pytest.approx({"mean": 0.5, "low": 0.47, "high": 0.53})


def test_what_has_no_interval_by_one_kind_has_none_together():
    found = statistics.together(0.5, (math.nan, math.nan), (0.46, 0.54))
    assert found["mean"] == 0.5 and math.isnan(found["low"]) and math.isnan(found["high"])


def test_differences_are_given_in_points_with_their_interval():
    assert statistics.points(FOUND) == pytest.approx((0.41, -0.1, 0.92))
    assert statistics.in_points(FOUND) == "+0.41 (-0.10 to +0.92)"
    assert statistics.in_points(FOUND, digits=1) == "+0.4 (-0.1 to +0.9)"


def test_a_single_pair_has_no_interval():
    assert statistics.in_points(FOUND | {"low": math.nan, "high": math.nan}) == "+0.41"


def test_gain_pairs_runs_by_their_seeds():
    def runs(**accuracies):
        return [{"seed": int(name[1:]), "validation": {"accuracy": accuracy}} for name, accuracy in accuracies.items()]

    found = statistics.gain(runs(s2=0.83, s0=0.82), runs(s0=0.80, s1=0.10, s2=0.80))
    assert found == pytest.approx(statistics.paired_difference([0.83, 0.82], [0.80, 0.80]))
    assert all(math.isnan(value) for value in statistics.gain(runs(s5=0.8), runs(s0=0.8)).values())
