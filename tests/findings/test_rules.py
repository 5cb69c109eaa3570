"""Every rule is tested on made-up facts for each verdict that it can give (`rule_cases`); and what rules are made of."""

import importlib
from collections import defaultdict
from math import nan
from pathlib import Path

import pandas as pd
import pytest
import rule_cases

from sixtytwo.findings import claims, rules

FILES = sorted(path.stem for path in Path(__file__).parent.glob("test_rules_*.py"))
CASES = defaultdict(set)
for file in FILES:
    for name, word in rule_cases.words(importlib.import_module(file).CASES):
        CASES[name].add(word)


@pytest.mark.parametrize("rule", rules.every_rule().values(), ids=lambda rule: rule.id)
def test_rule_is_tested_on_facts_for_each_verdict_that_it_can_give(rule):
    where = f"test_rules_{rules.chapter_of(rule.decide)}.py"
    assert CASES[rule.id] == rule_cases.verdicts_of(rule.id), f"expected cases in {where} as VERDICTS in rule_cases.py has it"


@pytest.mark.parametrize("rule", rules.every_rule().values(), ids=lambda rule: rule.id)
def test_text_says_when_some_parts_count_as_partly(rule):
    """Except for wishes of the paper, which hold in part if some of what they ask for was tried."""
    can_give = rule_cases.verdicts_of(rule.id)
    assert ("as partly" in rule.text) == ("partly" in can_give and "not tested" not in can_give)


def test_verdicts_are_listed_for_rules_that_there_are_in_words_that_there_are():
    listed = {name for names in rule_cases.VERDICTS.values() for name in names.split()}
    assert listed == set(rules.every_rule())
    assert {word for verdicts in rule_cases.VERDICTS for word in verdicts.split(", ")} <= set(claims.VERDICTS)


# --- what rules are made of

YES, PARTLY, NO, MAYBE = "reproduced", "partly", "refuted", "undecided"


def interval(low, high):
    return {"low": low, "high": high}


def test_what_is_counted_holds_or_does_not():
    assert [rules.holds(True), rules.holds(False)] == [YES, NO]


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.1, 0.3, YES),
        (0.0, 0.3, MAYBE),  # an end on the limit does not lie above it
        (-0.1, 0.3, MAYBE),
        (-0.1, 0.0, NO),
        (-0.3, -0.1, NO),
        (nan, nan, MAYBE),
    ],
)
def test_above_and_below_a_limit_are_decided_by_the_whole_interval(low, high, word):
    assert rules.above(interval(low, high)) == word
    assert rules.below(interval(-high, -low)) == word
    assert rules.above(interval(low + 2, high + 2), than=2) == word
    assert rules.below(interval(2 - high, 2 - low), than=2) == word


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (-0.004, 0.004, YES),
        (0.001, 0.004, YES),  # a difference, but a small one
        (-0.004, 0.005, MAYBE),
        (-0.005, 0.004, MAYBE),
        (-0.02, 0.02, MAYBE),
        (0.004, 0.02, MAYBE),
        (0.005, 0.02, NO),
        (-0.02, -0.005, NO),
        (nan, nan, MAYBE),
    ],
)
def test_no_difference_is_an_interval_within_half_a_point(low, high, word):
    assert rules.is_none(interval(low, high)) == word


@pytest.mark.parametrize(
    ("correlation", "p", "word"),
    [(0.6, 0.049, YES), (-0.6, 0.049, NO), (0.6, 0.05, MAYBE), (-0.6, 0.05, MAYBE), (nan, nan, MAYBE)],
)
def test_correlation_decides_by_its_sign_if_it_is_significant(correlation, p, word):
    assert rules.correlates(correlation, p) == word


@pytest.mark.parametrize(
    ("words", "every", "any_of", "all_of"),
    [
        ((YES, YES), YES, YES, YES),
        ((YES, MAYBE), MAYBE, YES, PARTLY),
        ((YES, NO), NO, YES, PARTLY),
        ((YES, MAYBE, NO), NO, YES, PARTLY),
        ((MAYBE, MAYBE), MAYBE, MAYBE, MAYBE),
        ((MAYBE, NO), NO, MAYBE, NO),
        ((NO, NO), NO, NO, NO),
    ],
)
def test_words_of_several_parts(words, every, any_of, all_of):
    assert [rules.every(*words), rules.any_of(*words), rules.all_of(*words)] == [every, any_of, all_of]
    assert [rules.every(*words[::-1]), rules.any_of(*words[::-1]), rules.all_of(*words[::-1])] == [every, any_of, all_of]


def test_a_part_that_holds_partly_is_a_part_that_holds():
    assert [rules.all_of(PARTLY, other) for other in (YES, PARTLY, MAYBE, NO)] == 4 * [PARTLY]


def test_parts_that_are_counted():
    assert [rules.parts(*found) for found in ((True, True), (True, False), (False, False))] == [YES, PARTLY, NO]


def test_at_most_partly_holds_what_is_measured_in_part_only():
    assert [rules.at_most_partly(word) for word in (YES, PARTLY, NO, MAYBE)] == [PARTLY, PARTLY, NO, MAYBE]


def leads(*rows):
    return pd.DataFrame(rows, columns=["mean", "low", "high"], index=["first", "second"][: len(rows)])


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (leads((0.003, 0.002, 0.0049), (-0.01, -0.02, 0.0)), YES),
        (leads((0.003, 0.002, 0.005), (-0.01, -0.02, 0.0)), MAYBE),
        (leads((0.003, 0.002, 0.004), (0.001, -0.004, 0.006)), MAYBE),  # not the best, but not measured as well
        (leads((0.006, 0.0049, 0.0071), (-0.01, -0.02, 0.0)), MAYBE),
        (leads((0.006, 0.005, 0.007), (-0.01, -0.02, 0.0)), NO),
        (leads((0.007, -0.001, 0.015), (0.006, 0.005, 0.007)), NO),
        (leads((0.006, nan, nan)), MAYBE),
    ],
)
def test_the_best_has_no_rival_that_can_be_half_a_point_better(found, word):
    assert rules.is_best(found).word == word


def test_the_best_without_a_rival_is_undecided():
    found = rules.is_best(leads())
    assert (found.word, found.ours, found.interval) == (MAYBE, "no rival was trained in full", None)


def test_the_best_rival_is_named_with_its_interval():
    found = rules.is_best(leads((0.003, 0.002, 0.004), (-0.01, -0.02, 0.0)))
    assert found.ours == "the best of 2 rivals (first): +0.30 points"
    assert found.interval == pytest.approx((0.2, 0.4))
