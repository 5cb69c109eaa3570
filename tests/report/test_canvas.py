"""EMNIST's preprocessing of a drawing, as the graph that Python and browser execute."""

import numpy as np
import onnxruntime
import pytest

from sixtytwo.report import canvas


@pytest.fixture(scope="module")
def see():
    """The image, float32 (28, 28), that becomes of ink, float in [0, 1] (280, 280)."""
    session = onnxruntime.InferenceSession(canvas.graph().SerializeToString())
    return lambda ink: session.run(None, {"canvas": (255 * (1 - ink)).astype(np.float32)})[0][0, ..., 0]


def drawing(top, left, height, width):
    ink = np.zeros((canvas.CANVAS, canvas.CANVAS))
    ink[top : top + height, left : left + width] = 1
    return ink


def test_empty_canvas_stays_empty(see):
    assert see(drawing(0, 0, 0, 0)).max() == 0


def test_drawing_is_centred_and_fills_all_but_a_margin(see):
    seen = see(drawing(30, 10, 120, 40)) > 0.5
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    assert (rows[0], rows[-1]) == (canvas.MARGIN, canvas.SIDE - 1 - canvas.MARGIN)
    assert columns[0] + columns[-1] == canvas.SIDE - 1 and len(columns) == 8  # a third of the height


def test_place_of_a_drawing_does_not_matter(see):
    np.testing.assert_allclose(see(drawing(10, 20, 90, 60)), see(drawing(150, 200, 90, 60)), atol=1e-5)


def test_size_of_a_drawing_hardly_matters(see):
    assert np.abs(see(drawing(10, 20, 90, 60)) - see(drawing(10, 20, 180, 120))).mean() < 0.02


def test_image_that_is_framed_already_comes_back_as_it_was(see):
    image = np.zeros((canvas.SIDE, canvas.SIDE))
    image[2:26, 8:20] = np.random.default_rng(0).uniform(0.4, 1, (24, 12))
    seen = see(np.kron(image, np.ones((10, 10))))
    assert np.corrcoef(seen.ravel(), image.ravel())[0, 1] > 0.97
