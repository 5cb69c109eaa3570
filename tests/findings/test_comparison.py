"""Intervals and paired tests, against values by hand, by scikit-learn, or by brute force."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from sixtytwo.findings import comparison

RNG = np.random.default_rng(1)


def images(right, n=100):
    """A network that reads the first `right` of n images correctly."""
    return np.arange(n) < right


def disagreeing(only_first, only_second, n=100):
    """Two networks that are right on all images but these."""
    first, second = np.ones(n, bool), np.ones(n, bool)
    second[:only_first] = False
    first[only_first : only_first + only_second] = False
    return first, second


def test_interval_over_images_is_that_of_a_share():
    right = images(160, n=200).astype(float)
    low, high = comparison.interval_over_images(right, 2000)
    expected = stats.binom.ppf([0.025, 0.975], 200, 0.8) / 200  # the bootstrap draws from this distribution
    assert (low, high) == pytest.approx(expected, abs=0.006)
    assert comparison.interval_over_images(right, 2000) == (low, high)


def test_macro_f1_is_that_of_scikit_learn():
    labels = RNG.integers(0, 7, 300, dtype=np.uint8)
    for predicted in (RNG.integers(0, 9, 300, dtype=np.uint8), labels, np.zeros(300, np.uint8)):
        expected = f1_score(labels, predicted, average="macro", zero_division=0)
        assert comparison.macro_f1(labels, predicted) == pytest.approx(expected)


def test_macro_f1_over_images_is_the_percentile_bootstrap_of_the_mean_over_networks():
    labels = RNG.integers(0, 3, 80)
    answers = np.where(RNG.random((2, 80)) < 0.7, labels, RNG.integers(0, 3, (2, 80)))
    rng, drawn = np.random.default_rng(5), []
    for _ in range(400):
        rows = rng.integers(0, 80, 80)
        drawn.append(np.mean([f1_score(labels[rows], found[rows], average="macro") for found in answers]))
    expected = np.percentile(drawn, (2.5, 97.5))
    assert comparison.macro_f1_over_images(labels, answers, 400) == pytest.approx(expected, abs=0.02)


def test_mcnemar_is_the_exact_binomial_test_of_the_images_that_only_one_reads():
    first, second = disagreeing(8, 2)
    assert comparison.mcnemar(first, second) == pytest.approx(2 * (1 + 10 + 45) / 2**10)


def test_mcnemar_of_many_images_is_the_chi_squared_test_with_continuity_correction():
    first, second = disagreeing(600, 500, n=2000)
    assert comparison.mcnemar(first, second) == pytest.approx(stats.chi2.sf((100 - 1) ** 2 / 1100, 1))


def test_pairs_are_tested_by_their_first_seeds_with_holms_correction():
    base, better = disagreeing(2, 8)
    found = comparison.mcnemar_of_pairs({"a": base[None], "b": np.stack([better, ~better]), "c": base[None]})
    assert found[["first", "second", "only_first", "only_second"]].values.tolist() == [
        ["a", "b", 2, 8],
        ["a", "c", 0, 0],
        ["b", "c", 8, 2],
    ]
    p = 112 / 2**10
    assert found["p"].to_list() == pytest.approx([3 * p, 1, 3 * p])


def test_one_model_has_no_pairs():
    one = {"a": images(5)[None]}
    assert comparison.mcnemar_of_pairs(one).empty and comparison.cochran(one) is None


def test_cochran_of_two_models_is_mcnemars_statistic():
    first, second = disagreeing(8, 2)
    found = comparison.cochran({"a": first[None], "b": second[None]})
    assert found["statistic"] == pytest.approx((8 - 2) ** 2 / 10)
    assert found["p"] == pytest.approx(stats.chi2.sf(3.6, 1))


def test_seeds_ahead_are_those_whose_difference_stands_after_holms_correction():
    strong, weak = disagreeing(2, 20), disagreeing(4, 14)  # exact p: 0.0001 and 0.031, 0.031 × 2 > 0.05 for two of them
    seeds = [strong, weak, weak]
    first, second = (np.stack([pair[i] for pair in seeds]) for i in (0, 1))
    assert comparison.seeds_ahead(first, second) == 1
    assert comparison.seeds_ahead(second, first) == 0
    assert comparison.seeds_ahead(first[:1], second) == 1  # what one of them has once is compared once


def test_comparison_over_seeds_is_the_paired_t_test_and_corrected_over_the_pairs():
    right = {
        "a": np.stack([images(50), images(52), images(51)]),
        "b": np.stack([images(60), images(61), images(64)]),
        "c": np.stack([images(51), images(52), images(51)]),
    }
    found = comparison.compare([("a", "b"), ("a", "c"), ("a", "missing")], right, 200)
    assert list(found) == [("a", "b"), ("a", "c")]
    one = found["a", "b"]
    expected = stats.ttest_rel([0.60, 0.61, 0.64], [0.50, 0.52, 0.51])
    assert (one["mean"], one["seeds"]) == (pytest.approx((10 + 9 + 13) / 300), 3)
    assert (one["low"], one["high"]) == pytest.approx(tuple(expected.confidence_interval()))
    assert one["p"] == pytest.approx(2 * expected.pvalue)
    assert found["a", "c"]["p"] == pytest.approx(stats.ttest_rel([0.51, 0.52, 0.51], [0.50, 0.52, 0.51]).pvalue)
    low, high = one["images"]
    assert low < one["mean"] < high and one["ahead"] == 3  # exact p of 9 images against none: 0.004


def test_what_exists_once_meets_the_mean_over_all_seeds_of_the_other():
    right = {"a": np.stack([images(50), images(60)]), "b": images(75)[None]}
    one = comparison.compare([("a", "b")], right, 100)["a", "b"]
    assert one["mean"] == pytest.approx(0.75 - 0.55)
    assert (one["seeds"], one["p"]) == (1, 1) and np.isnan(one["low"])


def test_whole_interval_covers_every_kind_of_luck_that_was_measured():
    right = {"a": np.stack([images(50), images(52), images(51)]), "b": np.stack([images(60), images(61), images(64)])}
    plain = comparison.compare([("a", "b")], right, 200)["a", "b"]
    chosen = comparison.compare([("a", "b")], right, 200, {("a", "b"): (0.05, 0.15)})["a", "b"]
    assert plain["covers"] == ["seeds", "test images"]
    assert chosen["covers"] == ["seeds", "test images", "choices of the training images"]
    half = [(plain["high"] - plain["low"]) / 2, np.subtract(*plain["images"][::-1]) / 2, 0.05]
    for found, kinds in ((plain, half[:2]), (chosen, half)):
        assert found["all"]["high"] - found["mean"] == pytest.approx(np.sqrt(np.sum(np.square(kinds))))


def test_difference_of_answers_covers_seeds_and_images():
    first, second = np.stack([images(50), images(52), images(51)]), np.stack([images(60), images(61), images(64)])
    found = comparison.difference_of_answers(first, second, 200)
    one = comparison.compare([("a", "b")], {"a": first, "b": second}, 200)["a", "b"]
    assert found == pytest.approx(one["all"]) and found["mean"] == pytest.approx(0.32 / 3)


def test_losses_of_residual_networks_are_compared_with_each_rival_by_seed():
    def losses(*values):
        return {name: list(values) for name in ("training", "validation", "test")}

    of = {"mlp": losses(0.6, 0.62), "cnn": losses(0.4, 0.44), "residual_cnn": losses(0.3, 0.33)}
    of["residual_cnn"]["test"] = [0.5, 0.5]
    found = comparison.loss_differences(of)
    assert len(found) == 6 and found["residual_cnn", "cnn", "training"]["mean"] == pytest.approx(-0.105)
    assert found["residual_cnn", "mlp", "training"]["high"] == pytest.approx(-0.295 + 0.005 * stats.t.ppf(0.975, 1))


def test_losses_are_taken_from_the_last_epoch_the_validation_and_the_scores():
    runs = [{"history": {"loss": [2, last]}, "validation": {"log_loss": 0.4}} for last in (0.3, 0.2)]
    found = comparison.losses_by_seed({"runs": runs}, [{"metrics": {"log_loss": 0.5}}, {"metrics": {"log_loss": 0.6}}])
    assert found == {"training": [0.3, 0.2], "validation": [0.4, 0.4], "test": [0.5, 0.6]}


def test_fastest_and_slowest_are_so_in_every_timed_epoch():
    seconds = {"a": np.array([1.0, 1.2]), "b": np.array([1.3, 5.0]), "c": np.array([1.1, 9.0])}
    assert not comparison.is_fastest(seconds, "a") and not comparison.is_slowest(seconds, "c")
    seconds["c"] += 4
    assert comparison.is_fastest(seconds, "a") and comparison.is_slowest(seconds, "c")


def test_scatter_is_that_of_the_completed_trials():
    search = {"table": [*({"val_accuracy": value} for value in (0.80, 0.796, 0.70, 0.60)), {"status": "FAILED"}]}
    found = comparison.scatter_of_trials(search)
    assert (found["best"], found["worst"], found["close"]) == (0.80, 0.60, 0.5)
    assert found["median"] == pytest.approx(0.748) and found["sd"] == pytest.approx(np.std([80, 79.6, 70, 60], ddof=1) / 100)


def test_rank_correlation_is_spearmans_and_nothing_for_a_constant():
    found = comparison.rank_correlation([1, 2, 3, 40], [10, 20, 40, 30])
    assert found["correlation"] == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert np.isnan(comparison.rank_correlation([1, 1, 1], [1, 2, 3])["p"])
