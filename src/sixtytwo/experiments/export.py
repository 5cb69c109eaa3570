"""Trained networks as ONNX, for the drawing page."""

import re
import tempfile
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime

from sixtytwo.data import emnist


def export_onnx(model, path):
    """Write a model as ONNX: input float32 [n, 28, 28, 1] in [0, 1], output probabilities [n, classes]; check it.

    Raises ValueError if ONNX Runtime and Keras disagree by more than 1e-4 on random images.
    """
    image = keras.Input((*emnist.IMAGE_SHAPE, 1), name="image")
    bare = keras.models.clone_model(model)
    bare.set_weights(model.get_weights())
    shaped = keras.layers.Reshape(model.input_shape[1:], name="shape")(image)
    wrapped = keras.Model(image, bare(shaped), name="answer")
    sample = np.random.default_rng(0).random((4, *emnist.IMAGE_SHAPE, 1), dtype=np.float32)
    expected = wrapped(sample, training=False).numpy()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as scratch:
        written = Path(scratch) / path.name
        wrapped.export(written, format="onnx", verbose=False)
        onnx.save(_renumbered(onnx.load(written)), written)
        session = onnxruntime.InferenceSession(written)
        found = session.run(None, {session.get_inputs()[0].name: sample})[0]
        if not np.allclose(found, expected, atol=1e-4):
            raise ValueError(
                f"{path.name} differs from its Keras model by {np.abs(found - expected).max():.2g}, more than 1e-4."
            )
        written.replace(path)


def _renumbered(exported):
    """The same graph with its `name__17` renamed in order of use: tf2onnx names by chance, so no two files are equal."""
    graph, names = exported.graph, {}

    def renumber(name):
        return names.setdefault(name, f"made__{len(names)}" if re.search(r"__\d+", name) else name)

    for node in graph.node:
        node.name = renumber(node.name)
        node.input[:] = map(renumber, node.input)
        node.output[:] = map(renumber, node.output)
    constants = sorted(graph.initializer, key=lambda constant: list(names).index(constant.name))
    for constant in constants:
        constant.name = names[constant.name]
    del graph.initializer[:]
    graph.initializer.extend(constants)
    graph.doc_string = ""
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    return exported
