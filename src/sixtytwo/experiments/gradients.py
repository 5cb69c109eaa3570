"""Gradients watched while a network trains: how much of the error reaches each of its layers."""

import keras
import tensorflow as tf

from sixtytwo.base import journal, store
from sixtytwo.experiments import keys, models, pipeline, training

IMAGES = 1000  # training images over which the gradient is taken, the same at every epoch


def watch_gradients(build, values, data, *, seed, rows, epochs, batch_size=64) -> dict:
    """Train a network like a trial of a search, and note before training and after each epoch how large its gradients are.

    Parameters
    ----------
    build : callable(hp) -> keras.Model
        Builder of a compiled model with integer labels and the metric "accuracy".
    values : dict
        A value for each of its hyperparameters.
    data : Data
        It trains on the first `rows` of the training images.

    Returns
    -------
    dict with norms (`gradient_norms` before training and after each epoch) and val_accuracy (of each epoch).
    """
    model = models.build_model(build, values, seed=seed)
    spec = spec_of(model, data, seed=seed, rows=rows, epochs=epochs, batch_size=batch_size)

    def compute(folder):
        journal.say(f"gradients of {model.name}, seed {seed}: {epochs} epochs")
        return _watch(model, data, seed=seed, rows=rows, epochs=epochs, batch_size=batch_size)

    return store.cached(f"gradients-seed{seed}", spec, compute).result


def spec_of(model, data, *, seed, rows, epochs, batch_size) -> dict:
    """What determines the result of `watch_gradients` for a model as it was built."""
    spec = keys.version("gradients") | keys.network(model) | {"data": data.digest()}
    spec |= {"rows": rows, "epochs": epochs, "seed": seed}
    return spec | keys.unless(batch_size=(batch_size, 64))


def _watch(model, data, *, seed, rows, epochs, batch_size):
    images, labels = data.x_train[:IMAGES], data.y_train[:IMAGES]
    norms = [gradient_norms(model, images, labels)]
    probe = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: norms.append(gradient_norms(model, images, labels)))
    part = data.first(rows)
    options = {"epochs": epochs, "batch_size": batch_size, "seed": seed, "validation_data": training.validation(model, data)}
    history = training.fit(model, part.x_train, part.y_train, callbacks=[probe], **options)
    return {"norms": norms, "val_accuracy": history["val_accuracy"]}


def gradient_norms(model, images, labels) -> dict[str, float]:
    """Norm of the gradient of the loss with respect to the weights of each layer, biases left out, first layer first."""
    whole = pipeline.batches(images, labels, batch_size=len(images), input_shape=model.input_shape)
    x, y = next(iter(whole))
    kernels = {weight.path.split("/")[-2]: weight.value for weight in model.trainable_weights if len(weight.shape) > 1}
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, model(x, training=False)))
    return {name: float(tf.norm(gradient)) for name, gradient in tape.gradient(loss, kernels).items()}
