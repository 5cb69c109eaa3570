"""Training throughput: the book's path against plain Keras, PyTorch eager and the measured peak of the machine.

The book's path and PyTorch are measured in float32 and, as `mixed`, in mixed precision (bfloat16).
"""

import time

import keras
import numpy as np
import tensorflow as tf
from networks import characters, keras_model
from run import BATCH_SIZE, REPEATS, entry, ratios
from torch_networks import epoch_of

from sixtytwo.experiments import fitting, models

IMAGES = {"mlp": 48_000, "cnn": 24_000, "residual_cnn": 16_000, "modern_cnn": 3_200}  # per repeat: some seconds each


def measure():
    """Images per second of each contestant, ratios within a repeat, and the share of the peak."""
    for name in IMAGES:
        images, labels = characters(IMAGES[name])
        contestants = {
            "book": book(name, images, labels),
            "keras": plain_keras(name, images, labels),
            "torch": epoch_of(name, images, labels),
            "mixed": book(name, images, labels, mixed=True),
            "torch_mixed": epoch_of(name, images, labels, mixed=True),
        }
        speed = {key: [] for key in contestants}
        peaks = []
        for repeat in range(REPEATS + 1):
            for key, one_epoch in contestants.items():
                started = time.perf_counter()
                one_epoch()
                if repeat:  # the first is the warm-up
                    speed[key].append(len(images) / (time.perf_counter() - started))
            if repeat:
                peaks.append(peak())
        for key, values in speed.items():
            yield entry(f"fit_{key}_{name}", values, "images/s")
        yield entry(f"fit_vs_keras_{name}", ratios(speed["book"], speed["keras"]), "ratio")
        yield entry(f"fit_vs_torch_{name}", ratios(speed["book"], speed["torch"]), "ratio")
        yield entry(f"fit_mixed_vs_float32_{name}", ratios(speed["mixed"], speed["book"]), "ratio")
        yield entry(f"fit_mixed_vs_keras_{name}", ratios(speed["mixed"], speed["keras"]), "ratio")
        yield entry(f"fit_mixed_vs_torch_mixed_{name}", ratios(speed["mixed"], speed["torch_mixed"]), "ratio")
        flop = 6 * models.count_macs(keras_model(name))  # per image: forward 2, backward 4 per multiply-add
        yield entry(f"peak_share_{name}", ratios([flop * value for value in speed["book"]], peaks), "ratio")
        yield entry(f"peak_{name}", [value / 1e9 for value in peaks], "GFLOP/s")


def book(name, images, labels, mixed=False):
    """One epoch as the chapters train."""
    model = keras_model(name)
    return lambda: fitting.fit(model, images, labels, epochs=1, batch_size=BATCH_SIZE, seed=0, mixed_precision=mixed)


def plain_keras(name, images, labels):
    """One epoch of `model.fit` on float32 arrays with one-hot labels, as the paper describes it."""
    model = keras_model(name)
    model.compile(keras.optimizers.Adam(0.001), "categorical_crossentropy", metrics=["accuracy"])
    x = (images / 255).astype("float32").reshape(-1, *model.input_shape[1:])
    y = np.eye(62, dtype="float32")[labels]
    return lambda: model.fit(x, y, epochs=1, batch_size=BATCH_SIZE, verbose=0)


def peak() -> float:
    """FLOP/s of the fastest float32 matrix product: NumPy or TensorFlow, n = 2048 or 4096, all cores."""
    rates = []
    for n in (2048, 4096):
        a = np.random.default_rng(0).random((n, n), dtype="float32")
        for product in (np.matmul, lambda p, q: tf.matmul(p, q).numpy()):
            operand = a if product is np.matmul else tf.constant(a)
            product(operand, operand)
            started = time.perf_counter()
            product(operand, operand)
            rates.append(2 * n**3 / (time.perf_counter() - started))
    return max(rates)
