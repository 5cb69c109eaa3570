"""From a drawing to the image that the networks see: EMNIST's own preprocessing as one ONNX graph.

The drawing page runs the same file in the browser, so that the steps exist once: blur, crop to the ink, centre with a
margin, resize (Cohen et al. 2017, section II-A).
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import emnist

CANVAS = 280  # pixels, each side of the drawing
SIDE = emnist.IMAGE_SHAPE[0]
MARGIN = 2  # empty pixels around the ink, in the result
BLUR = 2.0  # standard deviation in canvas pixels; EMNIST has 1 pixel of a 128-pixel scan
INK = 0.05  # darker than this belongs to the character
SMALLEST = 2.0  # canvas pixels per result pixel: a small drawing is not enlarged beyond this
FRAMED = 0.1  # a drawing that fills and centres the frame to within this fraction is neither scaled nor moved


def graph() -> onnx.ModelProto:
    """The ONNX model: input `canvas`, float32 [280, 280], grey from 0 (ink) to 255 (paper);
    output `image`, float32 [1, 28, 28, 1], upright, white ink on black, brightest pixel 1 (all 0 for an empty canvas).
    """
    build = _Builder()
    ink = build("Sub", 1.0, build("Div", "canvas", 255.0))

    # The box around the ink, and how many canvas pixels go into one pixel of the result.
    position = np.arange(CANVAS, dtype=np.float32)
    first, last = [], []
    for other_axis in (1, 0):
        inked = build("Greater", build("ReduceMax", ink, axes=[other_axis], keepdims=0), INK)
        first.append(build("ReduceMin", build("Where", inked, position, np.float32(CANVAS)), keepdims=0))
        last.append(build("ReduceMax", build("Where", inked, position, np.float32(0)), keepdims=0))
    longer = build("Add", build("Max", *(build("Sub", after, before) for before, after in zip(first, last))), 1.0)
    centres = [build("Mul", build("Add", before, after), 0.5) for before, after in zip(first, last)]

    # Whoever has an image that went through these steps already gets it back as it was.
    full, middle = CANVAS / SIDE, (CANVAS - 1) / 2
    ink_side = SIDE - 2 * MARGIN
    too_far = FRAMED * CANVAS
    off = build("Abs", build("Sub", longer, np.float32(ink_side * full)))
    for centre in centres:
        off = build("Max", off, build("Mul", 2.0, build("Abs", build("Sub", centre, np.float32(middle)))))
    framed = build("Less", off, np.float32(too_far))
    scale = build("Max", build("Div", longer, np.float32(ink_side)), SMALLEST)
    scale = build("Where", framed, np.float32(full), scale)
    centres = [build("Where", framed, np.float32(middle), centre) for centre in centres]

    # Bicubic resampling (Keys 1981, a = -1/2) of the blurred ink: one matrix of weights for the rows, one for the columns.
    # The weights are blurred instead of the ink, which is the same and much less work.
    reach = int(3 * BLUR)
    gauss = np.exp(-0.5 * (np.arange(-reach, reach + 1) / BLUR) ** 2)
    gauss = (gauss / gauss.sum()).astype(np.float32).reshape(1, 1, -1)
    offset = np.arange(SIDE, dtype=np.float32).reshape(-1, 1) - (SIDE - 1) / 2
    weights = []
    for centre in centres:
        sampled_at = build("Add", build("Mul", offset, scale), centre)
        distance = build("Abs", build("Div", build("Sub", sampled_at, position.reshape(1, -1)), scale))
        rows = build("Unsqueeze", build("Div", _keys(build, distance), scale), [1])
        weights.append(build("Squeeze", build("Conv", rows, gauss, pads=[reach, reach]), [1]))
    image = build("MatMul", build("MatMul", weights[0], ink), build("Transpose", weights[1], perm=[1, 0]))
    image = build("Clip", image, np.float32(0), np.float32(1))
    image = build("Div", image, build("Max", build("ReduceMax", image, keepdims=0), np.float32(0.01)))
    build("Reshape", image, [1, SIDE, SIDE, 1], output="image")
    model = helper.make_model(
        helper.make_graph(
            build.nodes,
            "drawing",
            [helper.make_tensor_value_info("canvas", TensorProto.FLOAT, [CANVAS, CANVAS])],
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, SIDE, SIDE, 1])],
            build.constants,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def _keys(build, x):
    """The cubic convolution kernel at distances x >= 0: 1.5x³ - 2.5x² + 1 below 1, -0.5x³ + 2.5x² - 4x + 2 below 2."""

    def cubic(a, b, c, d):
        value = np.float32(a)
        for coefficient in (b, c, d):
            value = build("Add", build("Mul", value, x), np.float32(coefficient))
        return value

    near, far = cubic(1.5, -2.5, 0, 1), cubic(-0.5, 2.5, -4, 2)
    return build("Where", build("Less", x, 1.0), near, build("Where", build("Less", x, 2.0), far, np.float32(0)))


class _Builder:
    """Collects the nodes of a graph; Python numbers, lists (int64) and arrays become constants."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def __call__(self, operator, *inputs, output=None, **attributes):
        names = [self._name(value) for value in inputs]
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [output], **attributes))
        return output

    def _name(self, value):
        if isinstance(value, str):
            return value
        array = np.asarray(value, np.int64 if isinstance(value, list) else np.float32)
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name
