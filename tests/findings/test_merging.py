"""Merged classes and errors between look-alikes, against numbers worked out by hand."""

import math

import numpy as np
import pytest

from sixtytwo.data import emnist
from sixtytwo.findings import merging

NAMES = ("0", "O", "o", "1", "l", "x")
GROUP = np.array([1, 1, 1, 2, 2, 0])


def test_classes_of_a_group_have_one_number_and_no_number_is_left_out():
    assert merging.group_numbers(NAMES, ("0Oo", "1IilL")).tolist() == GROUP.tolist()


def test_a_class_whose_other_case_is_not_there_stays_on_its_own():
    assert len(set(merging.group_numbers(("c", "7"), emnist.CASE_PAIRS))) == 2


def test_classes_that_no_group_names_stay_on_their_own():
    assert merging.group_numbers(("T-shirt", "Bag", "O"), ("0Oo",)).tolist() == [0, 1, 2]


def test_case_pairs_are_those_of_bymerge():
    group = merging.group_numbers(emnist.CLASS_NAMES, emnist.CASE_PAIRS)
    merged, _ = emnist.bymerge(np.arange(emnist.N_CLASSES))
    assert len(set(group)) == 47 and len(set(zip(group, merged, strict=True))) == 47


def test_probabilities_of_merged_classes_are_added():
    p = np.array([[0.25, 0.25, 0.05, 0.05, 0.0, 0.40], [0.1, 0.1, 0.1, 0.1, 0.1, 0.5]])
    assert p.argmax(1).tolist() == [5, 5]
    assert merging.merged_answers(p, GROUP).tolist() == [1, 0]


def test_share_of_errors_within_groups():
    labels, predicted = np.array([0, 0, 3, 5, 1]), np.array([1, 3, 4, 5, 5])  # alike, not, alike, right, not
    answers = {"mine": [np.eye(6)[predicted]], "perfect": [np.eye(6)[labels]]}
    table = merging.merging_table(answers, labels, cases=GROUP, alike=GROUP)
    assert table.loc["mine", "errors between look-alikes"] == 0.5
    assert math.isnan(table.loc["perfect", "errors between look-alikes"])


def test_table_has_the_means_over_the_seeds():
    labels = np.array([0, 5])
    first = np.array([[0.3, 0.4, 0, 0, 0, 0.3], [0, 0, 0, 0.2, 0.2, 0.6]])  # reads O for 0
    second = np.array([[0.6, 0.4, 0, 0, 0, 0], [0, 0.1, 0, 0.5, 0, 0.4]])  # reads 1 for x
    pairs = np.array([0, 1, 1, 2, 3, 4])  # O and o
    table = merging.merging_table({"mine": [first, second], "one": [second]}, labels, cases=pairs, alike=GROUP)
    assert table.loc["mine", "all classes"] == pytest.approx((0.5 + 0.5) / 2)
    assert table.loc["mine", "cases merged"] == pytest.approx((0.5 + 0.5) / 2)
    assert table.loc["mine", "look-alikes merged"] == pytest.approx((1 + 0.5) / 2)
    assert table.loc["mine", "errors between look-alikes"] == pytest.approx((1 + 0) / 2)
    assert table.loc["one", "first two guesses"] == 1 and table.loc["one", "errors between look-alikes"] == 0


def test_errors_between_look_alikes_and_all_others_are_shares_of_the_images():
    labels, predicted = np.array([0, 0, 3, 5, 1]), np.array([1, 3, 4, 5, 5])  # alike, not, alike, right, not
    table = merging.merging_table({"mine": [np.eye(6)[predicted]]}, labels, cases=GROUP, alike=GROUP)
    assert table.loc["mine", ["look-alike errors", "other errors"]].to_list() == [0.4, 0.4]
