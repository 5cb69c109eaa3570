"""How the book trains: build a network, fit it fast, keep the finished run in the store.

A chapter defines its network as `build(hp)`, a function that takes KerasTuner hyperparameters and returns a compiled Keras
model, and hands it to `train`, or to a study (`tuning.py`); executing it again without a change trains nothing.
"""

import time

import keras
import numpy as np
import tensorflow as tf

from sixtytwo.base import journal, store
from sixtytwo.experiments import fast, keys, metrics, models, pipeline


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
    """Train one network from scratch on the training part; keep the weights of the last epoch.

    Parameters
    ----------
    build : callable(hp) -> keras.Model
        Builder of a compiled model with the metric "accuracy"; `values` has a value for each of its hyperparameters.
    augmentation, clean_epochs, class_weight, mixed_precision
        Explained in `fit`.
    teacher : run or None
        A finished run whose probabilities for the training images replace the labels (distillation: Hinton et al. 2015).
    keep : {"model", "predictions", "metrics"}
        What is stored: the weights; or, of a run that only decides a question, no more than the classes predicted for the
        validation images (`predictions` reads them), or the metrics alone.

    Returns the record of the run: seed, train_seconds (wall clock of `fit`), cpu_minutes (processor time of `fit`, all
    threads together, which other work on the machine hardly changes; None if it was not measured), validation (`measure`),
    history by epoch, training (the arguments epochs to clean_epochs and mixed_precision), entry (name of the stored step).

    Raises FloatingPointError if the loss stops being a number, ValueError if `values` do not fit the builder, and
    FileNotFoundError if the weights of the teacher are gone.
    """
    model = models.build_model(build, values, seed=seed)
    options = {"epochs": epochs, "batch_size": batch_size, "augmentation": augmentation, "clean_epochs": clean_epochs}
    options |= keys.unless(mixed_precision=(mixed_precision, False))
    learning = options | {"seed": seed, "class_weight": class_weight}
    spec = keys.version("training") | keys.network(model) | {"data": data.digest()} | learning
    spec |= keys.unless(keep=(keep, "model"), teacher=(teacher and teacher["entry"], None))

    def compute(folder):
        return _trained(model, data, teacher, keep, folder, title=f"{name}, seed {seed}", **learning)

    entry = store.cached(f"train-{name}-seed{seed}", spec, compute)
    return {"seed": seed, "cpu_minutes": None, **entry.result, "training": options, "entry": entry.folder.name}


def train_winner(build, search, data, *, name, seed, **options) -> dict:
    """Train the best point of a search (`tuning.search`) as `<name>-winner` and return its run.

    The record of the search is told how the winner did: search["winner"] is {"validation": metrics, "entry": stored step}.
    `options` are those of `train`. Raises ValueError if no trial of the search was completed.
    """
    if search["best"] is None:
        raise ValueError(f"all {search['trials']} trials of the search for {name} failed, so it has no winner to train.")
    run = train(build, search["best"], data, name=f"{name}-winner", seed=seed, **options)
    search["winner"] = {"validation": run["validation"], "entry": run["entry"]}
    return run


def _trained(model, data, teacher, keep, folder, *, title, **learning):
    """Fit a model, measure it, and leave in `folder` what is to be kept."""
    labels = data.y_train if teacher is None else models.predict(models.load_model(teacher), data.x_train)
    started, busy = time.perf_counter(), time.process_time()
    history = fit(
        model, data.x_train, labels, validation_data=validation(model, data), callbacks=[_Progress(title)], **learning
    )
    seconds, cpu_minutes = time.perf_counter() - started, (time.process_time() - busy) / 60
    if not np.isfinite(history["loss"][-1]):
        raise FloatingPointError(f"training {title} diverged: the loss is {history['loss'][-1]}; lower the learning rate.")
    probabilities = models.predict(model, data.x_validation)
    if keep == "model":
        models.save(model, folder / "model.keras")
    if keep == "predictions":
        np.savez_compressed(folder / "validation.npz", predicted=probabilities.argmax(1).astype(np.uint8))
    measured = metrics.measure(data.y_validation, probabilities)
    return {"train_seconds": seconds, "cpu_minutes": cpu_minutes, "validation": measured, "history": history}


def validation(model, data) -> tf.data.Dataset:
    """The validation part as `fit` and `search` take it: batches in the shape, and labels in the form, of a model."""
    labels = targets(model, data.y_validation)
    return pipeline.batches(data.x_validation, labels, batch_size=pipeline.EVALUATION_BATCH, input_shape=model.input_shape)


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
        Whether to calculate in bfloat16 where the processor can (`fast.bfloat16`).
    """
    fast.make_fast(model)
    distortion = None
    if augmentation:
        distortion, finish = _distortion(augmentation, epochs - clean_epochs)
        callbacks = [*callbacks, finish]
    feed = {"batch_size": batch_size, "input_shape": model.input_shape, "shuffle_seed": seed, "distortion": distortion}
    x = pipeline.batches(images, targets(model, labels), **feed)
    weights = None if class_weight is None else dict(enumerate(class_weight))
    with fast.bfloat16(mixed_precision):
        history = model.fit(  # the batches are shuffled already
            x, epochs=epochs, shuffle=False, class_weight=weights, callbacks=list(callbacks), verbose=0, **kwargs
        )
    return history.history


def _distortion(limits, last):
    """A distortion for `batches`, and the callback that ends it before epoch `last`, counted from 0."""
    distorting = tf.Variable(True)  # read by the pipeline, switched by the callback

    def distortion(x, seed):
        return tf.cond(distorting, lambda: pipeline.distort(x, seed, **limits), lambda: x)

    return distortion, keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: distorting.assign(epoch < last))


def targets(model, labels):
    """Labels as the loss of a model wants them: one-hot, float32 (n, classes), for the categorical cross-entropy."""
    loss = model.loss if isinstance(model.loss, str) else type(model.loss).__name__
    if labels.ndim == 1 and loss.lower().replace("_", "") == "categoricalcrossentropy":
        return keras.utils.to_categorical(labels, model.output_shape[-1]).astype("float32")
    return labels


def ensemble(runs, data, *, name, shifts=((0, 0),)) -> dict:
    """The mean of the probabilities of finished runs, over views of the image shifted by whole pixels (down, right).

    Returns a record like that of `train`, with `members` (entries) and `shifts`; its train_seconds are those of all members.
    """
    members, shifts = [run["entry"] for run in runs], [list(shift) for shift in shifts]
    spec = keys.version("ensemble") | {"members": members, "shifts": shifts, "data": data.digest()}
    costs = {name: [run[name] for run in runs] for name in ("train_seconds", "cpu_minutes")}
    cost = {name: None if None in values else sum(values) for name, values in costs.items()}
    run = {"seed": runs[0]["seed"], "members": members, "shifts": shifts, **cost, "history": {}}

    def compute(folder):
        return metrics.measure(data.y_validation, models.predict(models.load_model(run), data.x_validation))

    entry = store.cached(f"ensemble-{name}", spec, compute)
    return run | {"validation": entry.result, "entry": entry.folder.name}


class _Progress(keras.callbacks.Callback):
    """Shows each finished epoch."""

    def __init__(self, title):
        super().__init__()
        self.title = title

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        journal.say(
            f"{self.title}: epoch {epoch + 1}/{self.params['epochs']}, {time.perf_counter() - self.started:.0f} s, "
            f"accuracy {logs['accuracy']:.3f}, val_accuracy {logs['val_accuracy']:.3f}"
        )
