"""Build, load, describe and ask networks."""

import copy
import functools
import hashlib
import math
import tempfile
import zipfile
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pandas as pd

from sixtytwo.base import paths, store
from sixtytwo.experiments import demands, own_code, pipeline, seeds

ANSWERED_AT_ONCE = 250  # images: what a network computes for them stays below 100 MB


def predict(model, images) -> np.ndarray:
    """Class probabilities, float32 (n, classes), of uint8 images (n, 28, 28)."""
    batches = pipeline.batches(images, batch_size=ANSWERED_AT_ONCE, input_shape=model.input_shape)
    # one batch at a time, since `model.predict` takes as many at once as a step of training does, and their memory
    return np.concatenate([model.predict_on_batch(batch) for batch in batches]).astype("float32", copy=False)


def build_model(build, values, *, seed=0) -> keras.Model:
    """Build the model of one point of the search space, with weights initialised by `seed`.

    Raises ValueError if `values` names a hyperparameter that `build` does not have with these values, or leaves one out, and
    for what is no compiled model (`demands.called`).
    """
    keras.utils.clear_session(free_memory=False)
    seeds.set_all(seed)
    hp = keras_tuner.HyperParameters()
    hp.values.update(values)
    model = demands.called(build, hp)
    known = {parameter.name for parameter in hp.space if hp.is_active(parameter)}
    if known != set(values):
        raise ValueError(f"hyperparameters {sorted(values)} given, but the builder has {sorted(known)}.")
    return model


def blueprint(model, build, values, *, seed=0):
    """What the weights of a model depend on, beside a seed: the configurations of layers, optimizer and loss, and own code.

    For a network that cannot be built from these, e.g. one whose builder gives it weights, it is the builder with its values.
    `seed` is that of the model.
    """
    try:
        network = _description(model, build)
        again = from_blueprint(network, seed=0).get_config()
        same = own_code.placeless(again) == own_code.placeless(network["model"])
        built = same and given_weights(model, build, seed) is None
    except Exception:  # Keras raises many kinds
        built = False
    return network if built else functools.partial(build_model, build, values)


def _description(model, build):
    return {"model": model.get_config(), "compile": compile_config(model), "code": code_in(model, build)}


def code_in(model, build) -> str:
    """The definitions of what is not Keras's in a compiled model (`own_code.source_of`). Raises ValueError."""
    return own_code.source_of([model.get_config(), compile_config(model)], build)


def given_weights(model, build, seed) -> str | None:
    """Digest of the weights that its builder has given a fresh model, and that no training changes; None if there are none.

    They are not those that the seed gives the same network without its builder. (Those of Keras that are not trained, the
    averages of a batch normalisation, begin with 0 or 1, and need no look.)
    """
    fixed = list(map(keras.ops.convert_to_numpy, model.non_trainable_weights))
    if not any(w.any() and not (w == 1).all() for w in fixed):
        return None
    again = from_blueprint(_description(model, build), seed=seed).non_trainable_weights
    if all(map(np.array_equal, fixed, map(keras.ops.convert_to_numpy, again))):
        return None
    return hashlib.sha256(b"".join(w.tobytes() for w in fixed)).hexdigest()


def fixed_layers(model) -> list[keras.Layer]:
    """The layers of a model, and of networks in it, that have weights but learn nothing."""
    inner = [layer for layer in model.layers if hasattr(layer, "layers")]
    own = [layer for layer in model.layers if layer not in inner and layer.weights and not layer.trainable_weights]
    return own + [layer for network in inner for layer in fixed_layers(network)]


def from_blueprint(blueprint, *, seed) -> keras.Model:
    """A compiled model with the fresh weights that a seed gives it."""
    if callable(blueprint):
        return blueprint(seed=seed)
    network = copy.deepcopy(blueprint)  # Keras changes what it is given
    keras.utils.clear_session(free_memory=False)
    seeds.set_all(seed)
    with own_code.known(network.get("code", "")):
        model = from_config(network["model"])
        model.compile_from_config(network["compile"])
    return model


def from_config(config) -> keras.Model:
    """The model of a configuration, not compiled, with fresh weights."""
    kind = keras.Model if "input_layers" in config else keras.Sequential
    return kind.from_config(config)


def load_model(run) -> keras.Model:
    """Load the trained model of a run (`train` or `ensemble`), uncompiled, from the published or the local store."""
    return _together([_loaded(path, _code(path)) for path in model_paths(run)], run.get("shifts"))


def packed(run) -> dict:
    """The trained model of a run as it travels to a worker: its files, and the shifts of an ensemble."""
    paths = model_paths(run)
    return {
        "files": [path.read_bytes() for path in paths],
        "code": [_code(path) for path in paths],
        "shifts": run.get("shifts"),
    }


def unpacked(network) -> keras.Model:
    """The model that was `packed`."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{i}.keras" for i in range(len(network["files"]))]
        for path, content in zip(paths, network["files"], strict=True):
            path.write_bytes(content)
        members = [_loaded(path, code) for path, code in zip(paths, network["code"], strict=True)]
        return _together(members, network["shifts"])


def _loaded(path, code):
    with own_code.known(code):
        return keras.models.load_model(path, compile=False, safe_mode=True)


def code_of(run) -> str:
    """The definitions of the layers and functions of a reader's own that the model of a run has (`own_code`)."""
    return _code(model_paths(run)[0])


def _code(path):
    """What is stored beside the weights in a file."""
    beside = path.with_name(own_code.FILE)
    return beside.read_text(encoding="utf-8") if beside.exists() else ""


def _together(members, shifts):
    """A model, or the ensemble of several: the mean of their answers to shifted views of the image."""
    if shifts is None:
        return members[0]
    image = keras.Input(members[0].input_shape[1:], name="image")
    views = [_shift(image, *shift) for shift in shifts]
    for i, member in enumerate(members):
        member.name = f"member{i}"
    outputs = [member(view) for member in members for view in views]
    return keras.Model(image, keras.layers.Average()(outputs) if len(outputs) > 1 else outputs[0], name="ensemble")


def _shift(image, down, right):
    if (down, right) == (0, 0):
        return image
    padding = ((max(down, 0), max(-down, 0)), (max(right, 0), max(-right, 0)))
    cropping = tuple(sides[::-1] for sides in padding)
    return keras.layers.Cropping2D(cropping)(keras.layers.ZeroPadding2D(padding)(image))


def model_paths(run) -> list[Path]:
    """The stored model files of a run, published or local. Raises FileNotFoundError if one is in neither place."""
    return [stored(entry, "model.keras") for entry in run.get("members") or [run["entry"]]]


def model_digests(run) -> list[str]:
    """SHA-256 of the model files of a run, which need not be there any more (`store.drop`)."""
    return [_entry(entry).files["model.keras"] for entry in run.get("members") or [run["entry"]]]


def predictions(run) -> np.ndarray:
    """The classes (n,) that a run stored with `keep="predictions"` gives the validation images."""
    with np.load(stored(run["entry"], "validation.npz"), allow_pickle=False) as arrays:
        return arrays["predicted"]


def stored(entry, filename) -> Path:
    """A file of a stored step, published or local. Raises FileNotFoundError, which says why, if it is in neither place."""
    if found := store.entry(entry, filename):
        return found.path(filename)
    kept = _entry(entry)
    if filename in kept.files:
        raise FileNotFoundError(f"{kept.path(filename)} was dropped when it had served its purpose; RERUN=1 trains it again.")
    raise FileNotFoundError(f"{kept.path(filename)} was never kept: let its run keep it, and execute its chapter again.")


def _entry(name):
    if found := store.entry(name):
        return found
    raise FileNotFoundError(f"{name} is not in the store ({paths.PUBLISHED}, {paths.LOCAL}); execute its chapter again.")


def compile_config(model) -> dict:
    """What a model was compiled with (optimizer, schedule, loss, metrics), without what changes only the speed."""
    config = dict(model.get_compile_config())
    config.pop("steps_per_execution", None)
    return config


def save(model, path, code=""):
    """Save architecture and weights, compressed, without the optimizer's state, which would triple the file.

    The definitions of what is not Keras's in it (`code_in`) are written beside it.
    """
    with own_code.known(code):
        bare = type(model).from_config(model.get_config())  # not compiled; clone_model would compile it again
    bare.set_weights(model.get_weights())
    bare.save(path)
    if code:
        path.with_name(own_code.FILE).write_text(code, encoding="utf-8")
    with zipfile.ZipFile(path) as loose:
        parts = {name: loose.read(name) for name in loose.namelist()}
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def layer_table(model) -> pd.DataFrame:
    """One row per layer: name, output shape, parameters, kernel size, and the layers that feed it."""
    rows = []
    for layer in model.layers:
        inputs = [] if isinstance(layer, keras.layers.InputLayer) else keras.tree.flatten(layer.input)
        feeders = [other.name for other in model.layers if any(other.output is tensor for tensor in inputs)]
        kernel = "x".join(map(str, layer.kernel_size)) if hasattr(layer, "kernel_size") else ""
        rows.append((layer.name, tuple(layer.output.shape), layer.count_params(), kernel, ", ".join(feeders)))
    return pd.DataFrame(rows, columns=["layer", "output shape", "parameters", "kernel", "fed by"])


def count_macs(model) -> int:
    """Multiply-adds of one forward pass of one image: each kernel is used once per output position."""
    return sum(_macs(layer) for layer in model.layers)


def _macs(layer):
    """Multiply-adds of a layer; those of a layer that is a network itself are counted inside of it."""
    if isinstance(layer, keras.Model) and type(layer).__module__.startswith("keras."):
        return count_macs(layer)
    positions = math.prod(layer.output.shape[1:-1]) if layer.weights else 0
    return sum(math.prod(w.shape) * positions for w in layer.weights if len(w.shape) > 1)
