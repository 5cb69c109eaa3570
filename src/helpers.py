"""What the chapters share: load, batch, build, train, search, measure.

A chapter defines its network as `build(hp)`, a function that takes KerasTuner hyperparameters and returns a compiled
Keras model, and hands it to `search` and `train`. Both keep what they finish in the store (see `store.py`), so that
executing a chapter again without a change trains nothing.
"""

import hashlib
import json
import os
import shutil
import time
import types
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from IPython import get_ipython
from IPython.display import Pretty, display
from sklearn import metrics as sk

import emnist
import store
import synthetic

tf.get_logger().setLevel("ERROR")

TRAINING_VERSION = 2  # part of every store key: raise it when the code that fits models changes what they learn
STEPS_PER_CALL = 50  # training steps between two returns to Python
EVALUATION_BATCH = 1000

# --- data --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Data:
    """Training and validation part of a data set: uint8 images (n, 28, 28) and integer labels (n,)."""

    name: str
    dataset: str
    class_names: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray

    @property
    def is_real(self) -> bool:
        """False for synthetic stand-in data, which must not be compared with the paper."""
        return self.name != synthetic.NAME

    def digest(self) -> dict[str, str]:
        """SHA-256 of each array, as it is used."""
        return {name: array_digest(getattr(self, name)) for name in ("x_train", "y_train", "x_validation", "y_validation")}


def load_train(dataset="auto", n_train=100_000) -> Data:
    """Load `n_train` training images; the first tenth of them is the validation part (paper, section 2.3).

    Parameters
    ----------
    dataset : {"auto", "emnist-byclass", "synthetic"}
        "auto" is real EMNIST if it is on this machine, else the synthetic stand-in, and says so.
    n_train : int
        Images in all: 100,000 give 90,000 for training and 10,000 for validation.

    Raises
    ------
    ValueError
        Unknown data set. `emnist.EmnistError`: real data asked for, but not here or damaged.
    """
    dataset = _resolve(dataset)
    images, labels = _load(dataset, "train", n_train)
    n_validation = n_train // 10
    return Data(
        name=emnist.REFERENCE_NAME if dataset == "emnist-byclass" else synthetic.NAME,
        dataset=dataset,
        class_names=emnist.CLASS_NAMES,
        x_train=images[n_validation:],
        y_train=labels[n_validation:],
        x_validation=images[:n_validation],
        y_validation=labels[:n_validation],
    )


def load_test(dataset="auto", n_test=20_000):
    """Load the first `n_test` test images, uint8 (n, 28, 28), and labels (n,). Only the evaluation chapter does this."""
    return _load(_resolve(dataset), "test", n_test)


def is_available(dataset) -> bool:
    """Whether `load_test(dataset)` would find the images on this machine."""
    return dataset == "synthetic" or emnist.find() is not None


def _resolve(dataset):
    if dataset == "auto":
        dataset = "synthetic" if emnist.find() is None else "emnist-byclass"
        if dataset == "synthetic":
            print("EMNIST is not on this machine: using synthetic stand-in characters (`make data` downloads the real ones).")
    if dataset not in ("emnist-byclass", "synthetic"):
        raise ValueError(f"unknown data set {dataset!r}: expected 'auto', 'emnist-byclass' or 'synthetic'.")
    return dataset


def _load(dataset, part, n):
    return synthetic.load(part, n) if dataset == "synthetic" else emnist.load(part, n=n)


def array_digest(array) -> str:
    """SHA-256 of the bytes of an array."""
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()


def batches(images, labels=None, *, batch_size, input_shape, shuffle_seed=None, distortion=None) -> tf.data.Dataset:
    """Feed images to a model: batches of float32 in [0, 1] of the model's input shape, and labels if given.

    The images stay uint8 in memory; only row numbers are shuffled, and each batch is gathered and converted on its own.

    Parameters
    ----------
    images : uint8 array (n, 28, 28)
    labels : integer array (n,), float array (n, classes) of target probabilities, or None
    input_shape : tuple
        `model.input_shape`, e.g. (None, 784) or (None, 28, 28, 1).
    shuffle_seed : int or None
        None keeps the order; a seed gives a new order each epoch, the same ones each time.
    distortion : function or None
        Called with images, float32 (batch, 28, 28, 1), and a seed of two integers that differs from batch to batch.
    """
    if labels is not None:
        labels = tf.convert_to_tensor(labels.astype("int32" if labels.ndim == 1 else "float32"))

    def fetch(rows):
        x = tf.numpy_function(images.__getitem__, [rows], tf.uint8, stateful=False)  # a tensor of all images would be a copy
        x = tf.reshape(tf.cast(x, tf.float32), (-1, *images.shape[1:], 1)) / 255.0  # chapter 02: the same as min-max scaling
        if distortion is not None:
            x = distortion(x, tf.stack([shuffle_seed or 0, rows[0] * len(images) + rows[-1]]))
        x = tf.reshape(x, (-1, *input_shape[1:]))
        return x if labels is None else (x, tf.gather(labels, rows))

    rows = tf.data.Dataset.range(len(images))
    if shuffle_seed is not None:
        rows = rows.shuffle(len(images), seed=shuffle_seed)
    options = tf.data.Options()
    # There is nothing to tune here, and closing an iterator waits for the tuner, which sleeps up to twice as long each
    # time: without this line an epoch of 5.2 s ends after 10.3 s every other time.
    options.autotune.enabled = False
    return rows.batch(batch_size).map(fetch, num_parallel_calls=2, deterministic=True).prefetch(4).with_options(options)


def distort(images, seed, *, rotation=0.0, shear=0.0, scale=0.0, stretch=0.0, shift=0.0):
    """Random affine distortion of each image about its centre, bilinear, with black coming in from outside.

    Parameters
    ----------
    images : float32 tensor (n, height, width, 1)
    seed : two integers; the same seed gives the same distortions
    rotation, shear, scale, stretch, shift : float
        Largest angle (degrees), slant, change of size, change of size of each axis on its own (fractions) and
        displacement (pixels); each is drawn uniformly between minus and plus this value for each image.
    """
    n, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    limits = tf.constant([[rotation * np.pi / 180, shear, scale, stretch, stretch, shift, shift]], tf.float32)
    angle, slant, size, wide, high, right, down = tf.unstack(
        tf.random.stateless_uniform((n, 7), seed, -1.0, 1.0) * limits, axis=1
    )
    cos, sin = tf.cos(angle), tf.sin(angle)
    a, b = cos / ((1 + size) * (1 + wide)), (cos * slant - sin) / ((1 + size) * (1 + high))
    c, d = sin / ((1 + size) * (1 + wide)), (sin * slant + cos) / ((1 + size) * (1 + high))
    x, y = (width - 1) / 2, (height - 1) / 2
    none = tf.zeros_like(a)
    transforms = tf.stack([a, b, x - a * x - b * y + right, c, d, y - c * x - d * y + down, none, none], axis=1)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images, transforms=transforms, output_shape=[height, width], fill_value=0.0, interpolation="BILINEAR"
    )


# --- models ------------------------------------------------------------------------------------------------------


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


def search_space(build) -> dict[str, list]:
    """The values that each hyperparameter of a builder can take."""
    hp = keras_tuner.HyperParameters()
    build(hp)
    return {parameter.name: list(parameter.values) for parameter in hp.space}


def predict(model, images) -> np.ndarray:
    """Class probabilities, float32 (n, classes), of uint8 images (n, 28, 28)."""
    return model.predict(batches(images, batch_size=EVALUATION_BATCH, input_shape=model.input_shape), verbose=0)


def measure(labels, probabilities) -> dict[str, float]:
    """The paper's metrics (section 4.1) and those that show what they hide.

    Precision, recall and F1 are weighted by support, the only average under which recall equals accuracy, as it does in
    every row of the paper's Table 5; `f1_macro` and `balanced_accuracy` give every class the same weight.
    """
    predicted = probabilities.argmax(1)
    normalised = probabilities.astype("float64") / probabilities.sum(1, dtype="float64", keepdims=True)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(labels, predicted, average="weighted", zero_division=0)
    recalls = sk.recall_score(labels, predicted, labels=np.unique(labels), average=None, zero_division=0)
    return {
        "accuracy": float(sk.accuracy_score(labels, predicted)),
        "precision_weighted": float(precision),
        "recall_weighted": float(recall),
        "f1_weighted": float(f1),
        "f1_macro": float(sk.f1_score(labels, predicted, average="macro", zero_division=0)),
        "balanced_accuracy": float(recalls.mean()),
        "log_loss": float(sk.log_loss(labels, normalised, labels=range(probabilities.shape[1]))),
        "ece": expected_calibration_error(labels, probabilities),
    }


def expected_calibration_error(labels, probabilities, bins=15) -> float:
    """Mean gap between confidence and accuracy over equal-width bins (Guo et al. 2017, equation 3)."""
    confidence, correct = probabilities.max(1), probabilities.argmax(1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


# --- training ----------------------------------------------------------------------------------------------------


def train(
    build, values, data, *, name, seed, epochs, batch_size=64, augmentation=None, clean_epochs=0, class_weight=None
) -> dict:
    """Train one model from scratch on the training part; keep the weights of the last epoch.

    `augmentation`, `clean_epochs` and `class_weight` are explained in `fit`.

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


_live = None


def say(line):
    """Show progress: on the terminal of a headless run, as one live line in Jupyter; never on the page."""
    global _live
    if log := os.environ.get("PROGRESS_LOG"):
        with open(log, "a") as stream:
            stream.write(line + "\n")
        return
    if get_ipython() is None:
        print(line)
    elif _live is None:
        _live = display(Pretty(line), display_id=True)
    else:
        _live.update(Pretty(line))


# --- hyperparameter search ---------------------------------------------------------------------------------------


def search(build, data, *, name, max_trials, rows, epochs, batch_size=64, seed=0, tuner=keras_tuner.RandomSearch) -> dict:
    """Search a builder's space with KerasTuner; every trial trains on the first `rows` training images.

    Every trial starts from the same seed, so its score depends on its hyperparameters only. A search that was stopped
    goes on with the trial it was in.

    Returns the record of the search: tuner, trials and completed (numbers), space, best (hyperparameters of the best
    trial by val_accuracy) and `table`, one row per trial: hyperparameters, status, message, val_accuracy (best epoch),
    accuracy at that epoch, seconds, parameters, history.
    """
    space = search_space(build)
    corners = [build_model(build, {key: values[i] for key, values in space.items()}) for i in (0, -1)]
    spec = {
        "training_version": TRAINING_VERSION,
        "tuner": tuner.__name__,
        "space": space,
        "models": [model.get_config() for model in corners],
        "compile": [compile_config(model) for model in corners],
        "data": data.digest(),
        "rows": rows,
        "seed": seed,
        "epochs": epochs,
        "batch_size": batch_size,
        "max_trials": max_trials,
    }
    input_shape = corners[0].input_shape
    train_rows = slice(0, rows)

    class Recorded(tuner):
        def run_trial(self, trial, *args, **kwargs):
            started = time.perf_counter()
            kwargs["x"] = batches(
                data.x_train[train_rows],
                data.y_train[train_rows],
                batch_size=batch_size,
                input_shape=input_shape,
                shuffle_seed=seed,
            )
            histories = super().run_trial(trial, *args, **kwargs)
            seconds = time.perf_counter() - started
            store.write_json(
                Path(self.get_trial_dir(trial.trial_id)) / "history.json", {"seconds": seconds, **histories[0].history}
            )
            say(
                f"{name} search: trial {trial.trial_id}, {seconds:.0f} s, val_accuracy {max(histories[0].history['val_accuracy']):.3f}"
            )
            return histories

    def seeded(hp):
        keras.utils.set_random_seed(seed)
        model = build(hp)
        make_fast(model)
        return model

    def compute(folder):
        project = store.LOCAL / "searches" / f"{name}-{store.digest(spec)[:16]}"
        runner = Recorded(
            seeded,
            objective="val_accuracy",
            max_trials=max_trials,
            seed=seed,
            directory=project.parent,
            project_name=project.name,
        )
        validation = batches(data.x_validation, data.y_validation, batch_size=EVALUATION_BATCH, input_shape=input_shape)
        runner.search(validation_data=validation, epochs=epochs, shuffle=False, verbose=0)
        table = [_trial_row(build, runner, trial) for _, trial in sorted(runner.oracle.trials.items())]
        for path in project.rglob("*.json"):  # KerasTuner's own account of the search
            shutil.copy(path, folder / "-".join(path.relative_to(project).parts))
        shutil.rmtree(project)
        return {"table": table}

    entry = store.cached(f"search-{name}", spec, compute)
    table = entry.result["table"]
    done = [row for row in table if row["status"] == "COMPLETED"]
    best = max(done, key=lambda row: row["val_accuracy"])["hyperparameters"] if done else None
    counts = {"trials": len(table), "completed": len(done)}
    return {"tuner": tuner.__name__, **counts, "space": space, "best": best, "table": table, "entry": entry.folder.name}


def _trial_row(build, runner, trial):
    row = {"hyperparameters": trial.hyperparameters.values, "status": trial.status, "message": trial.message}
    if trial.status == "COMPLETED":
        history = json.loads((Path(runner.get_trial_dir(trial.trial_id)) / "history.json").read_text())
        row["seconds"] = history.pop("seconds")
        row["history"] = history
        best = int(np.argmax(history["val_accuracy"]))
        row |= {"val_accuracy": history["val_accuracy"][best], "accuracy": history["accuracy"][best]}
        row["parameters"] = build_model(build, trial.hyperparameters.values).count_params()
    return row
