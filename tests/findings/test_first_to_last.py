"""One number for how well the error signal reaches the first layer."""

import pytest

from sixtytwo.findings import gradients


def test_ratio_is_the_median_over_the_measurements_of_first_by_last_layer():
    norms = [{"z": 1.0, "m": 9.0, "a": 2.0}, {"z": 3.0, "m": 9.0, "a": 1.0}, {"z": 1.0, "m": 9.0, "a": 4.0}]
    assert gradients.first_to_last(norms) == pytest.approx(0.5)
    assert gradients.first_to_last(norms[1:]) == pytest.approx((3 + 0.25) / 2)
