"""Latency of one image and throughput of 512: Keras and ONNX Runtime."""

import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from networks import OF_THE_PAPER, keras_model
from run import REPEATS, entry, ratios

from sixtytwo.experiments import export

CALLS = {1: 200, 512: 8}  # batch size: calls per repeat


def measure():
    """Milliseconds per call; each repeat is the mean of some calls."""
    for name in OF_THE_PAPER:
        model = keras_model(name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            export.export_onnx(model, path)
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        key = session.get_inputs()[0].name
        for batch, calls in CALLS.items():
            x = np.random.default_rng(0).random((batch, 28, 28, 1), dtype="float32")
            flat = x.reshape(-1, *model.input_shape[1:])
            contestants = {
                "keras": lambda flat=flat, model=model: model.predict_on_batch(flat),
                "onnx": lambda x=x, session=session: session.run(None, {key: x}),  # noqa: B023 - called in this round only
            }
            times = {key: [] for key in contestants}
            for repeat in range(REPEATS + 1):
                for contestant, call in contestants.items():
                    started = time.perf_counter()
                    for _ in range(calls):
                        call()
                    if repeat:
                        times[contestant].append((time.perf_counter() - started) / calls * 1000)
            for contestant, values in times.items():
                yield entry(f"infer_{contestant}_{batch}_{name}", values, "ms")
            yield entry(f"infer_onnx_vs_keras_{batch}_{name}", ratios(times["keras"], times["onnx"]), "ratio")
