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
