"""From a drawing to the image that the networks see: EMNIST's own preprocessing as one ONNX graph.

The drawing page runs the same file in the browser, so that the steps exist once: blur, crop to the ink, centre with a
margin, resize (Cohen et al. 2017, section II-A). What went through these steps already, which its soft edges show, is read
back pixel by pixel.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper

from sixtytwo.data import emnist
from sixtytwo.report import enlarged
from sixtytwo.report.graph_builder import Builder, cubic_kernel

CANVAS = 280  # pixels, each side of the drawing
POSITION = np.arange(CANVAS, dtype=np.float32)  # of each row or column

SIDE = emnist.IMAGE_SHAPE[0]

MARGIN = 2  # empty pixels around the ink, in the result

BLUR = 2.0  # standard deviation in canvas pixels; EMNIST has 1 pixel of a 128-pixel scan

INK = 0.05  # darker than this, of the darkest, belongs to the character

SMALLEST = 2.0  # canvas pixels per result pixel: a small drawing is not enlarged beyond this

SOFT = 0.4  # result pixels: edges that are wider were blurred already (EMNIST's: 0.65 to 2)


def graph() -> onnx.ModelProto:
    """The ONNX model: input `canvas`, float32 [280, 280], grey from 0 (ink) to 255 (paper);
    output `image`, float32 [1, 28, 28, 1], upright, white ink on black, brightest pixel 1 (all 0 for an empty canvas).
    """
    build = Builder()
    ink = _scaled(build, build("Sub", 1.0, build("Div", "canvas", 255.0)))
    longer, centres = _box(build, ink)
    scale = build("Max", build("Div", longer, np.float32(SIDE - 2 * MARGIN)), SMALLEST)
    drawn = _weights(build, scale, centres)
    width, middles, size = enlarged.find_grid(build, ink, CANVAS)
    edges = build("Div", build("Mul", enlarged.softness(build, ink), enlarged.USUAL_INK), build("Max", size, 1.0))
    soft = build("Greater", edges, SOFT)
    sampled = [enlarged.sample(build, width, middle, CANVAS) for middle in middles]
    rows, columns = (build("Where", soft, *pair) for pair in zip(sampled, drawn))
    image = build("MatMul", build("MatMul", rows, ink), build("Transpose", columns, perm=[1, 0]))
    image = _scaled(build, build("Clip", image, np.float32(0), np.float32(1)))
    build("Reshape", image, [1, SIDE, SIDE, 1], output="image")
    return build.model(
        "drawing",
        helper.make_tensor_value_info("canvas", TensorProto.FLOAT, [CANVAS, CANVAS]),
        helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, SIDE, SIDE, 1]),
    )


def _scaled(build, image):
    """The image with a brightest pixel of 1, unless it is all but empty."""
    return build("Div", image, build("Max", build("ReduceMax", image, keepdims=0), np.float32(0.01)))


def _box(build, ink):
    """The longer side of the box around the ink, and its centre (row, column), in canvas pixels."""
    first, last = [], []
    for other_axis in (1, 0):
        inked = build("Greater", build("ReduceMax", ink, axes=[other_axis], keepdims=0), INK)
        first.append(build("ReduceMin", build("Where", inked, POSITION, np.float32(CANVAS)), keepdims=0))
        last.append(build("ReduceMax", build("Where", inked, POSITION, np.float32(0)), keepdims=0))
    longer = build("Add", build("Max", *(build("Sub", after, before) for before, after in zip(first, last))), 1.0)
    return longer, [build("Mul", build("Add", before, after), 0.5) for before, after in zip(first, last)]


def _weights(build, scale, centres):
    """What each canvas pixel gives to each pixel of the result: one matrix for the rows, one for the columns.

    Bicubic resampling (Keys 1981, a = -1/2) of the blurred ink. The weights are blurred instead of the ink, which is the
    same and much less work.
    """
    reach = int(3 * BLUR)
    gauss = np.exp(-0.5 * (np.arange(-reach, reach + 1) / BLUR) ** 2)
    gauss = (gauss / gauss.sum()).astype(np.float32).reshape(1, 1, -1)
    offset = np.arange(SIDE, dtype=np.float32).reshape(-1, 1) - (SIDE - 1) / 2
    weights = []
    for centre in centres:
        sampled_at = build("Add", build("Mul", offset, scale), centre)
        distance = build("Abs", build("Div", build("Sub", sampled_at, POSITION.reshape(1, -1)), scale))
        rows = build("Unsqueeze", build("Div", cubic_kernel(build, distance, -0.5), scale), [1])
        weights.append(build("Squeeze", build("Conv", rows, gauss, pads=[reach, reach]), [1]))
    return weights
