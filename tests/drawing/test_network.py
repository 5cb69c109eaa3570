"""Networks, drawn as they were built."""

import itertools

import keras

from sixtytwo.drawing import network, style


def branched():
    image = keras.Input((8, 8, 1), name="input")
    main = keras.layers.Conv2D(4, 3, padding="same", name="main")(image)
    main = keras.layers.ReLU(name="relu")(keras.layers.BatchNormalization(name="norm")(main))
    side = keras.layers.Conv2D(4, 1, name="side")(image)
    return keras.Model(image, keras.layers.Add(name="add")([main, side]))


def drawn(figure):
    """The texts of the boxes of a diagram, and how many arrows it has."""
    texts = [text.get_text() for text in figure.axes[0].texts]
    return [text for text in texts if text], texts.count("")


def test_a_box_for_each_layer_and_an_arrow_for_each_connection():
    boxes, arrows = drawn(network.draw_network(branched()).wide)
    assert len(boxes) == 4 and arrows == 4
    assert "main" in boxes[1] and "3×3 Conv2D, normalisation, ReLU" in boxes[1] and "56 parameters" in boxes[1]


def test_part_of_a_network_has_no_boxes_above_and_below_it():
    boxes, arrows = drawn(network.draw_network(branched(), between=("main", "side")).wide)
    assert len(boxes) == 2 and arrows == 0


def test_boxes_lie_within_the_picture_and_beside_each_other_on_a_phone_too():
    style.use_style()
    chart = network.draw_network(branched())
    for figure in (chart.wide, chart.narrow):
        figure.draw_without_rendering()
        frames = [text.get_window_extent().padded(3) for text in figure.axes[0].texts if text.get_text()]
        assert all(frame.x0 >= 0 and frame.x1 <= figure.bbox.x1 for frame in frames)
        assert all(frame.y0 >= 0 and frame.y1 <= figure.bbox.y1 for frame in frames)
        assert not any(one.overlaps(other) for one, other in itertools.combinations(frames, 2))
