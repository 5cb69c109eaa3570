"""What a model was compiled with, as far as its labels and the names in its history depend on it."""

from typing import NamedTuple


class Compiled(NamedTuple):
    """Loss and accuracy of a compiled model.

    `loss` and the names of metrics are Keras's, in small letters without underscores.
    """

    loss: str | None
    is_kerass: bool  # whether the loss is one of Keras
    from_logits: bool
    metrics: list[tuple[str, str]]  # the name of each, and what the history calls it

    @property
    def one_hot(self) -> bool:
        """Whether the loss compares probabilities with one-hot labels; a loss of the reader's own gets the numbers of the classes."""
        return self.loss == "categoricalcrossentropy" or (self.is_kerass and not self.loss.startswith("sparse"))

    @property
    def accuracy(self) -> str | None:
        """What the history calls the accuracy; None if it is not measured."""
        fitting = {"accuracy", "acc", "categoricalaccuracy" if self.one_hot else "sparsecategoricalaccuracy"}
        return next((key for name, key in self.metrics if name in fitting), None)


def of(model) -> Compiled:
    """What a model was compiled with."""
    loss = next(iter(_leaves(model.loss)), None)
    name = loss if isinstance(loss, str) or loss is None else getattr(loss, "__name__", type(loss).__name__)
    module = "keras." if isinstance(loss, str) else str(getattr(loss, "__module__", ""))
    metrics = [_named(metric) for metric in _leaves((model.get_compile_config() or {}).get("metrics"))]
    return Compiled(name and _plain(name), module.startswith("keras."), bool(getattr(loss, "from_logits", False)), metrics)


def _leaves(value):
    """The losses or metrics in what `compile` takes: one, a list, or a dict by output."""
    if isinstance(value, list | tuple) or (isinstance(value, dict) and "class_name" not in value):
        return [leaf for part in (value.values() if isinstance(value, dict) else value) for leaf in _leaves(part)]
    return [] if value is None else [value]


def _named(metric):
    """The name of a serialised metric, and what the history calls it."""
    if isinstance(metric, str):
        return _plain(metric), metric
    if isinstance(metric["config"], str):  # a function
        return _plain(metric["config"]), metric["config"]
    name = metric["class_name"]
    # the class called so compares labels with the probabilities themselves
    return "equality" if name == "Accuracy" else _plain(name), metric["config"].get("name", name)


def _plain(name):
    return name.lower().replace("_", "")
