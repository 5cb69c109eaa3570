"""What is asked of a network before it trains: everything that would be noticed late, or never, is refused here in one sentence."""

import contextlib
import inspect
import math
import re

import keras
import numpy as np

from sixtytwo.data import emnist
from sixtytwo.experiments import compiled, own_code

PIXELS = math.prod(emnist.IMAGE_SHAPE)
LARGEST = 100_000_000  # parameters: with the two moments of Adam and their gradients they fill 1.6 GB


def called(build, hp) -> keras.Model:
    """The model that a builder gives for hyperparameters.

    Raises ValueError for what is no compiled model, a huge one, and one that would be trained from weights that it was given.
    """
    name = getattr(build, "__name__", None) or getattr(getattr(build, "func", None), "__name__", None) or type(build).__name__
    if not callable(build):
        raise ValueError(f"the builder is {build!r:.60}: expected a function build(hp) that returns a compiled model.")
    try:
        inspect.signature(build).bind(hp)
    except TypeError as error:
        raise ValueError(
            f"the builder {name} cannot be called with KerasTuner's hyperparameters alone ({error}): begin it with "
            f"`def {name}(hp):`, and give all that follows hp a default."
        ) from error
    with _not_too_large(), _given() as given:
        try:
            model = build(hp)
        except ValueError as error:
            if unknown := re.fullmatch("`HyperParameter` named: (.*) not defined.", str(error)):
                raise ValueError(
                    f"the builder {name} opens a scope of the hyperparameter {unknown[1]} where KerasTuner does not know it, which "
                    "is before it was asked for, and inside of another scope of it: leave that scope out, since the book finds out "
                    "by itself which hyperparameters there are for which values."
                ) from error
            raise
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"the builder {name} returns {'nothing' if model is None else f'a {type(model).__name__}'}: expected a compiled "
            "keras.Model; end it with `return model`."
        )
    if not type(model).__module__.startswith("keras."):
        kind = type(model).__name__
        raise ValueError(
            f"the builder {name} returns a {kind}, a subclass of keras.Model, whose layers Keras cannot list or store: make it "
            f"one layer of a plain model, `image = keras.Input({(*emnist.IMAGE_SHAPE, 1)})` and "
            f"`keras.Model(image, {kind}(…)(image))`, and let {kind} be a subclass of keras.layers.Layer."
        )
    if isinstance(model, keras.Sequential) and not model.built:
        model.build((None, *emnist.IMAGE_SHAPE, 1))
    if not model.compiled:
        raise ValueError(
            f"the model of the builder {name} is not compiled: call "
            '`model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])` before you return it.'
        )
    _check_given(model, given, name)
    return model


def check(model, build, class_names):
    """Refuse a compiled network that the book could not train, judge or store.

    Parameters
    ----------
    model : keras.Model
        From `called`, with its first weights.
    build : callable
        Its builder.
    class_names : tuple of str
        Of the images that it shall learn.

    Raises ValueError, in one sentence: for shapes of input or output, answers that are no probabilities, a loss or metrics
    that do not fit, and code that cannot be stored.
    """
    _check_input(model)
    _check_output(model, len(class_names))
    _check_loss_and_metrics(model)
    _check_code(model, build)
    _check_answers(model)


@contextlib.contextmanager
def _not_too_large():
    """Within it, a layer that would make a network too large is refused before its weights take the memory."""
    add_weight, total = keras.layers.Layer.add_weight, 0

    def counted(layer, shape=None, *args, **kwargs):
        nonlocal total
        total += math.prod(shape or ())
        if total > LARGEST:
            raise ValueError(
                f"the network has {total:,} parameters up to its layer {layer.name}: expected at most {LARGEST:,}, for which a "
                "worker has the memory."
            )
        return add_weight(layer, shape, *args, **kwargs)

    keras.layers.Layer.add_weight = counted
    try:
        yield
    finally:
        keras.layers.Layer.add_weight = add_weight


@contextlib.contextmanager
def _given():
    """The variables that get a value within it, beside the one that they begin with."""
    assign, found = keras.Variable.assign, []

    def noted(variable, value):
        found.append(variable)
        return assign(variable, value)

    keras.Variable.assign = noted
    try:
        yield found
    finally:
        keras.Variable.assign = assign


def _check_given(model, given, name):
    """Refuse weights that training would change and that no seed gives: what is trained again would begin with others."""
    trained = {id(weight): weight.path for weight in model.trainable_weights}
    if path := next((trained[id(variable)] for variable in given if id(variable) in trained), None):
        raise ValueError(
            f"the builder {name} gives its network weights that training would change ({path}), but the book trains all networks "
            "from the weights of a seed: freeze the layers that have learnt elsewhere (`layer.trainable = False`), or let an "
            "initializer give the first weights."
        )


def _check_input(model):
    if len(model.inputs) != 1:
        raise ValueError(f"the network has {len(model.inputs)} inputs: expected one, which reads the image.")
    size, *shape = model.inputs[0].shape
    if None in shape or math.prod(shape) != PIXELS or size is not None:
        read = f"{(*shape,)}" if size is None else f"batches of {size}"
        raise ValueError(
            f"the network reads {read}, but an image has 28x28 pixels: begin with keras.Input((28, 28, 1)) or "
            f"keras.Input(({PIXELS},)); ZeroPadding2D, Resizing or Concatenate bring it to another shape."
        )


def _check_output(model, n_classes):
    if len(model.outputs) != 1:
        raise ValueError(f"the network has {len(model.outputs)} outputs: expected one, a softmax over the {n_classes} classes.")
    shape = tuple(model.outputs[0].shape[1:])
    if shape != (n_classes,):
        wrong = f"{shape[0]} outputs" if len(shape) == 1 else f"outputs of the shape {shape}"
        raise ValueError(
            f"the network has {wrong} for {n_classes} classes: end in "
            f'keras.layers.Dense({n_classes}, "softmax"), where {n_classes} is len(data.class_names).'
        )


def _check_loss_and_metrics(model):
    found = compiled.of(model)
    if not found.loss:
        raise ValueError('the network is compiled without a loss: expected "sparse_categorical_crossentropy" or another.')
    if found.from_logits:
        raise ValueError(
            "the loss of the network is from_logits=True, but the book asks for probabilities: end in "
            f'keras.layers.Dense({model.output_shape[-1]}, "softmax"), and leave out from_logits.'
        )
    if not found.accuracy:
        keys = ", ".join(key for _, key in found.metrics) or "none"
        raise ValueError(
            f"the network is compiled with no metric that is its accuracy with the loss {found.loss} (metrics: {keys}): "
            'add "accuracy" to the metrics.'
        )


def _check_code(model, build):
    """Refuse what cannot be stored and built again."""
    try:
        config = model.get_config()
        network = {"model": config, "compile": model.get_compile_config()}
    except Exception as error:  # of many kinds
        raise ValueError(
            f"Keras cannot describe the network ({_brief(error)}): give each layer class of your own a get_config() that "
            "returns all arguments of its __init__."
        ) from error
    if not any(own_code.foreign(network)):
        return
    with own_code.known(own_code.source_of(network, build)):
        try:
            again = type(model).from_config(config)
        except Exception as error:  # of many kinds
            raise ValueError(
                f"the network cannot be built again from what Keras stores of it ({_brief(error)}): give each layer class of "
                "your own an __init__ with **kwargs and a get_config() that returns all its arguments."
            ) from error
    weights, images = model.get_weights(), _images(model)
    if [w.shape for w in again.get_weights()] == [w.shape for w in weights]:
        again.set_weights(weights)
        if np.allclose(_answers(again, images), _answers(model, images), atol=1e-4):
            return
    raise ValueError(
        "the network is another when it is built again from what Keras stores of it: let get_config() of your layer classes "
        "return all arguments of their __init__."
    )


def _images(model):
    return np.random.default_rng(0).random((8, *model.input_shape[1:]), dtype=np.float32)


def _answers(model, images):
    return np.asarray(keras.ops.convert_to_numpy(model(images, training=False)), dtype="float64")


def _check_answers(model):
    """Refuse answers that are no probabilities; a softmax at the end is known to give some."""
    last = model.layers[-1]
    if isinstance(last, keras.layers.Softmax) or getattr(last, "activation", None) is keras.activations.softmax:
        return
    answers = _answers(model, _images(model))
    sums = answers.sum(axis=1)
    if answers.min() < 0 or not np.allclose(sums, 1, atol=0.02):
        raise ValueError(
            f"the answers of the network are no probabilities (the smallest is {answers.min():.2g}, and those for an image add up "
            f'to {sums[0]:.3g}): end in keras.layers.Dense({model.output_shape[-1]}, "softmax").'
        )


def _brief(error):
    """The first sentence of what an error says."""
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return said.partition(". ")[0][:160]
