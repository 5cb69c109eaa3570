"""The documents that a run leaves for others: what `results.json`, `verdicts.json` and `provenance.json` hold.

Writers, readers and tests share these schemas. The documents themselves stay plain dictionaries and lists: what was checked is
what is written, key by key.
"""

import json
from typing import Any, Literal, NotRequired

import pydantic
from typing_extensions import TypedDict

from sixtytwo.base import files, paths

CHART = "application/vnd.sixtytwo.chart+json"  # kind of output: what a page adds to the picture of a chart (`drawing.chart`)


class ContractError(ValueError):
    """A document does not follow its schema; the message names the file, the keys and what was expected."""


class _Document(TypedDict):
    __pydantic_config__ = pydantic.ConfigDict(extra="forbid")


class Environment(_Document):
    """Software, machine and commit (`machine.environment`)."""

    python: str
    tensorflow: str
    keras: str
    keras_tuner: str
    numpy: str
    cpu: str
    bfloat16: bool
    threads: int
    cores: NotRequired[int]
    git_commit: str


class Dataset(_Document):
    """The images that all models of a run were trained and tested on."""

    name: str
    dataset: str
    class_names: list[str]
    n_train: int
    n_validation: int
    sha256: dict[str, str]
    n_test: int


class Metrics(_Document):
    """`metrics.measure`; fractions, log_loss in nats."""

    accuracy: float
    precision_weighted: float
    recall_weighted: float
    f1_weighted: float
    f1_macro: float
    balanced_accuracy: float
    log_loss: float
    ece: float


History = dict[str, list[float]]  # by what Keras logs, e.g. "val_loss": one value per epoch; nothing for an ensemble


class Run(_Document):
    """One training (or, with members and shifts, one ensemble) and its scores."""

    seed: int
    members: NotRequired[list[str]]
    shifts: NotRequired[list[list[int]]]
    cpu_minutes: float | None
    train_seconds: float
    validation: Metrics
    history: History
    training: NotRequired[dict[str, Any]]
    test: Metrics


class Winner(_Document):
    """The best hyperparameters of a search, trained like a seed."""

    validation: Metrics
    test: Metrics


class Search(_Document):
    """A hyperparameter search; `best` is None if all its trials failed."""

    tuner: str
    trials: int
    completed: int
    space: dict[str, list]
    best: dict[str, Any] | None
    winner: Winner


class Latency(_Document):
    """Milliseconds per image, one at a time and in a batch, in the browser's runtime."""

    one: float
    batch: float


class Model(_Document):
    """One network (or floor, or ensemble): its size, its runs, its cost, and what the paper has of it."""

    title: str
    parameters: int
    macs: int
    hyperparameters: dict[str, Any]
    runs: list[Run]
    search: NotRequired[Search]
    cpu_minutes: float | None
    seconds_per_epoch: list[float] | None
    latency_ms: Latency | None
    onnx_bytes: int | None
    accuracy_interval: list[float]
    paper: dict[str, float]


class Results(_Document):
    """`results.json`: what a run measured."""

    schema: Literal[1]
    profile: str
    data: Dataset
    environment: Environment
    models: dict[str, Model]


Word = Literal["reproduced", "partly", "undecided", "refuted", "contradicts itself", "not testable", "not tested", "open"]
Kind = Literal["built as described", "wording", "finding"]


class Judged(_Document):
    """One entry of `verdicts.json`; evidence is "page.html#id", decided_with the entry that counts the same facts."""

    id: str
    kind: Kind
    decided_with: str | None
    claim: str
    section: str
    paper: str
    ours: str
    interval: list[float] | None
    verdict: Word
    note: str
    evidence: str


class Chapter(_Document):
    """When and how a chapter was executed."""

    seconds: float
    executed: str
    git_commit: str
    parameters: dict[str, Any]


class Provenance(_Document):
    """`provenance.json`: with what the chapters of a run were executed; `sources` are SHA-256 of the code."""

    profile: str
    dataset: str
    executed: str
    environment: Environment
    sources: dict[str, str]
    chapters: dict[str, Chapter]


_SCHEMAS = {
    "results.json": pydantic.TypeAdapter(Results),
    "verdicts.json": pydantic.TypeAdapter(list[Judged]),
    "provenance.json": pydantic.TypeAdapter(Provenance),
}


def write_results(run_dir, results):
    """Write `results.json` of a run. Raises ContractError if it does not follow its schema."""
    write(paths.ROOT / run_dir / "results.json", results)


def write(path, document):
    """Write a document under the name that it has here; nothing is written if it raises ContractError."""
    _check(path, json.loads(json.dumps(document)))  # as a reader will see it
    files.write_json(path, document)


def read(path):
    """Read a document, whose name says what it is. Raises ContractError if it does not follow its schema."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ContractError(f"{path} is not JSON ({error}); execute the run again.") from error
    _check(path, document)
    return document


def _check(path, document):
    try:
        _SCHEMAS[path.name].validate_python(document, strict=True)
    except pydantic.ValidationError as error:
        faults = "; ".join(map(_described, error.errors()[:4]))
        raise ContractError(f"{path} does not follow its schema in sixtytwo.base.contracts: {faults}.") from error


def _described(fault):
    place = ".".join(map(str, fault["loc"])) or "the document"
    if fault["type"] == "missing":
        return f"{place} is missing"
    if fault["type"] == "extra_forbidden":
        return f"{place} is unknown"
    return f"{place} is {fault['input']!r:.60}; expected: {fault['msg'].removeprefix('Input should be ')}"
