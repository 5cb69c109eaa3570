"""How the book trains: build a model, fit it fast, keep the finished run in the store (`store.py`).

A chapter defines its network as `build(hp)`, a function that takes KerasTuner hyperparameters and returns a compiled
Keras model, and hands it to `train` or to a study in `tuning.py`; executing it again without a change trains nothing.
"""

import time
import types
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
    keep_model=True,
) -> dict:
    """Train one model from scratch on the training part; keep the weights of the last epoch.

    `augmentation`, `clean_epochs` and `class_weight` are explained in `fit`. With `keep_model=False`, for runs that only
    decide a question, the metrics are stored without the weights.

    Returns the record of the run: seed, train_seconds (wall clock of `fit`), validation metrics, history by epoch, and
    `entry`, the name of the stored step (`load_model` reads it).

    Raises FloatingPointError if the loss stops being a number.
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
    if not keep_model:
        spec["keep_model"] = False

    def compute(folder):
        started = time.perf_counter()
        history = fit(
            model,
            data.x_train,
            data.y_train,
            epochs=epochs,
            batch_size=batch_size,
            seed=seed,
            augmentation=augmentation,
            clean_epochs=clean_epochs,
            class_weight=class_weight,
            validation_data=batches(
                data.x_validation,
                targets(model, data.y_validation),
                batch_size=EVALUATION_BATCH,
                input_shape=model.input_shape,
            ),
            callbacks=[_Progress(f"{name}, seed {seed}")],
        )
        seconds = time.perf_counter() - started
        if not np.isfinite(history["loss"][-1]):
            raise FloatingPointError(
                f"training {name} (seed {seed}) diverged: the loss is {history['loss'][-1]}; lower the learning rate."
            )
        if keep_model:
            _save(model, folder / "model.keras")
        validation = measure(data.y_validation, predict(model, data.x_validation))
        return {"train_seconds": seconds, "validation": validation, "history": history}

    entry = store.cached(f"train-{name}-seed{seed}", spec, compute)
    return {"seed": seed, **entry.result, "entry": entry.folder.name}


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
    history = model.fit(  # the batches are shuffled already
        x, epochs=epochs, shuffle=False, class_weight=weights, callbacks=list(callbacks), verbose=0, **kwargs
    )
    return history.history


def targets(model, labels):
    """Labels as the loss of a model wants them: one-hot, float32 (n, classes), for the categorical cross-entropy."""
    loss = model.loss if isinstance(model.loss, str) else type(model.loss).__name__
    if labels.ndim == 1 and loss.lower().replace("_", "") == "categoricalcrossentropy":
        return keras.utils.to_categorical(labels, model.output_shape[-1]).astype("float32")
    return labels


def make_fast(model):
    """Let a compiled model take many steps per call, and Adam update each variable in one operation instead of ten.

    The update is the same (Kingma and Ba 2015, algorithm 1 in the form before section 2.1), from TensorFlow's own kernel.
    """
    model.steps_per_execution = STEPS_PER_CALL
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


def load_model(run) -> keras.Model:
    """Load the trained model of a run (`train`), uncompiled, from the published or the local store."""
    return keras.models.load_model(model_path(run), compile=False, safe_mode=True)


def model_path(run) -> Path:
    """Where the stored model of a run is: published or local. Raises FileNotFoundError if it is in neither place."""
    for place in (store.LOCAL, store.PUBLISHED):
        path = place / run["entry"] / "model.keras"
        if path.exists():
            return path
    raise FileNotFoundError(
        f"the trained model {run['entry']} is not in {store.LOCAL} or {store.PUBLISHED}; execute its chapter again."
    )


def compile_config(model) -> dict:
    """What a model was compiled with, without what changes only the speed."""
    config = dict(model.get_compile_config())
    config.pop("steps_per_execution", None)
    return config


def _save(model, path):
    """Save architecture and weights without the optimizer's state, which would triple the file."""
    bare = type(model).from_config(model.get_config())  # not compiled; clone_model would compile it again
    bare.set_weights(model.get_weights())
    bare.save(path)


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
