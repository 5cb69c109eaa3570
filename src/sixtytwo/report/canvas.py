"""From a drawing to the image that the networks see: EMNIST's own preprocessing as one ONNX graph.

The drawing page runs the same file in the browser, so that the steps exist once: blur, crop to the ink, centre with a
margin, resize (Cohen et al. 2017, section II-A).
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from sixtytwo.data import emnist

CANVAS = 280  # pixels, each side of the drawing
POSITION = np.arange(CANVAS, dtype=np.float32)  # of each row or column

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
    longer, centres = _box(build, ink)
    scale, centres = _frame(build, longer, centres)
    rows, columns = _weights(build, scale, centres)
    image = build("MatMul", build("MatMul", rows, ink), build("Transpose", columns, perm=[1, 0]))
    image = build("Clip", image, np.float32(0), np.float32(1))
    image = build("Div", image, build("Max", build("ReduceMax", image, keepdims=0), np.float32(0.01)))
    build("Reshape", image, [1, SIDE, SIDE, 1], output="image")
    return build.model(
        helper.make_tensor_value_info("canvas", TensorProto.FLOAT, [CANVAS, CANVAS]),
        helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, SIDE, SIDE, 1]),
    )


def _box(build, ink):
    """The longer side of the box around the ink, and its centre (row, column), in canvas pixels."""
    first, last = [], []
    for other_axis in (1, 0):
        inked = build("Greater", build("ReduceMax", ink, axes=[other_axis], keepdims=0), INK)
        first.append(build("ReduceMin", build("Where", inked, POSITION, np.float32(CANVAS)), keepdims=0))
        last.append(build("ReduceMax", build("Where", inked, POSITION, np.float32(0)), keepdims=0))
    longer = build("Add", build("Max", *(build("Sub", after, before) for before, after in zip(first, last))), 1.0)
    return longer, [build("Mul", build("Add", before, after), 0.5) for before, after in zip(first, last)]


def _frame(build, longer, centres):
    """How many canvas pixels go into one pixel of the result, and around which centre they are taken.

    Whoever has an image that went through these steps already gets it back as it was.
    """
    full, middle = CANVAS / SIDE, (CANVAS - 1) / 2
    ink_side = SIDE - 2 * MARGIN
    off = build("Abs", build("Sub", longer, np.float32(ink_side * full)))
    for centre in centres:
        off = build("Max", off, build("Mul", 2.0, build("Abs", build("Sub", centre, np.float32(middle)))))
    framed = build("Less", off, np.float32(FRAMED * CANVAS))
    scale = build("Max", build("Div", longer, np.float32(ink_side)), SMALLEST)
    scale = build("Where", framed, np.float32(full), scale)
    return scale, [build("Where", framed, np.float32(middle), centre) for centre in centres]


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
        rows = build("Unsqueeze", build("Div", _keys(build, distance), scale), [1])
        weights.append(build("Squeeze", build("Conv", rows, gauss, pads=[reach, reach]), [1]))
    return weights


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

    def model(self, given, made) -> onnx.ModelProto:
        """The checked model of all nodes, from its input and output."""
        graph = helper.make_graph(self.nodes, "drawing", [given], [made], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model

    def _name(self, value):
        if isinstance(value, str):
            return value
        array = np.asarray(value, np.int64 if isinstance(value, list) else np.float32)
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name
