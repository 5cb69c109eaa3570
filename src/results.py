"""What a run leaves behind: descriptions of models, their records, scores on the test images, exports, glued numbers."""

import copy
import json
import math
import re
import tempfile
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pandas as pd
from scipy import stats

import datasets
import emnist
import helpers
import store
import synthetic
import training

METRICS = {"balanced_accuracy": "balanced", "f1_macro": "macro F1", "log_loss": "log loss", "ece": "ECE"}  # in tables
# What the paper printed (seconds: time to train, on hardware that it does not name).
PAPER_TABLE_5 = {
    "mlp": {"accuracy": 0.81, "precision_weighted": 0.79, "recall_weighted": 0.81, "f1_weighted": 0.79, "seconds": 265},
    "cnn": {"accuracy": 0.84, "precision_weighted": 0.82, "recall_weighted": 0.84, "f1_weighted": 0.82, "seconds": 276},
    "residual_cnn": {
        "accuracy": 0.85,
        "precision_weighted": 0.84,
        "recall_weighted": 0.85,
        "f1_weighted": 0.83,
        "seconds": 268,
    },
}
FLOOR = ("majority", "linear")  # what a network must beat


def paired_difference(first, second) -> dict[str, float]:
    """Mean of `first - second` over paired runs (the same seeds), its 95% interval and p value (paired t test).

    `low`, `high` and `p` are NaN for a single pair.
    """
    difference = np.subtract(first, second)
    if len(difference) < 2:
        return {"mean": float(difference.mean()), "low": math.nan, "high": math.nan, "p": math.nan}
    test = stats.ttest_rel(first, second)
    low, high = test.confidence_interval(0.95)
    return {"mean": float(difference.mean()), "low": float(low), "high": float(high), "p": float(test.pvalue)}


def layer_table(model) -> pd.DataFrame:
    """One row per layer: name, output shape, parameters, kernel size, and the layers that feed it."""
    rows = []
    for layer in model.layers:
        inputs = [] if isinstance(layer, keras.layers.InputLayer) else keras.tree.flatten(layer.input)
        feeders = [other.name for other in model.layers if any(other.output is tensor for tensor in inputs)]
        kernel = "x".join(map(str, layer.kernel_size)) if hasattr(layer, "kernel_size") else ""
        rows.append((layer.name, tuple(layer.output.shape), layer.count_params(), kernel, ", ".join(feeders)))
    return pd.DataFrame(rows, columns=["layer", "output shape", "parameters", "kernel", "fed by"])


def count_macs(model) -> int:
    """Multiply-adds of one forward pass of one image: each kernel is used once per output position."""
    positions = [(layer, math.prod(layer.output.shape[1:-1])) for layer in model.layers if layer.weights]
    return sum(math.prod(w.shape) * n for layer, n in positions for w in layer.weights if len(w.shape) > 1)


def trial_table(found) -> pd.DataFrame:
    """The trials of a search, best first: hyperparameters, parameters, val_accuracy, accuracy, seconds, status."""
    columns = ["parameters", "val_accuracy", "accuracy", "seconds", "status"]
    table = pd.DataFrame([{**row["hyperparameters"], **{name: row.get(name) for name in columns}} for row in found["table"]])
    return table.sort_values("val_accuracy", ascending=False, ignore_index=True)


def styled(table):
    """A table of trials or of layers for the page: numbers at the precision that they have."""
    digits = {"val_accuracy": "{:.4f}", "accuracy": "{:.4f}", "seconds": "{:.0f}", "parameters": "{:,.0f}"}
    digits |= {"learning_rate": "{:g}", "dropout": "{:g}"}
    table = table.drop(columns="status", errors="ignore")
    return table.style.format({name: digits[name] for name in table if name in digits}, na_rep="").hide(axis="index")


def edge_table(found, paper) -> pd.DataFrame:
    """The paper's point beside the best point of a search, and whether the latter lies at the edge of the space."""
    space, best = found["space"], found["best"]

    def at_edge(name):
        values = space[name]
        if isinstance(values[0], str):
            return ""  # names have no order
        return "yes" if best[name] in (values[0], values[-1]) else "no"

    table = {"paper": paper, "our search": best, "ours at an edge": {name: at_edge(name) for name in space}}
    columns = {title: pd.Series(values, dtype=object) for title, values in table.items()}  # whole numbers stay whole
    return pd.DataFrame(columns).loc[list(space)]


def record(run_dir, key, *, title, runs, data, build=None, values=None, search=None) -> Path:
    """Write what a chapter found to `run_dir/models/<key>.json`, and its first run's model as `<key>.onnx` beside it.

    What has no builder, an ensemble or a floor, has no hyperparameters either, and is not exported.

    The evaluation chapter takes every model that it finds there, so a new chapter needs nothing but this call.

    Raises ValueError if the exported model does not answer like the trained one, FileNotFoundError if weights are gone.
    """
    members = [training.load_model({"entry": entry}) for entry in runs[0].get("members", [runs[0]["entry"]])]
    views = len(runs[0].get("shifts", [0]))
    folder = store.ROOT / run_dir / "models"
    folder.mkdir(parents=True, exist_ok=True)
    if build is not None:
        export_onnx(members[0], folder / f"{key}.onnx")
    store.write_json(
        folder / f"{key}.json",
        {
            "key": key,
            "title": title,
            "parameters": sum(model.count_params() for model in members),
            "macs": views * sum(map(count_macs, members)),
            "hyperparameters": values or {},
            "compile": build and training.compile_config(training.build_model(build, values)),
            "runs": runs,
            "search": search,
            "data": {
                "name": data.name,
                "dataset": data.dataset,
                "class_names": list(data.class_names),
                "n_train": len(data.x_train),
                "n_validation": len(data.x_validation),
                "sha256": data.digest(),
            },
        },
    )
    store.log(f"model:{key}")
    return folder / f"{key}.json"


def load_records(results_dir) -> dict[str, dict]:
    """The records that model chapters left in `results_dir`, by key, fewest multiply-adds first.

    Raises FileNotFoundError if there is none.
    """
    folder = store.ROOT / results_dir / "models"
    records = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    if not records:
        raise FileNotFoundError(f"no results in {folder}: execute a model chapter (03 to 06) first, with the same run_dir.")
    return {found["key"]: found for found in sorted(records, key=lambda found: found["macs"])}


def builder(record, stretch=1.0, n_classes=None):
    """A builder, without hyperparameters, of a recorded network with fresh weights, compiled as it was.

    `stretch` is the number of training steps in units of the recorded training, for learning-rate schedules; `n_classes`
    another number of classes.
    """
    config = training.load_model(record["runs"][0]).get_config()
    if n_classes:
        config["layers"][-1]["config"]["units"] = n_classes

    def build(hp):
        compiling = copy.deepcopy(record["compile"])
        rate = compiling["optimizer"]["config"]["learning_rate"]
        if isinstance(rate, dict):
            for name in {"decay_steps", "warmup_steps"} & set(rate["config"]):
                rate["config"][name] = math.ceil(stretch * rate["config"][name])
        model = keras.Model.from_config(copy.deepcopy(config))
        model.compile_from_config(compiling)
        return model

    return build


def score(run, dataset, n_test) -> dict:
    """Score the trained model of a run on the first `n_test` test images. Only the evaluation chapter does this.

    Returns metrics (`measure`), and per image predicted (class), confidence (its probability) and the true labels. The
    scores are stored, so that a published run can be evaluated where the images are not.
    """
    digests = training.model_digests(run)
    spec = {"model": digests[0], "dataset": dataset, "synthetic": synthetic.VERSION, "n_test": n_test}
    spec |= datasets.digests(dataset)
    if "members" in run:
        spec |= {"model": digests, "shifts": run["shifts"]}

    def compute(folder):
        images, labels = helpers.load_test(dataset, n_test)
        probabilities = helpers.predict(training.load_model(run), images)
        predicted = probabilities.argmax(1).astype(np.uint8)
        confidence = probabilities.max(1).astype(np.float16)
        np.savez_compressed(folder / "scores.npz", predicted=predicted, confidence=confidence, labels=labels)
        return helpers.measure(labels, probabilities)

    entry = store.cached("test-" + run["entry"].removeprefix("train-").rsplit("-", 1)[0], spec, compute)
    with np.load(entry.path("scores.npz"), allow_pickle=False) as arrays:
        return {"metrics": entry.result, **{name: arrays[name] for name in arrays.files}}


def export_onnx(model, path):
    """Write a model as ONNX: input float32 [n, 28, 28, 1] in [0, 1], output probabilities [n, classes]; check it.

    Raises ValueError if ONNX Runtime and Keras disagree by more than 1e-4 on random images.
    """
    image = keras.Input((*emnist.IMAGE_SHAPE, 1), name="image")
    bare = keras.models.clone_model(model)
    bare.set_weights(model.get_weights())
    shaped = keras.layers.Reshape(model.input_shape[1:], name="shape")(image)
    wrapped = keras.Model(image, bare(shaped), name="answer")
    sample = np.random.default_rng(0).random((4, *emnist.IMAGE_SHAPE, 1), dtype=np.float32)
    expected = wrapped(sample, training=False).numpy()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as scratch:
        written = Path(scratch) / path.name
        wrapped.export(written, format="onnx", verbose=False)
        onnx.save(_renumbered(onnx.load(written)), written)
        session = onnxruntime.InferenceSession(written)
        found = session.run(None, {session.get_inputs()[0].name: sample})[0]
        if not np.allclose(found, expected, atol=1e-4):
            raise ValueError(
                f"{path.name} differs from its Keras model by {np.abs(found - expected).max():.2g}, more than 1e-4."
            )
        written.replace(path)


def _renumbered(exported):
    """The same graph with its `name__17` renamed in order of use: tf2onnx names by chance, so no two files are equal."""
    graph, names = exported.graph, {}

    def renumber(name):
        return names.setdefault(name, f"made__{len(names)}" if re.search(r"__\d+", name) else name)

    for node in graph.node:
        node.name = renumber(node.name)
        node.input[:] = map(renumber, node.input)
        node.output[:] = map(renumber, node.output)
    constants = sorted(graph.initializer, key=lambda constant: list(names).index(constant.name))
    for constant in constants:
        constant.name = names[constant.name]
    del graph.initializer[:]
    graph.initializer.extend(constants)
    graph.doc_string = ""
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    return exported


def glue(name, text):
    """Make a formatted value available to the prose of the book (does nothing where MyST-NB is not installed)."""
    try:
        from myst_nb import glue as myst_glue
    except ImportError:
        return
    myst_glue(name, text, display=False)
