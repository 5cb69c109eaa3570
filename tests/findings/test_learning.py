"""Slopes and power laws: numbers that are known are found again."""

import math

import numpy as np
import pytest

from sixtytwo.findings import learning

LAW = learning.PowerLaw(0.08, 4.0, 0.5)
SIZES = [1_000, 3_000, 10_000, 30_000, 90_000]
ERRORS = [LAW(n) for n in SIZES]


def run(*losses):
    return {"history": {"val_loss": list(losses)}}


def test_slope_is_that_of_the_second_half():
    assert learning.late_slopes([run(9, 8, 3, 2, 1), run(5, 4, 1, 2)]) == pytest.approx([-1, 1])
    assert learning.late_slopes([run(0, 0, 0, 1.0, 1.2, 1.1)]) == pytest.approx([0.05])


def test_slope_of_a_single_epoch_is_none():
    assert math.isnan(learning.late_slopes([run(1)])[0]) and math.isnan(learning.late_slopes([run(2, 1)])[0])


def test_scatter_is_that_about_the_trend_of_the_second_half():
    straight, jumping = run(9, 0, 7, 4, 3, 2), run(9, 0, 9, 0, 0, 1, 0, 1)
    assert learning.late_scatter([straight, jumping], "val_loss") == pytest.approx([0, 0.4**0.5])  # slope 0.2, squares 0.8


def test_scatter_about_a_trend_needs_three_epochs():
    assert math.isnan(learning.late_scatter([run(4, 3, 2, 1)], "val_loss")[0])


def test_power_law_is_found_again():
    assert learning.fit_power_law(SIZES, ERRORS) == pytest.approx(LAW, rel=1e-3)


def test_floor_of_errors_that_never_bend_is_at_its_bound():
    straight = learning.PowerLaw(0, 4.0, 0.5)
    assert learning.fit_power_law(SIZES, [straight(n) for n in SIZES]).floor == pytest.approx(0, abs=1e-3)


def test_extrapolation_follows_the_law_and_its_interval_the_images_that_judge():
    few, many = (learning.extrapolate(SIZES, ERRORS, to=697_932, judged_on=n, resamples=40) for n in (2_000, 200_000))
    for middle, low, high in (few, many):
        assert middle == pytest.approx(LAW(697_932), rel=1e-3) and low < middle < high
    assert few[2] - few[1] > 3 * (many[2] - many[1])
    assert learning.extrapolate(SIZES, ERRORS, to=697_932, judged_on=2_000, resamples=40) == few
    assert not np.isnan(few).any()


def test_scatter_is_what_a_straight_trend_leaves_of_the_second_half():
    def of(*values):
        return [{"history": {"val_accuracy": list(values)}}]

    assert learning.late_scatter(of(9, 0, 5, 1, 2, 3, 4), "val_accuracy") == pytest.approx([0])
    late = [1.0, 2.5, 2.5, 4.0]  # line 1.15 + 0.9 x: residuals -.15, .45, -.45, .15
    assert learning.late_scatter(of(7, 7, 7, 7, *late), "val_accuracy") == pytest.approx([math.sqrt(0.45 / 2)])


def test_scatter_needs_three_epochs():
    assert math.isnan(learning.late_scatter([run(1, 2, 3, 4)], "val_loss")[0])
