"""Stored trainings, trained again from their spec alone and compared (`make audit`).

The spec of an entry says all that its training was given, but for the images, which it names by their digests: how these are
made is its recipe. So no chapter is needed, and what comes out must be what is stored: to the bit, if the engine trained it
with the same software on the same kind of processor; else about as near as another seed.
"""

import argparse
import dataclasses
import functools
import itertools
import json
import math
import random
import re
import statistics
import sys
import tempfile
from pathlib import Path

import pandas as pd

from sixtytwo.base import files, machine, paths, store
from sixtytwo.data import idx, loading
from sixtytwo.experiments import engine, models, own_code, training

NAME = re.compile(r"train-(.+)-seed(\d+)-[0-9a-f]{16}")  # of the folder of a stored training
RECIPES = paths.ROOT / "book" / "recipes.json"  # of images, by their digests, for entries that do not name their own
MUST_AGREE = ("cpu", "bfloat16", "threads", "tensorflow", "keras", "python")  # or rounding differs, and then the weights
LIMIT = 4  # standard deviations of the difference between two seeds
SEEDS = 10  # from which the standard deviation is taken: from 3, one audit in three would fail by chance
WHY = {
    "data": "the images that its recipe gives here are others",
    "training_version": "networks are fitted by other code now",
    "model": "the Keras here describes its layers otherwise",
    "compile": "the Keras here describes its optimizer or loss otherwise",
}


class AuditError(ValueError):
    """There is nothing to audit, or it cannot be done here; the message says why."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A stored training, and the same as it was made from its spec."""

    entry: store.Entry
    training: training.Training
    step: engine.Step

    @property
    def name(self):
        return self.entry.folder.name


def stored_trainings() -> list[str]:
    """The names of all stored trainings, published or not."""
    places = (paths.PUBLISHED, paths.UNFINISHED, paths.LOCAL)
    return sorted({folder.name for place in places for folder in place.glob("train-*") if NAME.fullmatch(folder.name)})


def named(beginning) -> str:
    """The one stored training whose name begins like this. Raises AuditError."""
    found = [name for name in stored_trainings() if name.startswith(beginning)]
    if not found:
        raise AuditError(f"no stored training begins with {beginning!r}: expected the name of a folder train-… in the store.")
    if len(found) > 1:
        raise AuditError(f"{len(found)} stored trainings begin with {beginning!r}, the first is {found[0]}: write more of it.")
    return found[0]


def case(name) -> Case:
    """A stored training, made from its spec. Raises AuditError, and DataError if EMNIST is not on this machine."""
    if (entry := store.entry(name)) is None:
        raise AuditError("its entry is damaged")
    spec = entry.spec
    network = {part: spec.get(part) for part in ("model", "compile")}
    if any(own_code.foreign(network)) or "given_weights" in spec:
        raise AuditError("its network has code or weights of its own, which its spec does not hold")
    options = [field.name for field in dataclasses.fields(training.Training) if field.kw_only]
    given = {option: spec[option] for option in options if option in spec}
    given |= {"name": NAME.fullmatch(name)[1], "teacher": _teacher(spec), "data": _images(entry)}
    try:
        made = training.Training(lambda hp: models.from_blueprint(network, seed=spec["seed"]), {}, **given)
        step = made.step()
    except Exception as error:  # Keras raises many kinds for a configuration that it does not know
        raise AuditError(f"Keras cannot build its network here ({idx.first_line(error)})") from error
    others = [part for part in sorted(spec.keys() | step.spec.keys()) if _text(spec.get(part)) != _text(step.spec.get(part))]
    if others:
        raise AuditError("; ".join(WHY.get(part, f"its {part} would be another") for part in others))
    return Case(entry, made, step)


def _teacher(spec):
    """The run of the teacher that a spec names, or None."""
    if (name := spec.get("teacher")) is None:
        return None
    if (entry := store.entry(name)) is None:
        raise AuditError(f"its teacher {name} is not in the store")
    run = {"entry": name} | {part: entry.spec[part] for part in ("members", "shifts") if part in entry.spec}
    try:
        models.model_paths(run)
    except FileNotFoundError as error:
        raise AuditError(f"its teacher cannot be asked: {error}") from error
    return run


def _images(entry):
    recipe = entry.recipe or _recipes().get(files.digest(entry.spec.get("data")))
    if recipe is None:
        raise AuditError("how its images were made is not stored")
    try:
        return _rebuilt(json.dumps(recipe))
    except (ValueError, idx.DataError) as error:
        if isinstance(error, idx.DataError) and recipe[0][1].startswith("emnist-"):
            raise
        raise AuditError(f"its images are not here: {error}") from error


@functools.cache
def _rebuilt(recipe):
    return loading.rebuild(json.loads(recipe))


def _recipes():
    return json.loads(RECIPES.read_text(encoding="utf-8")) if RECIPES.exists() else {}


def draw(number, seed) -> list[Case]:
    """So many stored trainings, drawn at random; those that cannot be audited are named, and others drawn. Raises AuditError."""
    names, cases = stored_trainings(), []
    print(f"Drawn from {len(names)} stored trainings with --seed {seed}")
    for name in random.Random(seed).sample(names, len(names)):
        if len(cases) == number:
            break
        try:
            cases.append(case(name))
        except AuditError as error:
            print(f"{name} cannot be audited: {error}.")
    if not cases:
        raise AuditError("there is no stored training that could be audited: `make book` trains some.")
    return cases


def train_again(steps) -> list[dict]:
    """Results and environments of the steps of some trainings, computed anew; nothing is stored."""
    minutes = math.ceil(sum(step.task.cost for step in steps) / 60)
    print(f"Trainings: {len(steps)}, about {minutes} min on one core", flush=True)
    return engine.compute([engine.Task(step.task.title, _fit, step.task.arguments, step.task.cost) for step in steps])


def _fit(**arguments):
    with tempfile.TemporaryDirectory() as folder:
        result = training.fit_and_measure(**arguments, folder=Path(folder))
    return {"result": result, "environment": machine.environment()}


def audit(cases) -> bool:
    """Train again, compare, and say what was found; whether all of it is as it must be."""
    results = train_again([one.step for one in cases])
    return all([_judged(one, again) for one, again in zip(cases, results, strict=True)])


def _judged(one, again):
    table = pd.DataFrame({"stored": one.entry.result["validation"], "again": again["result"]["validation"]})
    other = "; ".join(differences(one.entry, again))
    good = is_equal(one.entry, again)
    if good:
        verdict = f"equal to the bit, although {other}" if other else "equal to the bit"
    elif not other:
        verdict = "DIFFERENT, although processor, threads and software are the same"
    else:
        table["difference"] = (table["again"] - table["stored"]).abs()
        table["allowed"] = pd.Series(allowed(answers_of_other_seeds(one)))
        good = bool((table["difference"] <= table["allowed"]).all())
        verdict = f"{'within' if good else 'OUTSIDE'} the spread of the seeds; not to the bit, for {other}"
    print(f"\n{one.name}: {verdict}\n{table.to_string(float_format='{:.8f}'.format)}\n")
    return good


def is_equal(entry, again) -> bool:
    """Whether metrics and history are those of the entry, to the bit."""
    return all(_text(entry.result[part]) == _text(again["result"][part]) for part in ("validation", "history"))


def differences(entry, again) -> list[str]:
    """Why the bits may be others than when an entry was trained; nothing if they must be the same."""
    then, now = entry.environment, again["environment"]
    found = [f"{name} was {then.get(name)} and is {now[name]}" for name in MUST_AGREE if then.get(name) != now[name]]
    if "workers" not in then:  # its first weights may have been drawn in the order of a builder, which no spec tells
        found.append("it was trained by older code")
    return found


def allowed(answers) -> dict[str, float]:
    """How far two trainings may be apart that differ by chance only, by metric, from the metrics of some seeds."""
    return {metric: LIMIT * math.sqrt(2) * statistics.stdev(found[metric] for found in answers) for metric in answers[0]}


def answers_of_other_seeds(one) -> list[dict[str, float]]:
    """The metrics of a training from at least `SEEDS` other seeds: stored ones, and as many more as are missing."""
    stored = _other_seeds(one.entry)
    free = (seed for seed in itertools.count(one.training.seed + 1) if seed not in stored)
    fresh = [next(free) for _ in range(SEEDS - len(stored))]
    print(f"{one.name} has other bits; how far seeds are apart is taken from {len(stored)} stored ones and {len(fresh)} more.")
    trained = train_again([dataclasses.replace(one.training, seed=seed).step() for seed in fresh]) if fresh else []
    return [*stored.values(), *(again["result"]["validation"] for again in trained)]


def _other_seeds(entry):
    """The stored metrics of the same training from other seeds, by seed."""
    title, same = NAME.fullmatch(entry.folder.name)[1], _text(entry.spec | {"seed": None})
    names = [name for name in stored_trainings() if NAME.fullmatch(name)[1] == title and name != entry.folder.name]
    found = filter(None, map(store.entry, names))
    return {other.spec["seed"]: other.result["validation"] for other in found if _text(other.spec | {"seed": None}) == same}


def _text(value):
    return json.dumps(value, sort_keys=True)


def main(arguments=None) -> int:
    """Run the command line; returns the exit status: 0 all as it must be, 1 not so or not possible, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="audit", description="Train stored steps again from their spec alone, and compare.")
    parser.add_argument("--number", type=int, default=3, help="trainings that are drawn at random")
    parser.add_argument("--seed", type=int, help="of the draw; a new one each time if there is none")
    parser.add_argument("--step", help="name of a stored training, or a beginning that no other has")
    options = parser.parse_args(arguments)
    if options.number < 1:
        parser.error(f"--number {options.number}: expected at least 1.")
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    try:
        cases = [_named_case(options.step)] if options.step else draw(options.number, seed)
        return 0 if audit(cases) else 1
    except KeyboardInterrupt:
        engine.close()
        print("Interrupted; nothing was changed.", file=sys.stderr)
        return 130
    except (AuditError, idx.DataError, engine.EngineError, FloatingPointError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


def _named_case(beginning):
    name = named(beginning)
    try:
        return case(name)
    except AuditError as error:
        raise AuditError(f"{name} cannot be audited: {error}.") from error


if __name__ == "__main__":
    sys.exit(main())
