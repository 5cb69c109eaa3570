"""What the drawing page loads: runtime, preprocessing, models, settings."""

import json
import shutil
import sys
from pathlib import Path

import onnx

from sixtytwo.data import emnist
from sixtytwo.drawing import palette
from sixtytwo.report import book, canvas

RUNTIME = Path(sys.prefix) / "node_modules" / "onnxruntime-web" / "dist"  # installed by make, from package-lock.json

RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")


def write_files(run_folder, results, folder) -> None:
    """Put what the drawing page loads into `folder`: the runtime, the preprocessing, the models of the run, `draw.json`.

    Raises RunError if the runtime is not installed.
    """
    for name in RUNTIME_FILES:
        if not (RUNTIME / name).exists():
            raise book.RunError(f"the drawing page needs {RUNTIME / name}: delete .venv/ready and run make again.")
        shutil.copy(RUNTIME / name, folder)
    onnx.save(canvas.graph(), folder / "drawing.onnx")
    models = []
    for key, model in results["models"].items():
        file = run_folder / "models" / f"{key}.onnx"
        if file.exists():
            shutil.copy(file, folder)
            models.append({"key": key, "title": model["title"], "file": file.name, "colour": palette.colour(key)})
    classes = results["data"]["class_names"]
    look_alikes = [list(group) for group in emnist.LOOK_ALIKES if set(group) <= set(classes)]
    settings = {"classes": classes, "look_alikes": look_alikes, "models": models}
    (folder / "draw.json").write_text(json.dumps(settings), encoding="utf-8")
