"""How the book trains: build a model, fit it fast, keep the finished run in the store (`store.py`).

A chapter defines its network as `build(hp)`, a function that takes KerasTuner hyperparameters and returns a compiled
Keras model, and hands it to `train` or to a study in `tuning.py`; executing it again without a change trains nothing.
"""

import contextlib
import time
import types
import zipfile
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import tensorflow as tf

import store
from helpers import EVALUATION_BATCH, batches, distort, measure, predict, say

TRAINING_VERSION = 2  # part of every store key: raise it when the code that fits models changes what they learn
STEPS_PER_CALL = 50  # training steps between two returns to Python


def build_model(build, values, *, seed=0) -> keras.Model:
    """Build the model of one point of the search space, with weights initialised by `seed`.

    Raises ValueError if `values` names a hyperparameter that `build` does not have, or leaves one out.
    """
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    hp = keras_tuner.HyperParameters()
    hp.values.update(values)
    model = build(hp)
    known = {parameter.name for parameter in hp.space}
    if known != set(values):
        raise ValueError(f"hyperparameters {sorted(values)} given, but the builder has {sorted(known)}.")
    return model


def train(
    build,
    values,
    data,
    *,
    name,
    seed,
    epochs,
    batch_size=64,
    augmentation=None,
    clean_epochs=0,
    class_weight=None,
    mixed_precision=False,
    teacher=None,
    keep="model",
) -> dict:
    """Train one model from scratch on the training part; keep the weights of the last epoch.

    `augmentation`, `clean_epochs`, `class_weight` and `mixed_precision` are explained in `fit`.

    Parameters
    ----------
    build : callable(hp) -> keras.Model
        Builder of a compiled model with the metric "accuracy".
    values : dict
        A value for each of its hyperparameters.
    teacher : run or None
        A finished run (`train` or `ensemble`) whose probabilities for the training images replace the labels
        (distillation: Hinton et al. 2015).
    keep : {"model", "predictions", "metrics"}
        What is stored: the weights; or, for runs that only decide a question, no more than the classes predicted for the
        validation images (`predictions` reads them), or the metrics alone.

    Returns the record of the run: seed, train_seconds (wall clock of `fit`), cpu_minutes (processor time of `fit`, all
    threads together, which other work on the machine hardly changes; None if it was not measured), validation metrics,
    history by epoch, training (the arguments epochs to clean_epochs and mixed_precision) and `entry`, the name of the
    stored step.

    Raises FloatingPointError if the loss stops being a number, ValueError if `values` do not fit the builder, and
    FileNotFoundError if the weights of the teacher are gone.
    """
    model = build_model(build, values, seed=seed)
    spec = {
        "training_version": TRAINING_VERSION,
        "model": model.get_config(),
        "compile": compile_config(model),
        "data": data.digest(),
        "seed": seed,
        "epochs": epochs,
        "batch_size": batch_size,
        "augmentation": augmentation,
        "clean_epochs": clean_epochs,
        "class_weight": class_weight,
    }
    if mixed_precision:
        spec["mixed_precision"] = True
    if keep != "model":
        spec["keep"] = keep
    if teacher is not None:
        spec["teacher"] = teacher["entry"]

    def compute(folder):
        labels = data.y_train if teacher is None else predict(load_model(teacher), data.x_train)
        started, busy = time.perf_counter(), time.process_time()
        history = fit(
            model,
            data.x_train,
            labels,
            epochs=epochs,
            batch_size=batch_size,
            seed=seed,
            augmentation=augmentation,
            clean_epochs=clean_epochs,
            class_weight=class_weight,
            mixed_precision=mixed_precision,
            validation_data=batches(
                data.x_validation,
                targets(model, data.y_validation),
                batch_size=EVALUATION_BATCH,
                input_shape=model.input_shape,
            ),
            callbacks=[_Progress(f"{name}, seed {seed}")],
        )
        seconds, cpu_minutes = time.perf_counter() - started, (time.process_time() - busy) / 60
        if not np.isfinite(history["loss"][-1]):
            raise FloatingPointError(
                f"training {name} (seed {seed}) diverged: the loss is {history['loss'][-1]}; lower the learning rate."
            )
        probabilities = predict(model, data.x_validation)
        if keep == "model":
            _save(model, folder / "model.keras")
        if keep == "predictions":
            np.savez_compressed(folder / "validation.npz", predicted=probabilities.argmax(1).astype(np.uint8))
        validation = measure(data.y_validation, probabilities)
        return {"train_seconds": seconds, "cpu_minutes": cpu_minutes, "validation": validation, "history": history}

    entry = store.cached(f"train-{name}-seed{seed}", spec, compute)
    options = {"epochs": epochs, "batch_size": batch_size, "augmentation": augmentation, "clean_epochs": clean_epochs}
    if mixed_precision:
        options["mixed_precision"] = True
    return {"seed": seed, "cpu_minutes": None, **entry.result, "training": options, "entry": entry.folder.name}


def fit(
    model,
    images,
    labels,
    *,
    epochs,
    batch_size,
    seed,
    augmentation=None,
    clean_epochs=0,
    class_weight=None,
    mixed_precision=False,
    callbacks=(),
    **kwargs,
) -> dict:
    """`model.fit` on uint8 images (n, 28, 28), fast: no copy of the data, many steps per call; returns the history.

    Parameters
    ----------
    augmentation : dict or None
        Arguments of `distort`, which is applied to each batch.
    clean_epochs : int
        The last epochs, which see the images as they are.
    class_weight : list or None
        Weight of each class in the loss.
    mixed_precision : bool
        Whether to calculate in bfloat16 where the processor can (`precision`).
    """
    make_fast(model)
    distortion = None
    if augmentation:
        distorting = tf.Variable(True)  # read by the pipeline, switched by the callback

        def distortion(x, seed):
            return tf.cond(distorting, lambda: distort(x, seed, **augmentation), lambda: x)

        last = epochs - clean_epochs
        finish = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: distorting.assign(epoch < last))
        callbacks = [*callbacks, finish]
    x = batches(
        images,
        targets(model, labels),
        batch_size=batch_size,
        input_shape=model.input_shape,
        shuffle_seed=seed,
        distortion=distortion,
    )
    weights = None if class_weight is None else dict(enumerate(class_weight))
    with precision(mixed_precision):
        history = model.fit(  # the batches are shuffled already
            x, epochs=epochs, shuffle=False, class_weight=weights, callbacks=list(callbacks), verbose=0, **kwargs
        )
    return history.history


@contextlib.contextmanager
def precision(mixed):
    """Within it and if `mixed`, TensorFlow computes a network in bfloat16, from the first convolution to the softmax.

    The weights and their updates stay float32 (Micikevicius et al. 2018). On a processor without instructions for
    bfloat16 (AVX-512 or AMX), where it would only be slow, all stays float32.
    """
    option = "auto_mixed_precision_onednn_bfloat16"
    before = tf.config.optimizer.get_experimental_options().get(option, False)
    tf.config.optimizer.set_experimental_options({option: mixed and store.has_bfloat16()})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({option: before})


def targets(model, labels):
    """Labels as the loss of a model wants them: one-hot, float32 (n, classes), for the categorical cross-entropy."""
    loss = model.loss if isinstance(model.loss, str) else type(model.loss).__name__
    if labels.ndim == 1 and loss.lower().replace("_", "") == "categoricalcrossentropy":
        return keras.utils.to_categorical(labels, model.output_shape[-1]).astype("float32")
    return labels


def make_fast(model):
    """Let a compiled model take many steps per call, and use TensorFlow's own kernels instead of a chain of operations.

    Adam updates each variable in one operation instead of ten (Kingma and Ba 2015, algorithm 1 in the form before section
    2.1), and batch normalisation reads its input once. What they compute is the same.
    """
    model.steps_per_execution = STEPS_PER_CALL
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization) and layer.axis == -1 and layer.scale and layer.center:
            layer.call = types.MethodType(_normalise, layer)
    adam = model.optimizer
    if isinstance(adam, keras.optimizers.Adam) and not adam.amsgrad:
        adam.update_step = types.MethodType(_adam_step, adam)


def _adam_step(adam, gradient, variable, learning_rate):
    step = tf.cast(adam.iterations + 1, variable.dtype)
    index = adam._get_variable_index(variable)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=adam._momentums[index].value.handle,
        v=adam._velocities[index].value.handle,
        beta1_power=tf.pow(adam.beta_1, step),
        beta2_power=tf.pow(adam.beta_2, step),
        lr=tf.cast(learning_rate, variable.dtype),
        beta1=adam.beta_1,
        beta2=adam.beta_2,
        epsilon=adam.epsilon,
        grad=gradient,
    )


def _normalise(layer, inputs, training=None, mask=None):
    if not training or not layer.trainable or getattr(layer, "renorm", False) or mask is not None or len(inputs.shape) != 4:
        return type(layer).call(layer, inputs, training=training, mask=mask)
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=inputs, scale=layer.gamma.value, offset=layer.beta.value, mean=[], variance=[], epsilon=layer.epsilon
    )
    n = tf.cast(tf.size(inputs) / inputs.shape[-1], variance.dtype)
    variance *= (n - 1) / n  # the kernel gives the unbiased one, Keras keeps the other
    for moving, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + value * (1 - layer.momentum))
    return outputs


def ensemble(runs, data, *, name, shifts=((0, 0),)) -> dict:
    """The mean of the probabilities of finished runs, over views of the image shifted by whole pixels (down, right).

    Returns a record like that of `train`, with `members` (entries) and `shifts`; its train_seconds are those of all members.
    """
    spec = {"members": [run["entry"] for run in runs], "shifts": [list(shift) for shift in shifts], "data": data.digest()}
    costs = {name: [run[name] for run in runs] for name in ("train_seconds", "cpu_minutes")}
    cost = {name: None if None in values else sum(values) for name, values in costs.items()}
    run = {"seed": runs[0]["seed"], "members": spec["members"], "shifts": spec["shifts"], **cost, "history": {}}

    def compute(folder):
        return measure(data.y_validation, predict(load_model(run), data.x_validation))

    entry = store.cached(f"ensemble-{name}", spec, compute)
    return run | {"validation": entry.result, "entry": entry.folder.name}


def load_model(run) -> keras.Model:
    """Load the trained model of a run (`train` or `ensemble`), uncompiled, from the published or the local store."""
    if "members" not in run:
        return keras.models.load_model(model_paths(run)[0], compile=False, safe_mode=True)
    members = [load_model({"entry": entry}) for entry in run["members"]]
    image = keras.Input(members[0].input_shape[1:], name="image")
    views = [_shift(image, *shift) for shift in run["shifts"]]
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
    return [_stored(entry, "model.keras") for entry in run.get("members", [run["entry"]])]


def model_digests(run) -> list[str]:
    """SHA-256 of the model files of a run, which need not be there any more (`store.drop`)."""
    return [_entry(entry).files["model.keras"] for entry in run.get("members", [run["entry"]])]


def predictions(run) -> np.ndarray:
    """The classes (n,) that a run stored with `keep="predictions"` gives the validation images."""
    with np.load(_stored(run["entry"], "validation.npz"), allow_pickle=False) as arrays:
        return arrays["predicted"]


def _stored(entry, filename):
    if found := store.entry(entry, filename):
        return found.path(filename)
    kept = _entry(entry)
    if filename in kept.files:
        raise FileNotFoundError(f"{kept.path(filename)} was dropped when it had served its purpose; RERUN=1 trains it again.")
    raise FileNotFoundError(f"{kept.path(filename)} was never kept: let its run keep it, and execute its chapter again.")


def _entry(name):
    if found := store.entry(name):
        return found
    raise FileNotFoundError(f"{name} is not in the store ({store.PUBLISHED}, {store.LOCAL}); execute its chapter again.")


def compile_config(model) -> dict:
    """What a model was compiled with, without what changes only the speed."""
    config = dict(model.get_compile_config())
    config.pop("steps_per_execution", None)
    return config


def _save(model, path):
    """Save architecture and weights, compressed, without the optimizer's state, which would triple the file."""
    bare = type(model).from_config(model.get_config())  # not compiled; clone_model would compile it again
    bare.set_weights(model.get_weights())
    bare.save(path)
    with zipfile.ZipFile(path) as loose:
        parts = {name: loose.read(name) for name in loose.namelist()}
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


class _Progress(keras.callbacks.Callback):
    def __init__(self, title):
        super().__init__()
        self.title = title

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        say(
            f"{self.title}: epoch {epoch + 1}/{self.params['epochs']}, {time.perf_counter() - self.started:.0f} s, "
            f"accuracy {logs['accuracy']:.3f}, val_accuracy {logs['val_accuracy']:.3f}"
        )


class EpochClock(keras.callbacks.Callback):
    """Collects the wall-clock seconds of each training epoch in `seconds`."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.started)
