"""Gradients watched while a network trains: how much of the error reaches each of its layers."""

import keras
import tensorflow as tf

from sixtytwo.experiments import cost, engine, fitting, keys, models, pipeline

IMAGES = 1000  # training images over which the gradient is taken, the same at every epoch


def watch_gradients(networks, data, *, seeds, rows, epochs, batch_size=64) -> dict[str, list[dict]]:
    """Train networks like trials of a search, and note before training and after each epoch how large their gradients are.

    Parameters
    ----------
    networks : dict of str to (build, values)
        By title: a builder of a compiled model with integer labels and the metric "accuracy", and a value for each of its
        hyperparameters.
    data : Data
        They train on the first `rows` of the training images.
    seeds : list of int

    Returns
    -------
    By title, for each seed a dict with norms (`gradient_norms` before training and after each epoch) and val_accuracy (of
    each epoch).
    """
    part = data.first(max(rows, IMAGES))
    steps = [
        _step(title, build, values, data, part, seed=seed, rows=rows, epochs=epochs, batch_size=batch_size)
        for title, (build, values) in networks.items()
        for seed in seeds
    ]
    found = iter(engine.steps(steps))
    return {title: [next(found).result for _ in seeds] for title in networks}


def _step(title, build, values, data, part, *, seed, rows, epochs, batch_size):
    model = models.build_model(build, values, seed=seed)
    spec = spec_of(model, data, seed=seed, rows=rows, epochs=epochs, batch_size=batch_size)
    learning = {"seed": seed, "rows": rows, "epochs": epochs, "batch_size": batch_size}
    arguments = {"network": models.blueprint(model, build, values), "data": part} | learning
    seconds = cost.of_training(model, images=min(rows, len(data.x_train)) * epochs)
    task = engine.Task(f"gradients of {title}, seed {seed}", _watch, arguments, seconds)
    return engine.Step(f"gradients-seed{seed}", spec, task, part.recipe)


def spec_of(model, data, *, seed, rows, epochs, batch_size) -> dict:
    """What determines the result of `watch_gradients` for a model as it was built."""
    spec = keys.version("gradients") | keys.network(model) | {"data": data.digest()}
    spec |= {"rows": rows, "epochs": epochs, "seed": seed}
    return spec | keys.unless(batch_size=(batch_size, 64))


def _watch(network, data, *, seed, rows, epochs, batch_size, folder):
    model = models.from_blueprint(network, seed=seed)
    part, images, labels = data.first(rows), data.x_train[:IMAGES], data.y_train[:IMAGES]
    norms = [gradient_norms(model, images, labels)]
    probe = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: norms.append(gradient_norms(model, images, labels)))
    options = {"epochs": epochs, "batch_size": batch_size, "seed": seed, "validation_data": fitting.validation(model, data)}
    history = fitting.fit(model, part.x_train, part.y_train, callbacks=[probe], **options)
    return {"norms": norms, "val_accuracy": history["val_accuracy"]}


def gradient_norms(model, images, labels) -> dict[str, float]:
    """Norm of the gradient with respect to the weights of each layer, first to last.

    Biases are left out.
    """
    whole = {"batch_size": len(images), "input_shape": model.input_shape}
    x, y = next(iter(pipeline.batches(images, labels, **whole)))
    weights = [one for one in model.trainable_weights if len(one.shape) > 1]
    kernels = {one.path.split("/")[-2]: one.value for one in weights}
    with tf.GradientTape() as tape:
        answers = model(x, training=False)
        losses = keras.losses.sparse_categorical_crossentropy(y, answers)
        found = tape.gradient(tf.reduce_mean(losses), kernels)
    return {name: float(tf.norm(gradient)) for name, gradient in found.items()}
