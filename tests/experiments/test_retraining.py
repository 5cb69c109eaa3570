"""Studies that train a recorded network again: remedies for rare classes, fewer images, images that it knows."""

import dataclasses

import numpy as np
import pytest
from tiny_record import recorded

from sixtytwo.experiments import answers, learning_curve, models, rebalancing, training

pytestmark = pytest.mark.usefixtures("one_core")


@pytest.fixture(scope="module")
def record(data, tmp_path_factory):
    with recorded(data, tmp_path_factory.mktemp("store"), seeds=(0, 1)) as found:
        yield found


def test_rare_classes_weigh_more_but_not_without_limit():
    labels = np.repeat([0, 1, 2], [90, 9, 1])
    assert rebalancing.class_shares(labels, 4) == pytest.approx([0.9, 0.09, 0.01, 0.005])
    assert rebalancing.class_weights(labels, 4) == pytest.approx([1 / 3.6, 1 / 0.36, 10, 10])


@pytest.mark.parametrize(("remedy", "step"), [("class weights", "tiny-weights"), ("balanced sampling", "tiny-balanced")])
def test_each_remedy_trains_the_recorded_network_again(data, record, remedy, step):
    run = training.train(rebalancing.REMEDIES[remedy](record, data, 1))
    assert run["entry"].startswith(f"train-{step}-seed1-") and run["training"] == record["runs"][0]["training"]
    assert run["validation"]["accuracy"] != record["runs"][1]["validation"]["accuracy"]


def test_learning_curve_ends_with_the_recorded_runs(data, record):
    options = {"seeds": {"tiny": [0]}, "fewest_steps": 10}
    found = learning_curve.learning_curves({"tiny": record}, data, [100, 300, 5000], **options)["tiny"]
    assert list(found) == [100, 300, 900] and [len(errors) for errors in found.values()] == [1, 1, 2]
    assert found[900] == [1 - run["validation"]["accuracy"] for run in record["runs"]]


@pytest.fixture
def wanted(monkeypatch):
    """The trainings that are asked for, which are answered with an accuracy that their key, seed and size tell."""
    asked = []

    def train(wanted):
        asked.extend(training for part in wanted.values() for training in part)
        return {name: [{"validation": {"accuracy": told(training)}} for training in part] for name, part in wanted.items()}

    monkeypatch.setattr(training, "train", train)
    return asked


def told(training):
    """Below 0.5, and another number for each network, seed and number of images."""
    return training.name.startswith("tiny") / 4 + training.seed / 10 + len(training.data.x_train) / 10_000


def test_small_parts_are_trained_on_for_enough_steps(data, record, wanted):
    learning_curve.learning_curves({"tiny": record}, data, [64, 100, 640], seeds={"tiny": [0]}, fewest_steps=5)
    epochs = [(len(training.data.x_train), training.epochs) for training in wanted]
    assert epochs == [(64, 5), (100, 3), (640, 1)]  # batches of 64; recorded with one epoch


def test_each_network_is_trained_with_its_own_seeds(data, record, wanted):
    both, seeds = {"tiny": record, "other": record | {"key": "other"}}, {"tiny": [0, 1], "other": [2]}
    found = learning_curve.learning_curves(both, data, [100, 300], seeds=seeds, fewest_steps=1)
    for key, curve in found.items():
        errors = {n: [1 - (key == "tiny") / 4 - seed / 10 - n / 10_000 for seed in seeds[key]] for n in (100, 300)}
        assert {n: curve[n] for n in errors} == {n: pytest.approx(of) for n, of in errors.items()}
    assert len(wanted) == 6


def test_answers_are_those_of_every_run(data, record):
    found = answers.validation_answers(record, data)
    for run, p in zip(record["runs"], found, strict=True):
        assert p.shape == (100, 62) and np.mean(p.argmax(1) == data.y_validation) == run["validation"]["accuracy"]


@pytest.mark.parametrize(
    ("names", "message"),
    [(("a", "b"), "trained on the 62 classes of synthetic, and mine has 2"), (range(62), "and mine has others")],
)
def test_other_classes_are_refused(data, record, names, message):
    other = dataclasses.replace(data, dataset="mine", class_names=tuple(map(str, names)))
    with pytest.raises(ValueError, match=message):
        answers.validation_answers(record, other)


def test_gap_is_measured_on_images_that_the_network_was_trained_on(data, record):
    found = answers.training_gaps(record, data, answers.validation_answers(record, data))
    model = models.load_model(record["runs"][1])
    known, new = (
        np.mean(models.predict(model, x[:100]).argmax(1) == y[:100])
        for x, y in ((data.x_train, data.y_train), (data.x_validation, data.y_validation))
    )
    assert len(found) == 2 and found[1] == pytest.approx(known - new)


def test_images_that_were_for_validation_do_not_count_as_known(data, record):
    """Of fewer images, the first ones for training are what the recorded run validated on."""
    record = record | {"data": record["data"] | {"dataset": "emnist-byclass"}}
    fewer = dataclasses.replace(
        data,
        dataset="emnist-byclass",
        x_validation=data.x_validation[:40],
        y_validation=data.y_validation[:40],
        x_train=np.concatenate([data.x_validation[40:], data.x_train[:40]]),
        y_train=np.concatenate([data.y_validation[40:], data.y_train[:40]]),
    )
    found = answers.training_gaps(record, fewer, answers.validation_answers(record, fewer))
    known = models.predict(models.load_model(record["runs"][0]), data.x_train[:40]).argmax(1) == data.y_train[:40]
    new = answers.validation_answers(record, fewer)[0].argmax(1) == data.y_validation[:40]
    assert found[0] == pytest.approx(known.mean() - new.mean())
    for unknown in (fewer.first(60), dataclasses.replace(fewer, dataset="synthetic")):
        assert np.isnan(answers.training_gaps(record, unknown, answers.validation_answers(record, unknown))).all()
