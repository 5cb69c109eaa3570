"""What training and answers cost in seconds, measured apart from everything else, on images of random pixels."""

import itertools
import time

import keras
import numpy as np
import onnxruntime

from sixtytwo.base import files, store
from sixtytwo.experiments import fitting, keys, models, own_code


class EpochClock(keras.callbacks.Callback):
    """Collects the wall-clock seconds of each training epoch in `seconds`."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.started)


def time_epochs(records, *, rows, repeats) -> tuple[dict[str, list[float]], int]:
    """Seconds of training epochs of recorded models, two for each repeat, and the number of threads that they had.

    The models take turns, so that a busy moment of the machine hits them all alike. A turn is a warm-up epoch and two timed
    ones, in batches of 64, in full precision and without distortion for every model.

    Parameters
    ----------
    records : dict of str to record
        Models that were trained themselves (`records.load_records`); an ensemble was not.
    rows : int
        Images of an epoch.
    repeats : int
        Turns of each model.
    """
    spec = {key: record["runs"][0]["entry"] for key, record in records.items()}
    spec |= {"timing_rows": rows, "timing_repeats": repeats} | keys.version("timing")
    entry = store.cached("time-epochs", spec, lambda folder: _take_turns(records, rows, repeats))
    return entry.result, entry.environment["threads"]


def _take_turns(records, rows, repeats):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (rows, 28, 28), dtype=np.uint8)
    seconds = {key: [] for key in records}
    for _, (key, record) in itertools.product(range(repeats), records.items()):
        run, clock = record["runs"][0], EpochClock()
        model = models.load_model(run)
        with own_code.known(models.code_of(run)):
            model.compile_from_config(record["compile"])
        y = rng.integers(0, model.output_shape[-1], rows, dtype=np.uint8)
        fitting.fit(model, x, y, epochs=3, batch_size=64, seed=0, callbacks=[clock])
        seconds[key] += clock.seconds[1:]
    return seconds


def measure_latency(exported) -> dict[str, dict[str, float]]:
    """Milliseconds per image in ONNX Runtime with one thread: one (image at a time) and batch (of 256).

    `exported` are the files of the models by key (`records.exported_models`).
    """
    spec = {key: files.file_digest(path) for key, path in exported.items()} | keys.version("latency")
    return store.cached("latency", spec, lambda folder: _latencies(exported)).result


def _latencies(exported):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = {key: onnxruntime.InferenceSession(path, options) for key, path in exported.items()}
    sizes = {"one": 1, "batch": 256}
    return {key: {name: _milliseconds(found, n) for name, n in sizes.items()} for key, found in sessions.items()}


def _milliseconds(session, n):
    """Median time per image of batches of n random images, after five to warm up."""
    rng, seconds = np.random.default_rng(0), []
    x = rng.random((n, 28, 28, 1), dtype=np.float32)
    for _ in range(5 + 2_000 // (n + 20)):
        started = time.perf_counter()
        session.run(None, {session.get_inputs()[0].name: x})
        seconds.append(time.perf_counter() - started)
    return float(1000 * np.median(seconds[5:]) / n)
