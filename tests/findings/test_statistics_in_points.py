"""Differences in percentage points, as numbers and as text."""

import math

import pytest

from sixtytwo.findings import statistics

FOUND = {"mean": 0.0041, "low": -0.001, "high": 0.0092, "p": 0.1}


def test_differences_are_given_in_points_with_their_interval():
    assert statistics.points(FOUND) == pytest.approx((0.41, -0.1, 0.92))
    assert statistics.in_points(FOUND) == "+0.41 (-0.10 to +0.92)"
    assert statistics.in_points(FOUND, digits=1) == "+0.4 (-0.1 to +0.9)"


def test_a_single_pair_has_no_interval():
    assert statistics.in_points(FOUND | {"low": math.nan, "high": math.nan}) == "+0.41"
