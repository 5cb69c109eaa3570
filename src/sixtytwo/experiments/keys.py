"""What the keys of stored steps are made of, in one place.

The key of a step is the digest of its spec (`base/store.py`): a dict of everything that determines the result, so that a
change of any of it asks for a new step, and nothing else does. The modules of this package build their specs, and no chapter
does: from the facts of the step (digests of the data, seeds, numbers of rows and epochs, the names of the steps that it
builds upon) and from the parts below.

    spec = keys.version("gradients") | keys.network(model) | {"data": data.digest(), "rows": rows, "seed": seed}
    spec |= keys.unless(batch_size=(batch_size, 64))

The specs of steps that are stored must come out the same for ever. So what was forgotten when the first steps of a kind were
stored, a fact or the version, stands in later specs only where it differs from what those steps had.
"""

from typing import NamedTuple

from sixtytwo.experiments import models

TRAINING = 2  # version of the code that fits networks: raise it when the code changes what they learn


class Kind(NamedTuple):
    """A kind of stored step."""

    version: int = 1  # of its own code: raise it when the code changes what a step finds
    trains: bool = False  # whether it fits a network, and so depends on `TRAINING`, too
    named: tuple[str, ...] = ()  # the versions that the specs of its first stored steps name; others are named when raised


KINDS = {
    "training": Kind(trains=True, named=("training_version",)),  # also of every trial of a search, and every point of a grid
    "replay": Kind(),
    "ensemble": Kind(),
    "scoring": Kind(),
    "classical": Kind(named=("version",)),
    "gradients": Kind(trains=True, named=("version",)),
    "probes": Kind(version=2, named=("version",)),
    "label_noise": Kind(trains=True),
    "robustness": Kind(named=("version",)),
    "timing": Kind(trains=True),
    "latency": Kind(named=("version",)),
}


def version(kind) -> dict[str, int]:
    """The part of a spec that says by which code a step of a kind (one of `KINDS`) is computed."""
    own, trains, named = KINDS[kind]
    versions = {"version": (own, 1)} | ({"training_version": (TRAINING, 2)} if trains else {})
    return {name: number for name, (number, first) in versions.items() if name in named or number != first}


def unless(**facts) -> dict:
    """The part of a spec for facts that the stored steps do not name: `fact=(value, value that it had for them)`.

    A fact is left out if it is as it was, so that those steps are found; any other value makes another key.
    """
    return {name: value for name, (value, usual) in facts.items() if value != usual}


def network(model) -> dict:
    """The part of a spec that says what a compiled network is: its layers, its optimizer and schedule, its loss."""
    return {"model": model.get_config(), "compile": models.compile_config(model)}
