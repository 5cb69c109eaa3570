"""Where a training step spends its time: busy time by kind of operation, from TensorFlow's own profiler."""

import collections
import tempfile
from pathlib import Path

import tensorflow as tf
from networks import keras_model
from run import BATCH_SIZE, REPEATS, entry
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from sixtytwo.data import synthetic
from sixtytwo.experiments import fitting

KINDS = {  # what the name of an operation contains: its kind; the first that fits counts
    "Conv2DBackpropFilter": "filter_gradients",
    "Conv2DBackpropInput": "input_gradients",
    "FusedConv2D": "convolutions",
    "MaxPool": "pooling",
    "ReluGrad": "activation_gradients",
    "MatMul": "dense",
    "adam": "adam",
}


def measure():
    """Share of each kind in the time that the two threads were busy."""
    images, labels = synthetic.load("train", 6_400)
    for name in ("cnn", "residual_cnn"):
        model = keras_model(name)
        fitting.fit(model, images, labels, epochs=1, batch_size=BATCH_SIZE, seed=0)
        shares = collections.defaultdict(list)
        for _ in range(REPEATS):
            with tempfile.TemporaryDirectory() as folder:
                with tf.profiler.experimental.Profile(folder):
                    fitting.fit(model, images, labels, epochs=1, batch_size=BATCH_SIZE, seed=0)
                busy = seconds_by_kind(next(Path(folder).rglob("*.xplane.pb")))
            for kind, seconds in busy.items():
                shares[kind].append(seconds / sum(busy.values()))
        for kind, values in shares.items():
            yield entry(f"busy_{kind}_{name}", values, "share")


def seconds_by_kind(path) -> dict[str, float]:
    """Busy seconds of the compute threads by kind of operation."""
    space = xplane_pb2.XSpace.FromString(path.read_bytes())
    busy = dict.fromkeys([*KINDS.values(), "other"], 0.0)
    for plane in space.planes:
        names = {key: value.name for key, value in plane.event_metadata.items()}
        for line in plane.lines:
            if not line.name.startswith("tf_Compute"):
                continue
            for event in line.events:
                name = names[event.metadata_id]
                if ":" in name and "::" not in name:  # an operation, "path/in/graph:Kernel"; the rest encloses operations
                    kind = next((kind for part, kind in KINDS.items() if part in name), "other")
                    busy[kind] += event.duration_ps / 1e12
    return busy
