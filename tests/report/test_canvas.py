"""EMNIST's preprocessing of a drawing, as the graph that Python and browser execute."""

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from sixtytwo.base import paths
from sixtytwo.data import emnist
from sixtytwo.report import canvas

RESAMPLING = Image.Resampling


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


@pytest.fixture(scope="module")
def characters():
    """Two images of each class that no network was fitted to: uint8 (124, 28, 28)."""
    if emnist.find() is None:
        pytest.skip("EMNIST is not on this machine (set EMNIST_DIR or run `make data`)")
    images, labels = emnist.load("train", n=10_000)
    return images[np.concatenate([np.flatnonzero(labels == label)[:2] for label in range(emnist.N_CLASSES)])]


def painted(image, side, top, left, resampling):
    """A canvas, uint8, with an image of white ink on black, enlarged to `side`, as black ink on white."""
    found = np.full((canvas.CANVAS, canvas.CANVAS), 255, np.uint8)
    found[top : top + side, left : left + side] = Image.fromarray(255 - image).resize((side, side), resampling)
    return found


@pytest.mark.parametrize(
    ("side", "top", "left", "resampling", "agreement"),
    [
        (280, 0, 0, RESAMPLING.NEAREST, 0.97),
        (280, 0, 0, RESAMPLING.BILINEAR, 0.97),
        (280, 0, 0, RESAMPLING.BICUBIC, 0.97),
        (140, 17, 101, RESAMPLING.NEAREST, 0.95),
        (140, 90, 3, RESAMPLING.BILINEAR, 0.95),
        (140, 53, 88, RESAMPLING.BICUBIC, 0.95),
    ],
)
def test_painted_images_of_the_data_set_are_answered_like_the_originals(
    side, top, left, resampling, agreement, see, characters
):
    seen = np.stack([see(1 - painted(image, side, top, left, resampling) / 255) for image in characters])
    originals = characters.astype(np.float32) / 255
    for path in (paths.REFERENCE / "models").glob("*.onnx"):
        session = onnxruntime.InferenceSession(path)
        then, now = (session.run(None, {session.get_inputs()[0].name: x[..., None]})[0] for x in (originals, seen))
        assert np.mean(then.argmax(1) == now.argmax(1)) >= agreement, path.stem


def test_drawing_with_hard_edges_is_softened_as_the_data_set_was(see):
    seen = see(drawing(30, 30, 200, 20))
    assert ((seen > 0.05) & (seen < 0.95)).sum() > 40
