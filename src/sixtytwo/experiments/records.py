"""The record of a model, by which its chapter hands it to the evaluation."""

import copy
import json
import math
from pathlib import Path

from sixtytwo.base import files, journal, paths, store
from sixtytwo.experiments import export, models, own_code, training


def record(run_dir, key, *, title, runs, data, build=None, values=None, search=None, winner=None) -> Path:
    """Write what a chapter found to `run_dir/models/<key>.json`, and its first run's model as `<key>.onnx` beside it.

    `winner` is the run of the best point of the `search`.

    What has no builder, an ensemble or a floor, has no hyperparameters either, and is not exported. A network that has no
    equal in ONNX is recorded without the file, and a line says why: the evaluation then leaves out its answer times, and the
    drawing page leaves out the network.

    The evaluation chapter takes every model that it finds there, so a new chapter needs nothing but this call.

    Raises ValueError if the key or the title is that of another chapter's model, FileNotFoundError if weights are gone.
    """
    _check_name(run_dir, key, title)
    members = [models.load_model({"entry": entry}) for entry in runs[0].get("members", [runs[0]["entry"]])]
    views = len(runs[0].get("shifts", [0]))
    folder = paths.ROOT / run_dir / "models"
    folder.mkdir(parents=True, exist_ok=True)
    if winner is not None:
        search = search | {"winner": {"validation": winner["validation"], "entry": winner["entry"]}}
    if build is not None:
        _export(members[0], runs[0], folder / f"{key}.onnx")
    files.write_json(
        folder / f"{key}.json",
        {
            "key": key,
            "title": title,
            "parameters": sum(model.count_params() for model in members),
            "macs": views * sum(map(models.count_macs, members)),
            "hyperparameters": values or {},
            "compile": build and models.compile_config(models.build_model(build, values)),
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
    journal.note("model", key)
    return folder / f"{key}.json"


def _check_name(run_dir, key, title):
    """Refuse a key or title that a model of another chapter has in this run."""
    if Path(key).name != key or not key or key.startswith("."):
        raise ValueError(f"the key {key!r} becomes the name of a file: expected letters, digits and underscores.")
    if (owner := journal.owner_of(run_dir, key)) is not None:
        raise ValueError(
            f"the key {key!r} is that of a model of {owner}.ipynb, whose record would be replaced: give this one another key."
        )
    for path in sorted((paths.ROOT / run_dir / "models").glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        if path.stem != key and found["title"] == title and not journal.has_recorded(path.stem):  # then it has been renamed
            raise ValueError(
                f"the title {title!r} is that of the model {path.stem!r} already: tables and figures could not tell them apart, "
                "so give this one another title."
            )


def _export(model, run, path):
    path.unlink(missing_ok=True)  # of an earlier network
    try:
        with own_code.known(models.code_of(run)):
            export.export_onnx(model, path)
    except export.ExportError as error:
        journal.say(f"{error}. The network is recorded without it: no answer time, and not on the drawing page.")


def load_records(results_dir) -> dict[str, dict]:
    """The records that model chapters left in `results_dir`, by key, fewest multiply-adds first.

    Raises FileNotFoundError if there is none.
    """
    folder = paths.ROOT / results_dir / "models"
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    if not records:
        raise FileNotFoundError(f"no results in {folder}: execute a model chapter (03 to 06) first, with the same run_dir.")
    return {found["key"]: found for found in sorted(records, key=lambda found: found["macs"])}


def exported_models(results_dir, keys) -> dict[str, Path]:
    """The ONNX files that model chapters left in a run, by key of the model; what was not exported, an ensemble, is left out."""
    exported = {key: paths.ROOT / results_dir / "models" / f"{key}.onnx" for key in keys}
    return {key: path for key, path in exported.items() if path.exists()}


def rebuild(record, stretch=1.0, n_classes=None, dropout=None):
    """A builder, without hyperparameters, of a recorded network with fresh weights, compiled as it was.

    Weights that its own builder had given to layers that do not learn are given again.

    `stretch` is the number of training steps in units of the recorded training, for learning-rate schedules; `n_classes`
    another number of classes; `dropout` another rate for all its dropout layers.
    """
    run = record["runs"][0]
    recorded, code = models.load_model(run), models.code_of(run)
    config, given = recorded.get_config(), []
    if "given_weights" in store.entry(run["entry"]).spec:
        given = [layer.get_weights() for layer in models.fixed_layers(recorded)]
    if n_classes:
        config["layers"][-1]["config"]["units"] = n_classes
    if dropout is not None:
        for layer in (layer for layer in config["layers"] if layer["class_name"] == "Dropout"):
            layer["config"]["rate"] = dropout

    def build(hp):
        compiling = copy.deepcopy(record["compile"])
        rate = compiling["optimizer"]["config"]["learning_rate"]
        if isinstance(rate, dict):
            for name in {"decay_steps", "warmup_steps"} & set(rate["config"]):
                rate["config"][name] = math.ceil(stretch * rate["config"][name])
        with own_code.known(code):
            model = models.from_config(copy.deepcopy(config))
            model.compile_from_config(compiling)
        for layer, weights in zip(models.fixed_layers(model) if given else (), given, strict=True):
            layer.set_weights(weights)
        return model

    build.own_code = code
    return build


def retraining(record, data, *, name, seed, epochs=None, **changes) -> training.Training:
    """The recorded training of a network once more, on other training images; `train` does it.

    Parameters
    ----------
    record : dict
        The record of a model (`load_records`).
    data : Data
        For example a part of the images that it was trained on. A schedule of the learning rate takes as long as this
        training does.
    name : str
        Of the stored step, `train-<key>-<name>-seed<seed>`.
    epochs : int or None
        None for as many as were recorded.
    changes
        Other arguments of `Training` that differ from the recorded ones.
    """
    options = record["runs"][0]["training"]
    epochs = epochs or options["epochs"]
    stretch = len(data.x_train) * epochs / (record["data"]["n_train"] * options["epochs"])
    changes = {"epochs": epochs} | changes
    name = f"{record['key']}-{name}"
    return training.Training(rebuild(record, stretch), {}, data, name=name, seed=seed, **options | changes)
