"""What was found, in words: the sentence follows the result, whichever it is."""

import math

import pandas as pd
import pytest

from sixtytwo.findings import words

NAN = math.nan
SEARCH = {
    "space": {"conv1": [16, 32, 64], "activation": ["relu", "tanh"], "learning_rate": [0.01, 0.005, 0.001]},
    "best": {"conv1": 64, "activation": "relu", "learning_rate": 0.005},
    "trials": 4,
    "completed": 3,
}


@pytest.mark.parametrize(
    ("mean", "low", "high", "said"),
    [
        (0.02, 0.01, 0.03, "raises the accuracy by 2.00 points (1.00 to 3.00)"),
        (-0.02, -0.03, -0.01, "lowers the accuracy by 2.00 points (1.00 to 3.00)"),
        (0.001, -0.002, 0.004, "changes the accuracy by less than half a point: +0.10 (-0.20 to +0.40)"),
        (0.001, -0.02, 0.022, "changes the accuracy by no more than chance would: +0.10 (-2.00 to +2.20) points"),
        (0.001, NAN, NAN, "changes the accuracy by +0.10 points (one seed)"),
        (NAN, NAN, NAN, "was not measured"),
    ],
)
def test_an_effect_is_told_by_its_interval(mean, low, high, said):
    assert words.effect_in_words({"mean": mean, "low": low, "high": high}) == said


def test_a_search_tells_its_budget_its_best_point_and_where_that_lies():
    told = words.search_in_words(SEARCH, {})
    assert told == (
        "The search tried 4 of 18 configurations; 1 failed. The best has conv1 64, activation relu and learning rate 0.005. "
        "It is not the paper's point, and conv1 lies at the edge of the space."
    )
    inside = SEARCH | {"best": SEARCH["best"] | {"conv1": 32}, "completed": 4}
    told = words.search_in_words(inside, inside["best"])
    assert "none failed" in told and told.endswith("It is the paper's point, and it lies well within the space.")


def test_a_single_name_is_listed_as_it_is():
    assert [words.listed(names) for names in (["a"], ["a", "b"], [1, 2, 3])] == ["a", "a and b", "1, 2 and 3"]


def test_a_rival_is_ahead_only_if_its_interval_says_so():
    def said(*rows):
        return words.lead_in_words(pd.DataFrame(rows, ["b", "c"], ["mean", "low", "high"]))

    assert said((0.01, 0.002, 0.018), (0, -0.01, 0.01)) == "the best rival (b) beats it by +1.00 (+0.20 to +1.80) points"
    assert said((0.01, -0.002, 0.022), (0, -0.01, 0.01)).startswith("no rival is ahead of it beyond chance; the best (b) leads")
    assert "+1.00 points ahead of it, with one seed of each" in said((0.01, NAN, NAN), (0, NAN, NAN))


@pytest.mark.parametrize(("by_rate", "word"), [(0.2, "more"), (0.001, "less")])
def test_the_learning_rate_is_weighed_against_all_else(by_rate, word):
    rows = [(0.01, 0.80 - by_rate), (0.01, 0.81 - by_rate), (0.001, 0.80), (0.001, 0.81)]
    grid = pd.DataFrame(rows, columns=["learning_rate", "val_accuracy"])
    told = words.rate_in_words(grid, {"learning_rate": 0.001})
    assert f"matters {word} than the filters" in told and "the best filters are 1.0 points ahead of the worst" in told
    assert "filters" not in words.rate_in_words(grid.iloc[[0, 2]], {"learning_rate": 0.001})


def test_gradients_with_and_without_a_shortcut_are_compared_by_their_ratio():
    told = [words.flow_in_words(0.2, without) for without in (0.15, 0.02, 0.9)]
    assert told == ["about as much", "less than half as much", "more than twice as much"]


def test_probes_tell_at_how_many_steps_they_get_better():
    assert "at every step" in words.probes_in_words({"input": [0.5], "add": [0.6, 0.7], "dense": [0.8]})
    assert words.probes_in_words({"input": [0.5], "add": [0.4], "dense": [0.8]}).endswith("at 1 of 2 steps")


@pytest.mark.parametrize(
    ("correlation", "p", "said"),
    [
        (0.67, 0.0001, "accuracy rises with size (rank correlation 0.67, p below 0.001)"),
        (-0.67, 0.01, "accuracy falls with size (rank correlation -0.67, p 0.01)"),
        (0.2, 0.3, "no trend with size can be told from chance (rank correlation 0.20, p 0.3)"),
        (NAN, NAN, "there are too few networks for a trend"),
    ],
)
def test_a_trend_is_told_by_its_p_value(correlation, p, said):
    assert words.trend_in_words(correlation, p) == said


def test_a_loss_that_turns_upwards_is_told_from_one_that_does_not():
    assert words.turn_in_words([0.5, 0.4, 0.381]) == "is lowest after the last epoch (0.381)"
    assert words.turn_in_words([0.5, 0.4, 0.45]) == "is lowest after epoch 2 (0.400) and ends at 0.450"
