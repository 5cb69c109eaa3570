"""The audit: a stored training is made again from its spec alone, and any other result is noticed."""

import json

import keras
import numpy as np
import pytest
import tiny
from conftest import ROOT
from keras import layers

from sixtytwo.base import files, paths, store
from sixtytwo.data import emnist, loading
from sixtytwo.experiments import audit, engine, training

pytestmark = pytest.mark.usefixtures("own_store", "one_core")


def residual(hp):
    """A network whose layers are made in another order than Keras lists them."""
    inputs = keras.Input((28, 28, 1), name="input")
    stem = layers.MaxPooling2D(4, name="stem")(inputs)
    side = layers.Conv2D(4, 3, padding="same", name="side")(stem)
    main = layers.Conv2D(8, 3, padding="same", activation="relu", name="main1")(stem)
    main = layers.Conv2D(4, 3, padding="same", name="main2")(main)
    x = layers.Flatten(name="flatten")(layers.Add(name="add")([side, main]))
    x = layers.Dropout(0.3, name="dropout")(x)
    model = keras.Model(inputs, layers.Dense(62, "softmax", name="output")(x), name="residual")
    rate = keras.optimizers.schedules.CosineDecay(1e-4, 20, warmup_target=1e-2, warmup_steps=5)
    model.compile(keras.optimizers.AdamW(rate), keras.losses.CategoricalCrossentropy(label_smoothing=0.1), metrics=["accuracy"])
    return model


@keras.saving.register_keras_serializable("tests")
class Own(keras.layers.Dense):
    """A layer whose code no spec holds."""


def own(hp):
    model = keras.Sequential([keras.Input((784,)), Own(62, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """The entry of a training by the engine, in a store that no test uses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "LOCAL", tmp_path_factory.mktemp("store"))
        patch.setattr(engine, "local_workers", lambda: 1)
        return store.entry(tiny.train(data.first(300), keep="metrics")["entry"])


def stored(entry, *, seed=None, result=None, validation=(), environment=(), **spec) -> str:
    """Store an entry like another, with changes; its name."""
    spec = entry.spec | {"seed": entry.spec["seed"] if seed is None else seed} | spec
    result = entry.result | {"validation": entry.result["validation"] | dict(validation)}
    made = entry.environment | dict(environment)
    return store.cached(
        f"train-tiny-seed{spec['seed']}", spec, lambda folder: result, made=made, recipe=entry.recipe
    ).folder.name


def audited(*arguments):
    return audit.main([*map(str, arguments)])


@pytest.mark.parametrize(
    ("build", "values", "options"),
    [
        (tiny.build, tiny.VALUES, {"class_weight": np.linspace(0.5, 2, 62).tolist()}),
        (residual, {}, {"augmentation": {"shift": 2, "rotation": 5}, "clean_epochs": 1, "mixed_precision": True}),
    ],
    ids=["mlp", "residual"],
)
def test_what_the_engine_trained_is_trained_again_to_the_bit(data, capsys, build, values, options):
    run = training.train(
        training.Training(build, values, data.first(300).transposed(), name="any", seed=3, epochs=2, **options)
    )
    assert audited("--step", run["entry"]) == 0
    assert f"{run['entry']}: equal to the bit\n" in capsys.readouterr().out


def test_a_student_is_taught_again_by_its_stored_teacher(data, capsys):
    few = data.first(200)
    members = training.train([training.Training(residual, {}, few, name="any", seed=seed, epochs=1) for seed in (0, 1)])
    teacher = training.ensemble(members, few, name="both", shifts=((0, 0), (0, 1)))
    student = training.train(training.Training(residual, {}, few, name="student", seed=0, epochs=1, teacher=teacher))
    assert audited("--step", "train-student") == 0
    assert f"{student['entry']}: equal to the bit\n" in capsys.readouterr().out
    store.drop(paths.LOCAL / members[1]["entry"], "model.keras")
    assert "cannot be audited: its teacher cannot be asked" in refusal("train-student", capsys)


def test_another_result_is_noticed(trained, capsys):
    history = trained.result["history"]
    changed = history | {"loss": [history["loss"][0], np.nextafter(history["loss"][1], 9)]}
    name = store.cached(
        "train-tiny-seed0",
        trained.spec,
        lambda folder: trained.result | {"history": changed},
        made=trained.environment,
        recipe=trained.recipe,
    ).folder.name
    assert audited("--step", name) == 1
    assert f"{name}: DIFFERENT, although processor, threads and software are the same" in capsys.readouterr().out


@pytest.mark.parametrize(("further", "status", "says"), [(0.001, 0, "within"), (0.3, 1, "OUTSIDE")])
def test_on_another_processor_the_spread_of_stored_seeds_decides(trained, capsys, further, status, says):
    measured = trained.result["validation"]
    name = stored(trained, validation={"accuracy": measured["accuracy"] + further}, environment={"cpu": "another"})
    for seed in range(1, 11):
        stored(trained, seed=seed, validation={metric: value + 0.01 * seed for metric, value in measured.items()})
    stored(trained, seed=11, validation={"accuracy": 9.0}, epochs=3)  # another training
    assert audited("--step", name) == status
    printed = capsys.readouterr().out
    assert "taken from 10 stored ones and 0 more" in printed
    assert f"{name}: {says} the spread of the seeds; not to the bit, for cpu was another and is " in printed


@pytest.mark.parametrize("name", ["upright", "transposed", "shuffled"])
def test_another_seed_is_rarely_outside_the_spread(name):
    paths_of = ROOT.glob(f"book/reference/store/train-mlp-{name}-seed*/entry.json")
    answers = [json.loads(path.read_text(encoding="utf-8"))["result"]["validation"] for path in sorted(paths_of)]
    rng, failed = np.random.default_rng(0), 0
    for _ in range(500):
        one, other, *seeds = (answers[i] for i in rng.permutation(len(answers))[: audit.SEEDS + 2])
        failed += any(abs(one[metric] - other[metric]) > most for metric, most in audit.allowed(seeds).items())
    assert failed / 500 < 0.06


def test_seeds_that_are_missing_are_trained(trained, capsys, monkeypatch):
    monkeypatch.setattr(audit, "SEEDS", 3)
    name = stored(trained, validation={"accuracy": 0.9}, environment={"keras": "3.0"})
    stored(trained, seed=2)
    assert audited("--step", name) == 1
    assert "taken from 1 stored ones and 2 more" in capsys.readouterr().out


def test_same_bits_are_good_wherever_they_came_from(trained, capsys):
    name = stored(trained, environment={"cpu": "another"})
    assert audited("--step", name) == 0
    assert f"{name}: equal to the bit, although cpu was another and is " in capsys.readouterr().out


def test_the_draw_can_be_repeated_and_leaves_out_what_cannot_be_audited(trained, capsys):
    for seed in range(6):
        stored(trained, seed=seed)
    stored(trained, training_version=1)
    drawn = [[one.name for one in audit.draw(3, seed)] for seed in (5, 5, 6)]
    assert drawn[0] == drawn[1] != drawn[2] and len(set(drawn[0])) == 3
    capsys.readouterr()
    assert len(audit.draw(10, 0)) == 6
    assert "cannot be audited: networks are fitted by other code now." in capsys.readouterr().out


def refusal(name, capsys):
    assert audited("--step", name) == 1
    [line] = capsys.readouterr().err.splitlines()
    return line


def test_code_of_its_own_cannot_be_audited(data, capsys):
    run = training.train(training.Training(own, {}, data.first(100), name="own", seed=0, epochs=1))
    assert refusal(run["entry"], capsys).endswith("its network has code or weights of its own, which its spec does not hold.")


def test_images_are_those_that_the_spec_names(trained, capsys):
    other = stored(trained, data=trained.spec["data"] | {"x_train": "0" * 64})
    assert refusal(other, capsys).endswith("the images that its recipe gives here are others.")


def test_images_without_a_recipe_cannot_be_made(trained, capsys):
    name = store.cached("train-tiny-seed0", trained.spec, lambda folder: trained.result).folder.name
    assert refusal(name, capsys).endswith("how its images were made is not stored.")


def test_without_emnist_one_sentence_says_so(trained, capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("EMNIST_DIR", raising=False)
    monkeypatch.setattr(emnist, "find", lambda: None)
    store.cached("train-tiny-seed0", trained.spec, lambda folder: {}, recipe=[["load_train", "emnist-byclass", 1000]])
    assert audited("--number", 1) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "make data" in line


def test_a_step_is_named_by_the_beginning_of_its_name(trained, capsys):
    names = [stored(trained, seed=seed) for seed in (0, 1)]
    assert audit.named("train-tiny-seed1") == names[1] == audit.named(names[1])
    assert "2 stored trainings begin with 'train-tiny'" in refusal("train-tiny", capsys)
    assert "no stored training begins with 'search'" in refusal("search", capsys)


def test_an_empty_store_cannot_be_audited(capsys):
    assert audited() == 1
    assert "no stored training that could be audited" in capsys.readouterr().err


def test_interrupted(trained, capsys, monkeypatch):
    def interrupted(tasks):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "compute", interrupted)
    assert audited("--step", stored(trained)) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_images_of_every_published_training_can_be_made():
    known = json.loads(audit.RECIPES.read_text(encoding="utf-8"))
    entries = [json.loads(path.read_text(encoding="utf-8")) for path in ROOT.glob("book/reference/store/train-*/entry.json")]
    assert entries and all("recipe" in entry or files.digest(entry["spec"]["data"]) in known for entry in entries)


def test_recipes_give_the_images_of_their_digests(real_emnist):
    recipes = json.loads(audit.RECIPES.read_text(encoding="utf-8"))
    assert {digest: files.digest(loading.rebuild(recipe).digest()) for digest, recipe in recipes.items()} == {
        digest: digest for digest in recipes
    }


@pytest.mark.slow
def test_every_published_training_can_be_audited(real_emnist, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "PUBLISHED", ROOT / "book" / "reference" / "store")
    names = audit.stored_trainings()
    assert names and [audit.case(name).name for name in names] == names
