"""What searches are worth: chances and medians against values calculated by hand."""

import itertools
import statistics

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sixtytwo.findings import searches

# Two hyperparameters with two and three values; scores in the order of the rows.
GRID = pd.DataFrame(list(itertools.product([16, 32], [1, 2, 3])), columns=["filters", "rate"])
GRID["val_accuracy"] = [0.70, 0.75, 0.72, 0.71, 0.746, 0.60]


def test_point_is_placed_by_rank_and_by_its_distance_to_the_best():
    assert searches.place_in_grid(GRID, {"filters": 16, "rate": 2}) == (1, 0)
    assert searches.place_in_grid(GRID, {"filters": 32, "rate": 1}) == (4, pytest.approx(0.04))


def test_points_with_equal_scores_share_the_better_rank():
    assert searches.place_in_grid(GRID.assign(val_accuracy=0.5), {"filters": 32, "rate": 3}) == (1, 0)


@pytest.mark.parametrize("point", [{"filters": 64, "rate": 2}, {"filters": 16}], ids=["outside", "several"])
def test_point_that_is_not_one_of_the_grid_is_refused(point):
    with pytest.raises(ValueError, match="expected one"):
        searches.place_in_grid(GRID, point)


def test_points_within_half_a_point_of_the_best_are_close():
    assert searches.count_close(GRID["val_accuracy"]) == 2


def test_size_correlation_is_spearmans():
    grid = pd.DataFrame({"parameters": [100, 200, 300, 4000], "val_accuracy": [0.1, 0.2, 0.4, 0.3]})
    correlation, p = searches.size_correlation(grid)
    assert correlation == pytest.approx(1 - 6 * 2 / (4 * 15))  # two ranks differ by one
    assert p == pytest.approx(0.2)  # t = 0.8 sqrt(2 / 0.36) = 1.886 with two degrees of freedom


def test_size_of_a_single_network_correlates_with_nothing():
    assert np.isnan(searches.size_correlation(pd.DataFrame({"parameters": [1], "val_accuracy": [0.5]}))).all()


def test_size_correlation_is_that_with_the_column_that_is_named():
    grid = pd.DataFrame({"parameters": [100, 200, 300], "val_accuracy": [0.1, 0.2, 0.3], "cpu_seconds": [9.0, 5.0, 2.0]})
    assert searches.size_correlation(grid) == pytest.approx((1, 0))
    assert searches.size_correlation(grid, "cpu_seconds") == pytest.approx((-1, 0))


NOISE = np.array([-0.001, -0.001, 0.0, 0.001, 0.001])  # standard deviation 0.001, of five seeds


def test_leads_over_a_point_have_intervals_that_hold_for_all_rivals_together():
    table = searches.leads({"a": 0.84 + NOISE, "b": 0.86 + NOISE}, 0.85 + NOISE)
    assert table.index.to_list() == ["b", "a"]  # the best first
    assert table["mean"].to_list() == pytest.approx([0.01, -0.01])
    half = 2.50 * 0.001 * (2 / 5) ** 0.5  # 2.50: Dunnett's table for two rivals and twelve degrees of freedom
    assert (table["high"] - table["mean"]).to_list() == pytest.approx([half, half], rel=0.01)
    assert (table["mean"] - table["low"]).to_list() == pytest.approx([half, half], rel=0.01)


def test_lead_of_a_single_rival_is_that_of_students_t_test():
    table = searches.leads({"a": 0.86 + NOISE}, 0.85 + NOISE)
    low, high = stats.ttest_ind(0.86 + NOISE, 0.85 + NOISE).confidence_interval(0.95)
    assert table.loc["a"].to_list() == pytest.approx([0.01, low, high], rel=0.01)


def test_lead_of_a_rival_with_one_seed_has_the_scatter_of_the_others():
    table = searches.leads({"several": 0.84 + NOISE, "one": [0.86]}, 0.85 + NOISE)
    several, one = (table.loc[name, "high"] - table.loc[name, "mean"] for name in ("several", "one"))
    assert one / several == pytest.approx(((1 + 1 / 5) / (2 / 5)) ** 0.5)


def test_without_rivals_there_are_no_leads():
    table = searches.leads({}, 0.85 + NOISE)
    assert table.empty and list(table) == ["mean", "low", "high"]


def test_leads_without_a_second_seed_have_no_interval():
    table = searches.leads({"a": [0.84], "b": [0.86]}, [0.85])
    assert table["mean"].to_list() == pytest.approx([0.01, -0.01]) and table.index.to_list() == ["b", "a"]
    assert table[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(("k", "draws", "chance"), [(1, 3, 3 / 10), (2, 3, 1 - 56 / 120), (10, 1, 1), (1, 10, 1), (1, 11, 1)])
def test_chance_of_best_is_one_minus_the_share_of_draws_without_them(k, draws, chance):
    assert searches.chance_of_best(10, k, draws) == pytest.approx(chance)


@pytest.mark.parametrize("draws", range(1, 8))
def test_median_best_is_that_of_all_possible_searches(draws):
    scores = GRID["val_accuracy"]
    every = [max(drawn) for drawn in itertools.combinations(scores, min(draws, 6))]
    assert searches.median_best(scores, draws) == statistics.median_high(every)


def test_small_grids_are_all_of_the_largest_size_within_the_budget():
    points, best = searches.small_grids(GRID, ["filters", "rate"], budget=5)
    assert points == 4  # both filters with two of three rates
    assert sorted(best) == [0.72, 0.75, 0.75]


def test_small_grids_take_every_shape_of_that_size():
    points, best = searches.small_grids(GRID, ["filters", "rate"], budget=2)
    one_rate, one_filter = [0.71, 0.75, 0.72], [0.75, 0.72, 0.75, 0.746, 0.71, 0.746]
    assert (points, sorted(best)) == (2, sorted(one_rate + one_filter))


def test_replay_summary_reads_the_searches_at_the_budget():
    curves = np.array([[np.nan, 0.70, 0.80, 0.80], [0.60, 0.70, 0.70, 0.75]], np.float32)
    table = searches.replay_summary({"random search": curves}, epochs=2, budget=1, best=0.80)
    assert table.to_dict("records") == [
        {
            "method": "random search",
            "searches": 2,
            "best found": "0.7000",
            "10th to 90th percentile": "0.7000–0.7000",
            "find the best point": "0%",
            "trainings until half are close": "more than 2",
        }
    ]


def test_replay_summary_counts_trainings_until_half_of_the_searches_are_close():
    curves = np.array([[0.70, 0.796, 0.80, 0.80], [0.60, 0.796, 0.797, 0.80]], np.float32)
    (row,) = searches.replay_summary({"Hyperband": curves}, epochs=4, budget=1, best=0.80).to_dict("records")
    assert row["trainings until half are close"] == "0.5"
    assert row["find the best point"] == "100%"


def test_replay_summary_says_what_a_budget_finds():
    curves = np.array([[0.5, 0.6, 0.9, 0.9], [0.5, 0.7, 0.7, 0.8]], np.float32)
    row = searches.replay_summary({"random search": curves}, epochs=2, budget=1, best=0.7).iloc[0]
    assert row["best found"] == "0.6500" and row["find the best point"] == "50%"
    assert row["trainings until half are close"] == "1.5"
