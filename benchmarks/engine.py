"""Trainings by the engine, with one thread on each worker, against the same one after another with all cores, in Keras and PyTorch.

Each contestant has a process of its own; what it does first, the start of the workers included, is not measured. Then the start
of the workers, and their memory.
"""

import concurrent.futures
import contextlib
import dataclasses
import functools
import multiprocessing
import os
import time

import keras
import tensorflow as tf
from memory import peak_gb
from networks import builder, characters
from run import BATCH_SIZE, REPEATS, entry, ratios

from sixtytwo.data import emnist
from sixtytwo.data.loading import Data
from sixtytwo.experiments import engine, fitting, models, training

NETWORKS, IN_TORCH = ("mlp", "cnn", "modern_cnn"), ("mlp", "cnn")
TRAININGS, TORCH_TRAININGS, IMAGES, EPOCHS = 8, 2, 20_000, 2
WARM_UP = 640  # images
FULL_SIZE = 90_000  # images of the published run


def measure():
    """Images per second of each contestant and ratios within a repeat; seconds of the start; GB."""
    for name in NETWORKS:
        yield from speeds(name)
    yield entry("engine_start_s", [in_fresh_process(seconds_until_both_train) for _ in range(REPEATS)], "s")
    yield entry("worker_rss_gb", [in_fresh_process(peak_of_workers) for _ in range(REPEATS)], "GB")


def speeds(name, trainings=TRAININGS, images=IMAGES, repeats=REPEATS):
    """What the contestants reach with one network."""
    contestants = {"engine": (by_engine, trainings), "sequential": (one_after_another, trainings)}
    if name in IN_TORCH:
        contestants["torch"] = (in_torch, min(trainings, TORCH_TRAININGS))  # its speed does not depend on their number
    reached = {key: [] for key in contestants}
    with contextlib.ExitStack() as stack:
        processes = {key: stack.enter_context(process()) for key in contestants}
        for key, (contestant, _) in contestants.items():
            processes[key].submit(contestant, name, 2, WARM_UP).result()
        for _ in range(repeats):
            for key, (contestant, number) in contestants.items():
                reached[key].append(processes[key].submit(contestant, name, number, images).result())
    for key, values in reached.items():
        yield entry(f"{key}_{name}", values, "images/s")
        if key != "engine":
            yield entry(f"engine_vs_{key}_{name}", ratios(reached["engine"], values), "ratio")


@contextlib.contextmanager
def process():
    """A fresh process, in which functions of this module can be called."""
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as one:
        yield one
        one.submit(engine.close).result()  # its workers end with it


def in_fresh_process(function, *arguments):
    """The result of a function of this module, called in a process of its own."""
    with process() as fresh:
        return fresh.submit(function, *arguments).result()


def by_engine(name, trainings, images) -> float:
    """Images per second of some trainings by the engine."""
    return _speed(trainings, images, lambda: engine.compute(planned(name, trainings, data(images))))


def one_after_another(name, trainings, images) -> float:
    """Images per second of the same in this process, with all cores."""
    assert tf.config.threading.get_intra_op_parallelism_threads() != 1, "one thread only"

    def train():
        for task in planned(name, trainings, data(images)):
            task.function(**task.arguments())

    return _speed(trainings, images, train)


def in_torch(name, trainings, images) -> float:
    """Images per second of the same network in PyTorch, with all cores."""
    from torch_networks import epoch_of  # `make bench` installs it

    one_epoch = [epoch_of(name, *characters(images)) for _ in range(trainings)]
    return _speed(trainings, images, lambda: [train() for train in one_epoch for _ in range(EPOCHS)])


def _speed(trainings, images, train):
    started = time.perf_counter()
    train()
    return trainings * images * EPOCHS / (time.perf_counter() - started)


@functools.cache
def data(n_train, n_validation=64) -> Data:
    """Images for trainings; few for validation, so that little but the training is measured."""
    images, labels = characters(n_train + n_validation)
    parts = {"x_train": images[n_validation:], "y_train": labels[n_validation:]}
    parts |= {"x_validation": images[:n_validation], "y_validation": labels[:n_validation]}
    return Data("synthetic", "synthetic", emnist.CLASS_NAMES, **parts)


def planned(name, trainings, images, epochs=EPOCHS) -> list[engine.Task]:
    """Trainings of a network as the chapters hand them to the engine, but nothing is stored."""
    how = {"batch_size": BATCH_SIZE, "keep": "metrics", "mixed_precision": name == "modern_cnn"}
    wanted = [training.Training(builder(name), {}, images, name=name, seed=i, epochs=epochs, **how) for i in range(trainings)]
    tasks = [one.step().task for one in wanted]
    return [dataclasses.replace(task, arguments=lambda given=task.arguments: given() | {"folder": None}) for task in tasks]


def with_function(function, tasks) -> list[engine.Task]:
    """The same tasks, computed by another function."""
    return [dataclasses.replace(task, function=function, says=lambda result: "") for task in tasks]


def seconds_until_both_train(images=WARM_UP * 10) -> float:
    """Seconds from calling the engine in this process until two workers have trained for the first time."""
    began = time.time()
    (one, first), (other, second) = engine.compute(with_function(first_steps, planned("cnn", 2, data(images))))
    assert one != other, "one worker took both"
    return max(first, second) - began


def first_steps(network, data, *, keep, title, folder, code, **learning):
    """On a worker: the number of its process, and the time at which the first steps of a training were done."""
    done = []
    told = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: done.append(time.time()))
    model = models.from_blueprint(network, seed=learning["seed"])
    fitting.fit(model, data.x_train, data.y_train, callbacks=[told], **learning)
    return os.getpid(), done[0]


def peak_of_workers(images=FULL_SIZE) -> float:
    """Peak memory in GB of the larger of two fresh workers: one trains the CNN, the other the modern CNN, for an epoch."""
    tasks = [task for name in ("cnn", "modern_cnn") for task in planned(name, 1, data(images, images // 9), epochs=1)]
    return max(engine.compute(with_function(peak_of_training, tasks)))


def peak_of_training(**arguments) -> float:
    """On a worker: its peak memory in GB after a training."""
    training.fit_and_measure(**arguments)
    return peak_gb()
