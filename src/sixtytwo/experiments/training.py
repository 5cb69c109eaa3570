"""How the book trains: build a network, fit it, keep the finished run in the store.

A chapter defines its network as `build(hp)`, a function that takes KerasTuner hyperparameters and returns a compiled Keras
model, says in a `Training` how it is to be trained, and hands over all trainings that do not depend on each other together
(`train`). Executing it again without a change trains nothing.
"""

import dataclasses
import functools
import operator
import time
from collections.abc import Callable, Mapping

import numpy as np

from sixtytwo.base import store
from sixtytwo.data.loading import Data
from sixtytwo.experiments import cost, demands, engine, fitting, keys, metrics, models


@dataclasses.dataclass(frozen=True)
class Training:
    """A network that is to be trained from scratch on the training part of the images (`train` does it).

    Parameters
    ----------
    build : callable(hp) -> keras.Model
        Builder of a compiled model; `demands` says what is asked of it.
    values : dict
        A value for each of its hyperparameters.
    data : Data
    name : str
        Of the stored step, `train-<name>-seed<seed>`.
    seed : int
        Of the initial weights, the order of the images, dropout and distortion.
    epochs, batch_size, augmentation, clean_epochs, class_weight, mixed_precision, same_order
        Explained in `fit`.
    teacher : run or None
        A finished run whose probabilities for the training images replace the labels (distillation: Hinton et al. 2015).
    keep : {"model", "predictions", "gap", "metrics"}
        What is stored: the weights of the last epoch; or, of a run that only decides a question, no more than the classes
        predicted for the validation images (`predictions` reads them), how much more accurate it is on as many training
        images, or the metrics alone.
    title : str or None
        What progress calls it, if not by name and seed.
    """

    build: Callable
    values: dict
    data: Data
    _: dataclasses.KW_ONLY
    name: str
    seed: int
    epochs: int
    batch_size: int = 64
    augmentation: dict | None = None
    clean_epochs: int = 0
    class_weight: list | dict | None = None
    mixed_precision: bool = False
    same_order: bool = False
    teacher: dict | None = None
    keep: str = "model"
    title: str | None = None

    def __post_init__(self):
        """Take what people write: numbers of NumPy, and weights of classes by number, as Keras has them. Raises ValueError."""
        taken = {name: _whole(name, getattr(self, name)) for name in ("seed", "epochs", "batch_size", "clean_epochs")}
        if few := [name for name in ("epochs", "batch_size") if taken[name] < 1]:
            raise ValueError(f"{few[0]}={taken[few[0]]}: expected 1 or more.")
        if self.values is not None:
            taken["values"] = {name: v.item() if isinstance(v, np.generic) else v for name, v in self.values.items()}
        if self.class_weight is not None:
            taken["class_weight"] = _by_class(self.class_weight, len(self.data.class_names))
        for name, value in taken.items():
            object.__setattr__(self, name, value)

    def options(self) -> dict:
        """How it is fitted, as its record says."""
        named = {name: getattr(self, name) for name in ("epochs", "batch_size", "augmentation", "clean_epochs")}
        usual = {name: (getattr(self, name), False) for name in ("mixed_precision", "same_order")}
        return named | keys.unless(**usual)

    def spec(self, model) -> dict:
        """What determines its result, for the model that its builder gives."""
        spec = keys.version("training") | keys.network(model) | {"data": self.data.digest()} | self.options()
        spec |= {"seed": self.seed, "class_weight": self.class_weight}
        spec |= keys.unless(keep=(self.keep, "model"), teacher=(self.teacher and self.teacher["entry"], None))
        own = {
            "code": (models.code_in(model, self.build), ""),
            "given_weights": (models.given_weights(model, self.build, self.seed), None),
        }
        return spec | keys.unless(**own)

    def step(self) -> engine.Step:
        """What the engine needs to know of it.

        Raises ValueError if there are no values, or others than the builder has, and for a network that does not do what is
        asked of it (`demands`).
        """
        title = self.title or f"{self.name}, seed {self.seed}"
        if self.values is None:
            raise ValueError(f"{title}: there are no values to train it with; did every trial of its search fail?")
        model = models.build_model(self.build, self.values, seed=self.seed)
        demands.check(model, self.build, self.data.class_names)
        learning = self.options() | {"seed": self.seed, "class_weight": self.class_weight}

        def arguments():
            network = models.blueprint(model, self.build, self.values, seed=self.seed)
            about = {"data": _taught(self.data, self.teacher), "keep": self.keep, "title": title}
            return {"network": network, "code": models.code_in(model, self.build)} | about | learning

        how = {"distorted": bool(self.augmentation), "mixed_precision": self.mixed_precision}
        seconds = cost.of_training(model, images=len(self.data.x_train) * self.epochs, **how)
        task = engine.Task(title, fit_and_measure, arguments, seconds, says=_says)
        return engine.Step(f"train-{self.name}-seed{self.seed}", self.spec(model), task, self.data.recipe)


def _whole(name, number):
    """A whole number as Python's. Raises ValueError."""
    try:
        return operator.index(number)
    except TypeError as error:
        raise ValueError(f"{name}={number!r}: expected a whole number.") from error


def _by_class(weights, n_classes) -> list:
    """Weights of classes in the order of their numbers. Raises ValueError."""
    by_number = weights if isinstance(weights, Mapping) else dict(enumerate(weights))
    if set(by_number) != set(range(n_classes)):
        raise ValueError(
            f"class_weight has {len(by_number)} weights: expected one for each of the {n_classes} classes, in a list, or in a dict by "
            f"their numbers, 0 to {n_classes - 1}."
        )
    ordered = (by_number[i] for i in range(n_classes))
    return [weight.item() if isinstance(weight, np.generic) else weight for weight in ordered]


def train(trainings, *, failures="raise"):
    """Train networks, side by side on every core or machine (`engine`), and return their runs.

    Parameters
    ----------
    trainings : Training, or list or dict of trainings, or of such lists
        Those that do not depend on each other, together.
    failures : {"raise", "return"}
        Whether a training that fails ends them all, or leaves its exception in the place of its run.

    Returns
    -------
    The runs, in the same order and form. A run is a dict with seed, train_seconds (wall clock of `fit`), cpu_minutes
    (processor time of `fit`; None if it was not measured), validation (`metrics.measure`), history by epoch, training (the
    arguments epochs to clean_epochs and mixed_precision), entry (name of the stored step).

    Raises FloatingPointError if a loss stops being a number, ValueError if values do not fit their builder,
    FileNotFoundError if the weights of a teacher are gone, and EngineError for what happens on a worker.
    """
    flat = list(_leaves(trainings))
    planned = [_planned(training, failures) for training in flat]
    entries = iter(engine.steps([step for step in planned if isinstance(step, engine.Step)], failures=failures))
    found = [next(entries) if isinstance(step, engine.Step) else step for step in planned]
    runs = (
        entry if isinstance(entry, Exception) else _run(training, entry) for training, entry in zip(flat, found, strict=True)
    )
    return _alike(trainings, runs)


def _planned(training, failures):
    """The step of a training, or the exception of its builder if failures are returned."""
    try:
        return training.step()
    except Exception as error:
        if failures == "raise":
            raise
        return error


def _run(training, entry):
    about = {"seed": training.seed, "cpu_minutes": None}
    return about | entry.result | {"training": training.options(), "entry": entry.folder.name}


def _leaves(wanted):
    if isinstance(wanted, Training):
        yield wanted
        return
    for part in wanted.values() if isinstance(wanted, dict) else wanted:
        yield from _leaves(part)


def _alike(wanted, runs):
    """The next runs, in the form of the trainings."""
    if isinstance(wanted, Training):
        return next(runs)
    if isinstance(wanted, dict):
        return {name: _alike(part, runs) for name, part in wanted.items()}
    return [_alike(part, runs) for part in wanted]


def _says(result):
    return f", val_accuracy {result['validation']['accuracy']:.3f}"


@functools.lru_cache(maxsize=1)
def _answers(entry_names, shifts, images):
    run = {"entry": entry_names[0]} | ({"members": list(entry_names), "shifts": list(shifts)} if shifts else {})
    return models.predict(models.load_model(run), images.x_train)


def _taught(data, teacher):
    """The images with the probabilities of a teacher in the place of their labels."""
    if teacher is None:
        return data
    names = tuple(teacher.get("members", [teacher["entry"]]))
    return dataclasses.replace(data, y_train=_answers(names, tuple(map(tuple, teacher.get("shifts", ()))), data))


def fit_and_measure(network, data, *, keep, title, folder, code="", **learning) -> dict:
    """Train a network (`models.blueprint`), measure it, and leave in `folder` what is to be kept. Raises FloatingPointError.

    `code` is that of its own layers (`models.code_in`).
    """
    model = models.from_blueprint(network, seed=learning["seed"])
    started, busy = time.perf_counter(), time.process_time()
    checked = fitting.validation(model, data)
    history = fitting.fit(model, data.x_train, data.y_train, validation_data=checked, **learning)
    seconds, cpu_minutes = time.perf_counter() - started, (time.process_time() - busy) / 60
    if not np.isfinite(history["loss"][-1]):
        raise FloatingPointError(f"training {title} diverged: the loss is {history['loss'][-1]}; lower the learning rate.")
    probabilities = models.predict(model, data.x_validation)
    if keep == "model":
        models.save(model, folder / "model.keras", code)
    if keep == "predictions":
        np.savez_compressed(folder / "validation.npz", predicted=probabilities.argmax(1).astype(np.uint8))
    measured = metrics.measure(data.y_validation, probabilities)
    found = {"train_seconds": seconds, "cpu_minutes": cpu_minutes, "validation": measured, "history": history}
    return found | ({"gap": _gap(model, data, measured["accuracy"])} if keep == "gap" else {})


def _gap(model, data, accuracy):
    """Accuracy on training images, as many as for validation, minus that on the latter."""
    n = len(data.y_validation)
    known = models.predict(model, data.x_train[:n]).argmax(1) == data.y_train[:n]
    return float(known.mean() - accuracy)


def ensemble(runs, data, *, name, shifts=((0, 0),)) -> dict:
    """The mean of the probabilities of finished runs, over views of the image shifted by whole pixels (down, right).

    Returns a record like that of `train`, with `members` (entries) and `shifts`; its train_seconds are those of all members.
    """
    members, shifts = [run["entry"] for run in runs], [list(shift) for shift in shifts]
    spec = keys.version("ensemble") | {"members": members, "shifts": shifts, "data": data.digest()}
    costs = {name: [run[name] for run in runs] for name in ("train_seconds", "cpu_minutes")}
    cost = {name: None if None in values else sum(values) for name, values in costs.items()}
    run = {"seed": runs[0]["seed"], "members": members, "shifts": shifts, **cost, "history": {}}

    def compute(folder):
        return metrics.measure(data.y_validation, models.predict(models.load_model(run), data.x_validation))

    entry = store.cached(f"ensemble-{name}", spec, compute)
    return run | {"validation": entry.result, "entry": entry.folder.name}
