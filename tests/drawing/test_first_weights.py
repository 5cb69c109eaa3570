"""Pictures of the inside of a network."""

import numpy as np
import pytest

from sixtytwo.drawing import inspection


@pytest.mark.parametrize("filters", [1, 6, 16, 40])
def test_maps_are_drawn_whatever_their_number(filters):
    figure = inspection.draw_weights({"Mine": np.ones((5, 5, filters))})
    assert sum(bool(axis.images) for part in figure.subfigs for axis in part.axes) == min(filters, 16)
