"""Trained networks as ONNX, for the drawing page."""

import functools
import re
import tempfile
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime

from sixtytwo.data import emnist


class ExportError(ValueError):
    """A network has no equal in ONNX; the message says why."""


def export_onnx(model, path):
    """Write a model as ONNX: input float32 [n, 28, 28, 1] in [0, 1], output probabilities [n, classes]; check it.

    Raises ExportError if it has what ONNX or ONNX Runtime does not know, or if they disagree with Keras by more than 1e-4 on
    random images.
    """
    _know_gelu()
    try:
        _export(model, path)
    except ExportError:
        raise
    except Exception as error:  # of many kinds, of Keras, tf2onnx and ONNX Runtime
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ExportError(f"{path.name} cannot be written: {said:.200}") from error


def _export(model, path):
    image = keras.Input((*emnist.IMAGE_SHAPE, 1), name="image")
    bare = _as_asked(model)
    bare.set_weights(model.get_weights())
    shaped = keras.layers.Reshape(model.input_shape[1:], name="shape")(image)
    wrapped = keras.Model(image, bare(shaped), name="answer")
    sample = np.random.default_rng(0).random((4, *emnist.IMAGE_SHAPE, 1), dtype=np.float32)
    wrapped(sample)  # Keras exports what was called
    expected = model(sample.reshape(-1, *model.input_shape[1:]), training=False).numpy()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as scratch:
        written = Path(scratch) / path.name
        wrapped.export(written, format="onnx", verbose=False)
        onnx.save(_renumbered(onnx.load(written)), written)
        session = onnxruntime.InferenceSession(written)
        found = session.run(None, {session.get_inputs()[0].name: sample})[0]
        if not np.allclose(found, expected, atol=1e-4):
            raise ExportError(
                f"{path.name} differs from its Keras model by {np.abs(found - expected).max():.2g}, more than 1e-4."
            )
        written.replace(path)


def _as_asked(model):
    """A copy, with other weights, without the layers that distort images only in training: ONNX does not know what they do."""
    distorting = tuple(kind for name, kind in vars(keras.layers).items() if name.startswith("Random") and name != "RandomCrop")

    def copied(layer):
        kind = keras.layers.Identity if isinstance(layer, distorting) else type(layer)
        return kind.from_config({"name": layer.name} if kind is keras.layers.Identity else layer.get_config())

    if not any(isinstance(layer, distorting) for layer in model._flatten_layers()):
        return keras.models.clone_model(model)
    return keras.models.clone_model(model, clone_function=copied, recursive=True)


@functools.cache
def _know_gelu():
    """Teach tf2onnx, once, the complementary error function, of which TensorFlow makes the activation gelu."""
    from tf2onnx import handler, utils  # slow, and most processes export nothing

    @handler.tf_op("Erfc")
    class Erfc:
        @classmethod
        def version_9(cls, ctx, node, **kwargs):
            kind = utils.map_onnx_to_numpy_type(ctx.get_dtype(node.input[0]))
            one = ctx.make_const(utils.make_name("one"), np.ones((), kind))
            erf = ctx.make_node(
                "Erf", [node.input[0]], shapes=[ctx.get_shape(node.input[0])], dtypes=[ctx.get_dtype(node.input[0])]
            )
            node.type = "Sub"
            ctx.replace_inputs(node, [one.output[0], erf.output[0]])


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
