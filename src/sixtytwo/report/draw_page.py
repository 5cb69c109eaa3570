"""What the drawing page loads: runtime, preparation, models, settings."""

import gzip
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from sixtytwo.data import emnist
from sixtytwo.drawing import palette
from sixtytwo.report import book, canvas

RUNTIME = Path(sys.prefix) / "node_modules" / "onnxruntime-web" / "dist"  # installed by make, from package-lock.json

SCRIPT, WASM = "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded"

INSTALLED = (SCRIPT, f"{WASM}.wasm")

RUNTIME_FILES = (SCRIPT, f"{WASM}.gz.wasm")  # as the page loads them

FIRST = "modern_small"  # answers before the others are there: fewest operations of those that are good

PLACES = 14  # binary places of a weight: the fewest with which no probability changes by more than 0.0001


def write_files(run_folder, results, folder) -> None:
    """Put what the drawing page loads into `folder`: the runtime, the preparation, the models of the run, `draw.json`.

    What is large is packed (gzip), so that it is small on every server. Raises RunError if the runtime is not installed.
    """
    for name in INSTALLED:
        if not (RUNTIME / name).exists():
            raise book.RunError(f"the drawing page needs {RUNTIME / name}: delete .venv/ready and run make again.")
    shutil.copy(RUNTIME / SCRIPT, folder)
    sizes = [_pack((RUNTIME / f"{WASM}.wasm").read_bytes(), folder / RUNTIME_FILES[1])]
    sizes.append(_pack(canvas.graph().SerializeToString(), folder / "drawing.onnx"))
    models = []
    for key, model in results["models"].items():
        file = run_folder / "models" / f"{key}.onnx"
        if file.exists():
            size = _pack(rounded(onnx.load(file)).SerializeToString(), folder / f"{key}.gz.onnx")
            model = {"key": key, "title": model["title"], "file": f"{key}.gz.onnx", "colour": palette.colour(key)}
            models.append(model | {"rank": 0 if key == FIRST else size})
            sizes.append(size)
    classes = results["data"]["class_names"]
    look_alikes = [list(group) for group in emnist.LOOK_ALIKES if set(group) <= set(classes)]
    settings = {"classes": classes, "look_alikes": look_alikes, "models": models, "bytes": sum(sizes)}
    (folder / "draw.json").write_text(json.dumps(settings), encoding="utf-8")


def rounded(model) -> onnx.ModelProto:
    """The model with weights of PLACES binary places, which pack better."""
    dropped = np.uint32(23 - PLACES)  # of the 23 that float32 has
    for tensor in model.graph.initializer:
        weights = numpy_helper.to_array(tensor)
        if weights.dtype == np.float32:
            bits = np.array(weights, order="C").view(np.uint32)  # overflow would need weights near the largest float
            bits = (bits + (np.uint32(1) << (dropped - np.uint32(1)))) >> dropped << dropped
            tensor.CopyFrom(numpy_helper.from_array(bits.view(np.float32), tensor.name))
    return model


def _pack(content, path) -> int:
    """Write packed content, the same bytes each time; returns their number."""
    packed = gzip.compress(content, compresslevel=6, mtime=0)  # 9 takes three times as long for a hundredth
    path.write_bytes(packed)
    return len(packed)
