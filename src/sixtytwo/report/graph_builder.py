"""Writes ONNX graphs node by node."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Builder:
    """Collects the nodes of a graph.

    Called with an operator and its inputs it adds a node and returns the name of its output; Python numbers, lists (int64)
    and arrays become constants.
    """

    def __init__(self):
        self.nodes, self.constants = [], []

    def __call__(self, operator, *inputs, output=None, **attributes):
        names = [self._name(value) for value in inputs]
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [output], **attributes))
        return output

    def model(self, name, given, made) -> onnx.ModelProto:
        """The checked model of all nodes, from its input and output."""
        graph = helper.make_graph(self.nodes, name, [given], [made], self.constants)
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


def cubic_kernel(build, x, a):
    """The cubic convolution kernel at distances x >= 0, whose slope at 1 is `a` (Keys 1981).

    (a + 2)x³ - (a + 3)x² + 1 below 1, ax³ - 5ax² + 8ax - 4a below 2.
    """

    def cubic(*coefficients):
        value = np.float32(coefficients[0])
        for coefficient in coefficients[1:]:
            value = build("Add", build("Mul", value, x), np.float32(coefficient))
        return value

    near, far = cubic(a + 2, -a - 3, 0, 1), cubic(a, -5 * a, 8 * a, -4 * a)
    return build("Where", build("Less", x, 1.0), near, build("Where", build("Less", x, 2.0), far, np.float32(0)))
