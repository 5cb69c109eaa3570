"""Classes that are taken for each other, counted by hand."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from sixtytwo.findings import confusion

LABELS = np.array([0, 0, 1, 1, 2, 2, 2, 1])
ANSWERS = np.array([[0, 1, 0, 1, 2, 2, 1, 1], [0, 1, 1, 1, 0, 2, 1, 1]])
NAMES = ("O", "0", "x")


def test_errors_of_a_pair_are_counted_in_both_directions_over_all_networks():
    found = confusion.errors_by_pair(LABELS, ANSWERS, 3)
    assert found.tolist() == [[0, 3, 1], [0, 0, 2], [0, 0, 0]]


def test_worst_pairs_come_first_with_their_share_of_all_errors():
    found = confusion.worst_pairs(confusion.errors_by_pair(LABELS, ANSWERS, 3), NAMES, n=2)
    assert found["pair"].to_list() == ["O / 0", "0 / x"] and found["errors"].to_list() == [3, 2]
    assert found["share"].to_list() == pytest.approx([1 / 2, 1 / 3])
    assert list(zip(found["first"], found["second"], strict=True)) == [(0, 1), (1, 2)]


def test_a_perfect_network_has_no_worst_pairs_to_speak_of():
    found = confusion.worst_pairs(confusion.errors_by_pair(LABELS, [LABELS], 3), NAMES, n=1)
    assert found["errors"].to_list() == [0] and found["share"].to_list() == [0]


def test_look_alikes_are_case_pairs_and_groups():
    errors = np.zeros((5, 5), int)
    errors[0, 1], errors[0, 2], errors[3, 4], errors[1, 2] = 4, 3, 2, 1  # 0 / O, 0 / o, C / c; O / o
    pairs = confusion.worst_pairs(errors, ("0", "O", "o", "C", "c"), n=4)
    assert confusion.count_look_alikes(pairs) == 4
    assert confusion.count_look_alikes(pairs.assign(pair=["0 / C", "A / a", "l / I", "q / 9"])) == 2


def test_rank_of_a_pair_and_its_interval():
    n = 400
    labels, answers = np.zeros(n, int), np.zeros((1, n), int)
    answers[0, :100], answers[0, 100:140], answers[0, 140:143] = 1, 2, 3
    found = confusion.rank_of_pair(labels, answers, (2, 0), 4, 300)
    assert found == {"rank": 2, "low": 2, "high": 2}
    close = np.zeros((1, n), int)
    close[0, :50], close[0, 50:98] = 1, 2  # 50 errors against 48: under resampling either may lead
    found = confusion.rank_of_pair(labels, close, (0, 2), 4, 300)
    assert (found["rank"], found["low"], found["high"]) == (2, 1, 2)


def test_recall_of_each_class_has_wilsons_interval():
    found = confusion.recall_by_class(np.array([[8, 2, 0], [0, 5, 0], [0, 0, 0]]), NAMES)
    assert found["support"].to_dict() == {"O": 10, "0": 5, "x": 0} and found["recall"].to_list() == [0.8, 1, 0]
    assert tuple(found.loc["O", ["low", "high"]]) == pytest.approx(proportion_confint(8, 10, method="wilson"))


def test_agreed_errors_are_those_of_all_networks_with_one_answer():
    assert np.flatnonzero(confusion.agreed_errors(LABELS, ANSWERS)).tolist() == [1, 6]


def test_images_taken_for_each_other_are_found_in_both_directions():
    assert confusion.taken_for_each_other(LABELS, ANSWERS[0], (0, 1)).tolist() == [1, 2]


def test_common_successes_are_read_by_most_models_and_of_large_classes():
    labels = np.array([0, 0, 0, 1, 1, 2])
    right = {key: np.array([found]) for key, found in {"a": [0, 1, 1, 0, 1, 1], "b": [1, 0, 1, 0, 1, 0]}.items()}
    assert confusion.common_successes(labels, right, ("7", "8", "9"), 2) == [2, 4]


def test_common_successes_prefer_look_alikes():
    labels = np.array([0, 0, 1, 2, 2])
    right = {"a": np.ones((1, 5), bool)}
    assert confusion.common_successes(labels, right, ("7", "0", "O"), 2) == [3, 2]
