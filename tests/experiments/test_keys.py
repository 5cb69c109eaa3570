"""Keys of stored steps: what changes them, what does not, and that those of the published run stay as they are."""

import dataclasses
import inspect
import itertools

import keras
import keras_tuner
import pandas as pd
import pytest
from published_images import images_of
from tiny import VALUES, build, planned

from sixtytwo.base import files, paths, store
from sixtytwo.data import synthetic
from sixtytwo.experiments import engine, keys, networks, records, replay, scoring, training, tuning

PUBLISHED = paths.PUBLISHED


class Asked(Exception):
    """The store was asked for steps."""


@pytest.fixture
def step_of(monkeypatch):
    """A function that gives the folder names of the first steps that a call asks for together, and computes nothing."""

    def cached(name, spec, compute):
        raise Asked(store.folder_name(name, spec))

    def steps(wanted, failures="raise"):
        raise Asked(" ".join(store.folder_name(step.name, step.spec) for step in wanted))

    def step_of(function, *args, **kwargs):
        with pytest.raises(Asked) as asked, monkeypatch.context() as patch:
            patch.setattr(store, "cached", cached)
            patch.setattr(engine, "steps", steps)
            function(*args, **kwargs)
        return str(asked.value)

    return step_of


def other_build(hp):
    model = build(hp)
    model.compile(keras.optimizers.SGD(hp.get("learning_rate")), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def of_other_images(data):
    return dataclasses.replace(data, x_validation=data.x_validation[::-1])


def run_named(entry):
    return {"entry": entry, "seed": 0, "train_seconds": 1.0, "cpu_minutes": 1.0}


def table_of(score):
    return pd.DataFrame({"units": [4, 8], "history": [[0.1, 0.2], [0.1, score]]})


def train(**how):
    return training.train(training.Training(**how))


TRAIN = {
    "build": (build, other_build),
    "values": (VALUES, VALUES | {"units": 8}),
    "name": ("tiny", "other"),
    "seed": (0, 1),
    "epochs": (2, 3),
    "batch_size": (64, 32),
    "augmentation": (None, {"shift": 1.0}),
    "clean_epochs": (0, 1),
    "class_weight": (None, [1.0] * 62),
    "mixed_precision": (False, True),
    "same_order": (False, True),
    "teacher": (None, run_named("train-teacher-seed0-0123456789abcdef")),
    "keep": ("model", "metrics"),
}
SEARCH = {name: TRAIN[name] for name in ("build", "name", "seed", "epochs", "batch_size", "mixed_precision")} | {
    "max_trials": (3, 4),  # this one and the tuner choose which points are trained
    "rows": (300, 200),
    "tuner": (keras_tuner.RandomSearch, keras_tuner.BayesianOptimization),
}
GRID = {name: TRAIN[name] for name in ("build", "name", "seed", "epochs", "batch_size")} | {
    "space": ({"units": [4], "learning_rate": [0.01]}, {"units": [8], "learning_rate": [0.01]}),
    "rows": (300, 200),
}
ENSEMBLE = {
    "runs": ([run_named("one"), run_named("two")], [run_named("one")]),
    "name": ("both", "other"),
    "shifts": ([(0, 0)], [(0, 0), (0, 1)]),
}
REPLAY = {
    "table": (table_of(0.2), table_of(0.3)),
    "space": ({"units": [4, 8]}, {"units": [8, 4]}),
    "name": ("tiny", "other"),
    "trials": (3, 4),
    "seeds": (2, 3),
}
FUNCTIONS = [
    (train, inspect.signature(training.Training).parameters.keys() - {"title"}, TRAIN),
    *(
        (function, inspect.signature(function).parameters, arguments)
        for function, arguments in (
            (tuning.search, SEARCH),
            (tuning.grid, GRID),
            (training.ensemble, ENSEMBLE),
            (replay.replay, REPLAY),
        )
    ),
]


@pytest.mark.parametrize(("function", "named", "arguments"), FUNCTIONS, ids=[function.__name__ for function, *_ in FUNCTIONS])
@pytest.mark.usefixtures("own_store", "one_core")
def test_each_argument_is_part_of_the_key(function, named, arguments, data, step_of):
    pairs = arguments | ({} if function is replay.replay else {"data": (data, of_other_images(data))})
    assert set(pairs) == set(named), "an argument without a pair of values here"
    usual = {name: value for name, (value, _) in pairs.items()}
    changed = [usual | {name: value} for name, (_, value) in pairs.items()]
    steps = [step_of(function, **call) for call in (usual, *changed)]
    assert len(set(steps)) == len(steps)


@pytest.mark.usefixtures("own_store")
def test_what_is_only_shown_is_not_part_of_the_key(data, step_of):
    renamed = dataclasses.replace(data, name="other", class_names=tuple(reversed(data.class_names)))
    reordered = dict(reversed(VALUES.items()))
    remade = dataclasses.replace(data, recipe=None)
    usual = step_of(training.train, planned(data))
    for same in (planned(renamed), planned(data, reordered), planned(remade), planned(data, title="Tiny")):
        assert step_of(training.train, same) == usual


@pytest.mark.usefixtures("own_store")
def test_scores_depend_on_the_weights_the_images_and_the_views(step_of, monkeypatch):
    def trained(weights):
        def compute(folder):
            (folder / "model.keras").write_text(weights)
            return {}

        return {"entry": store.cached("train-tiny-seed0", {"weights": weights}, compute).folder.name}

    one, other = trained("one"), trained("other")
    together = {"entry": "ensemble-tiny-0123456789abcdef", "members": [one["entry"], other["entry"]], "shifts": [[0, 0]]}
    calls = [(one, "synthetic", 200), (other, "synthetic", 200), (one, "emnist-byclass", 200), (one, "synthetic", 100)]
    calls += [(together, "synthetic", 200), (together | {"shifts": [[0, 1]]}, "synthetic", 200)]
    steps = [step_of(scoring.score, *call) for call in calls]
    monkeypatch.setattr(synthetic, "VERSION", synthetic.VERSION + 1)
    steps.append(step_of(scoring.score, *calls[0]))
    assert len(set(steps)) == len(steps)


@pytest.mark.parametrize("kind", keys.KINDS)
def test_a_raised_version_changes_the_keys_of_its_kind_and_that_of_training_those_that_train(kind, monkeypatch):
    before = keys.version(kind)
    with monkeypatch.context() as patch:
        patch.setitem(keys.KINDS, kind, keys.KINDS[kind]._replace(version=keys.KINDS[kind].version + 1))
        assert keys.version(kind) != before
    monkeypatch.setattr(keys, "TRAINING", keys.TRAINING + 1)
    assert (keys.version(kind) != before) == keys.KINDS[kind].trains


def test_a_fact_that_stored_steps_do_not_name_is_named_where_it_differs():
    assert keys.unless(batch_size=(64, 64), layers=(["add"], ["input"])) == {"layers": ["add"]}


def spec_of(folder):
    return store.entry(folder.name).spec


def published(pattern):
    """The folders of steps of the published run; at least one."""
    found = sorted(PUBLISHED.glob(pattern))
    assert found
    return found


KIND_OF = {
    "train": "training",
    "test": "scoring",
    "scaled": "scoring",
    "raw": "classical",
    "label": "label_noise",
    "time": "timing",
}


def test_published_steps_name_the_versions_that_keys_says():
    for folder in published("*-*"):
        first = folder.name.split("-")[0]
        spec = spec_of(folder)
        named = {name: spec[name] for name in ("version", "training_version") if name in spec}
        assert named == keys.version(KIND_OF.get(first, first)), folder.name
        assert folder.name.endswith(files.digest(spec)[:16])


def test_the_papers_mlp_is_found_in_the_published_run(step_of):
    def paper(hp):
        model = networks.mlp(62)
        model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    [folder] = published("train-mlp-seed0-*")
    wanted = training.Training(paper, {}, images_of(spec_of(folder)), name="mlp", seed=0, epochs=10)
    assert step_of(training.train, wanted) == folder.name


def test_trainings_and_scores_of_all_recorded_models_are_found_in_the_published_run(step_of):
    recorded = records.load_records(paths.REFERENCE)
    for key, record in recorded.items():
        run = record["runs"][0]
        score = step_of(scoring.score, run, "emnist-byclass", 20_000)
        assert (PUBLISHED / score).is_dir()
        if record["compile"] is None:
            continue
        how = {"teacher": recorded["modern_ensemble"]["runs"][0]} if key == "modern_small" else {}
        data = images_of(spec_of(PUBLISHED / run["entry"]))
        how |= run["training"] | {"name": key, "seed": run["seed"]}
        assert step_of(train, build=records.rebuild(record), values={}, data=data, **how) == run["entry"]


def test_ensembles_and_replays_are_found_in_the_published_run(step_of):
    for folder in published("ensemble-*"):
        spec = spec_of(folder)
        runs = [run_named(entry) for entry in spec["members"]]
        name = folder.name.split("-")[1]
        assert step_of(training.ensemble, runs, images_of(spec), name=name, shifts=spec["shifts"]) == folder.name
    for folder in published("replay-*-RandomSearchOracle-*"):
        spec = spec_of(folder)
        curves = {tuple(point): curve for point, curve in spec["curves"]}
        points = [dict(zip(spec["space"], point, strict=True)) for point in itertools.product(*spec["space"].values())]
        table = pd.DataFrame([point | {"history": curves[tuple(map(str, point.values()))]} for point in points])
        limits = {"trials": spec["trials"], "seeds": len(spec["seeds"])}
        assert step_of(replay.replay, table, spec["space"], name=folder.name.split("-")[1], **limits) == folder.name
