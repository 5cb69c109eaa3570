"""Pictures of characters, and of the inside of a network."""

import numpy as np
import pytest

from sixtytwo.drawing import images, inspection


@pytest.mark.parametrize("filters", [1, 6, 16, 40])
def test_maps_are_drawn_whatever_their_number(filters):
    chart = inspection.draw_weights({"Mine": np.ones((5, 5, filters))})
    for figure in (chart.wide, chart.narrow):
        assert sum(bool(axis.images) for part in figure.subfigs for axis in part.axes) == min(filters, 16)


def test_each_image_has_a_map_of_each_model_on_a_page_and_on_a_phone():
    heats = {key: np.ones((2, 24, 24)) for key in ("mine", "yours", "ours")}
    chart = inspection.draw_occlusion(np.zeros((2, 28, 28)), heats, {key: key.title() for key in heats})
    for figure in (chart.wide, chart.narrow):
        titles = {axis.get_title() or axis.get_title(loc="left") for axis in figure.axes}
        assert len(figure.axes) == 2 * 4 and titles == {"", "Mine", "Yours", "Ours"}
        maps = [axis.images[1].get_array() for axis in figure.axes if len(axis.images) == 2]
        assert len(maps) == 2 * 3 and all(heat.max() == 1 for heat in maps)


def test_rows_of_images_are_named_once():
    chart = images.draw_rows({"upright": np.zeros((3, 28, 28)), "shuffled": np.ones((3, 28, 28))})
    for figure in (chart.wide, chart.narrow):
        names = [axis.get_title(loc="left") for axis in figure.axes]
        assert names == ["upright", "", "", "shuffled", "", ""]
