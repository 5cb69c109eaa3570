"""Peak memory and time of loading official files and training one epoch on them, for growing numbers of images.

The files are generated: synthetic characters in the official idx format. Each measurement is a process of its own.
"""

import gzip
import json
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from run import REPEATS, entry

SIZES = {"10k": 10_000, "30k": 30_000, "100k": 100_000, "300k": 300_000, "697932": 697_932}


def measure():
    """Peak resident memory (GB), seconds of loading, microseconds per image of an epoch of the MLP."""
    with tempfile.TemporaryDirectory() as folder:
        for label, n in SIZES.items():
            write_files(Path(folder), n)
            runs = []
            for _ in range(REPEATS):
                done = subprocess.run([sys.executable, __file__, folder], capture_output=True, text=True, check=True)
                runs.append(json.loads(done.stdout.splitlines()[-1]))
            yield entry(f"rss_gb_{label}", [run["rss_gb"] for run in runs], "GB")
            yield entry(f"load_s_{label}", [run["load_s"] for run in runs], "s")
            yield entry(f"epoch_us_per_image_{label}", [run["epoch_s"] / n * 1e6 for run in runs], "µs")


def write_files(folder, n):
    """Official-format files of n synthetic characters."""
    from sixtytwo.data import synthetic

    images, labels = synthetic.load("train", 2_000)
    rows = np.random.default_rng(0).integers(0, len(images), n)
    with gzip.open(folder / "images.gz", "wb", compresslevel=1) as stream:
        stream.write(struct.pack(">IIII", 0x803, n, 28, 28))
        for part in np.array_split(rows, max(1, n // 10_000)):
            stream.write(np.ascontiguousarray(images[part].transpose(0, 2, 1)).tobytes())
    with gzip.open(folder / "labels.gz", "wb", compresslevel=1) as stream:
        stream.write(struct.pack(">II", 0x801, n) + labels[rows].tobytes())


def one_run(folder):
    """What each process does."""
    from sixtytwo.data import emnist, idx

    started = time.perf_counter()
    images, labels = idx.read_pair(folder / "images.gz", folder / "labels.gz", n_classes=emnist.N_CLASSES)
    load_s = time.perf_counter() - started

    from networks import keras_model

    from sixtytwo.experiments import fitting

    model = keras_model("mlp")
    fitting.fit(model, images[:640], labels[:640], epochs=1, batch_size=64, seed=0)  # warm-up
    started = time.perf_counter()
    fitting.fit(model, images, labels, epochs=1, batch_size=64, seed=0)
    epoch_s = time.perf_counter() - started
    print(json.dumps({"rss_gb": peak_gb(), "load_s": load_s, "epoch_s": epoch_s}))


def peak_gb() -> float:
    """Peak resident memory of this process; getrusage would count the process that started it."""
    status = dict(line.split(":") for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(status["VmHWM"].split()[0]) * 1024 / 1e9


if __name__ == "__main__":
    one_run(Path(sys.argv[1]))
