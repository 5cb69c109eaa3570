"""Figures in two widths, and the values that are read from them."""

import base64
import io

import matplotlib.pyplot as plt
import PIL.Image
import pytest

from sixtytwo.base.contracts import CHART
from sixtytwo.drawing import chart, style
from sixtytwo.drawing.values import values


def drawn(draw, **options):
    figure, axis = plt.subplots(figsize=style.size(3))
    draw(axis)
    axis.set(**options)
    return figure


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_chart_is_drawn_for_a_page_and_for_a_phone_and_shown_once():
    made = chart.chart(lambda: drawn(lambda axis: axis.scatter([1], [2]), xlabel="epoch"))()
    assert not plt.get_fignums(), "Jupyter would show what is still open"
    data, about = made._repr_mimebundle_()
    sizes = [PIL.Image.open(io.BytesIO(base64.b64decode(png))).size for png in (data["image/png"], data[CHART]["narrow"])]
    assert [width for width, _ in sizes] == [1440, 720] and about["image/png"]["width"] == 720
    assert not style.is_narrow()


def test_points_bars_and_lines_tell_what_they_are():
    def draw(axis):
        axis.scatter([2.0], [0.75], label="CNN")
        axis.plot([1, 2, 3], [0.5, 0.6, 0.7], label="MLP")

    texts = [text for _, _, text in values(drawn(draw, xlabel="epoch", ylabel="accuracy"))]
    assert texts[0] == "CNN\nepoch: 2\naccuracy: 0.75" and texts[-1] == "MLP\nepoch: 3\naccuracy: 0.7"
    bars = values(drawn(lambda axis: axis.barh([0, 1], [1234, 20], tick_label=["MLP", "CNN"]), xlabel="parameters"))
    assert [text for _, _, text in bars] == ["parameters: 1,234\nMLP", "parameters: 20\nCNN"]


def test_series_is_found_by_the_colour_of_its_entry_in_the_legend():
    def draw(axis):
        axis.plot([0], [0], color="C1", label="relu", marker="o")
        axis.legend()
        axis.scatter([1], [1], color="C1")

    texts = [text for _, _, text in values(drawn(draw))]
    assert texts[0] == "relu\n1\n1"


def test_value_lies_where_its_point_is_drawn():
    style.use_style()

    def draw(axis):
        axis.plot(
            range(1, 11), [0.81, 0.894, *[0.82] * 8], "o-", label="a long name in a legend", color="#ff0000", markersize=9
        )
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))

    data, _ = chart.chart(lambda: drawn(draw, xlabel="epoch", ylabel="validation accuracy"))()._repr_mimebundle_()
    for png, found in ((data["image/png"], "wide"), (data[CHART]["narrow"], "narrow")):
        picture = PIL.Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
        for across, down, _ in data[CHART]["values"][found]:
            assert picture.getpixel((int(across * picture.width), int(down * picture.height))) == (255, 0, 0)


def test_lines_that_mark_a_level_have_no_values_and_a_cloud_of_points_none_at_all():
    assert values(drawn(lambda axis: (axis.axhline(1), axis.axvline(2)))) == []
    assert values(drawn(lambda axis: axis.scatter(range(1000), range(1000)))) == []
