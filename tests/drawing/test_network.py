"""Networks, drawn as they were built."""

import keras
import matplotlib.pyplot as plt

from sixtytwo.drawing import network


def test_a_box_for_each_layer_and_an_arrow_for_each_connection():
    image = keras.Input((8, 8, 1), name="input")
    main = keras.layers.Conv2D(4, 3, padding="same", name="main")(image)
    main = keras.layers.ReLU(name="relu")(keras.layers.BatchNormalization(name="norm")(main))
    side = keras.layers.Conv2D(4, 1, name="side")(image)
    figure = network.draw_network(keras.Model(image, keras.layers.Add(name="add")([main, side])))
    boxes = [text.get_text() for text in figure.axes[0].texts if text.get_text()]
    arrows = [text for text in figure.axes[0].texts if not text.get_text()]
    plt.close(figure)
    assert len(boxes) == 4 and len(arrows) == 4
    assert "main" in boxes[1] and "3×3 Conv2D, normalisation, ReLU" in boxes[1] and "56 parameters" in boxes[1]
