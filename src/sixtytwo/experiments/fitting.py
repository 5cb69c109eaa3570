"""`model.fit` as the book uses it: fast, on images that stay single bytes."""

import keras
import tensorflow as tf

from sixtytwo.experiments import compiled, engine, fast, pipeline


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
    same_order=False,
    callbacks=(),
    **kwargs,
) -> dict:
    """`model.fit` on uint8 images (n, 28, 28), fast: no copy of the data, many steps per call; returns the history.

    Whatever the model calls its accuracy, the history has it as "accuracy" and "val_accuracy".

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
    same_order : bool
        Whether every epoch goes through the images in the order of the first, instead of one of its own.
    """
    fast.make_fast(model)
    distortion = None
    if augmentation:
        distortion, finish = _distortion(augmentation, epochs - clean_epochs)
        callbacks = [*callbacks, finish]
    feed = {"batch_size": batch_size, "input_shape": model.input_shape, "shuffle_seed": seed, "distortion": distortion}
    feed["same_order"] = same_order
    x = pipeline.batches(images, targets(model, labels), **feed)
    weights = None if class_weight is None else dict(enumerate(class_weight))
    callbacks = [*callbacks, _Told(epochs, len(images), batch_size)]
    with fast.bfloat16(mixed_precision):
        history = model.fit(  # the batches are shuffled already
            x, epochs=epochs, shuffle=False, class_weight=weights, callbacks=callbacks, verbose=0, **kwargs
        )
    return _renamed(history.history, compiled.of(model).accuracy)


def _renamed(history, accuracy):
    """A history in which a metric is called accuracy."""
    names = {accuracy: "accuracy", f"val_{accuracy}": "val_accuracy"} if accuracy else {}
    return {names.get(name, name): values for name, values in history.items()}


def _distortion(limits, last):
    """A distortion for `batches`, and the callback that ends it before epoch `last`, counted from 0."""
    distorting = tf.Variable(True)  # read by the pipeline, switched by the callback

    def distortion(x, seed):
        return tf.cond(distorting, lambda: pipeline.distort(x, seed, **limits), lambda: x)

    return distortion, keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: distorting.assign(epoch < last))


def targets(model, labels):
    """Labels as the loss of a model wants them: one-hot, float32 (n, classes), for all of Keras but the sparse ones."""
    if labels.ndim == 1 and compiled.of(model).one_hot:
        return keras.utils.to_categorical(labels, model.output_shape[-1]).astype("float32")
    return labels


class _Told(keras.callbacks.Callback):
    """Tells the engine how far the training is."""

    def __init__(self, epochs, images, batch_size):
        super().__init__()
        self.all, self.images, self.batch_size, self.seen = epochs * images, images, batch_size, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.before = epoch * self.images

    def on_train_batch_end(self, batch, logs=None):
        self._tell(self.before + min(self.images, (batch + 1) * self.batch_size))

    def on_epoch_end(self, epoch, logs=None):
        self._tell(self.before + self.images)

    def _tell(self, seen):
        engine.report(seen / self.all, seen - self.seen)
        self.seen = seen


def validation(model, data) -> tf.data.Dataset:
    """The validation part as `fit` takes it: batches in the shape, and labels in the form, of a model."""
    labels = targets(model, data.y_validation)
    return pipeline.batches(data.x_validation, labels, batch_size=pipeline.EVALUATION_BATCH, input_shape=model.input_shape)
