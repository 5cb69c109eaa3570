"""The sizes that verdicts need are those of the published run, and a chapter of any other size decides nothing."""

import pytest
import yaml
from conftest import ROOT

from sixtytwo.findings import budget, paper

PROFILE = yaml.safe_load((ROOT / "notebooks" / "profiles" / "paper.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", budget.FULL_RUN)
def test_sizes_of_the_full_run_are_those_of_its_profile(name):
    assert budget.FULL_RUN[name] == PROFILE[name]


def test_a_full_run_has_every_size_and_several_seeds():
    sizes = {"n_train": 100_000, "grid_rows": 20_000, "study_seeds": [0, 1]}
    assert budget.is_full_run(**sizes)
    for change in ({"n_train": 20_000}, {"grid_rows": 5_000}, {"study_seeds": [0]}):
        assert not budget.is_full_run(**sizes | change)
    with pytest.raises(KeyError, match="rows"):
        budget.is_full_run(n_train=20_000, rows=1)


def record(n_train=90_000, epochs=(10, 10)):
    runs = [{"training": {"epochs": n}} for n in epochs]
    return {"data": {"n_train": n_train, "n_validation": 10_000}, "runs": runs}


FULL = {key: record() for key in paper.NETWORKS}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"modern_cnn": record(epochs=(18,))}, True),  # not one of the paper's networks
        ({"cnn": record(n_train=18_000)}, False),
        ({"cnn": record(epochs=(10, 5))}, False),
        ({"cnn": record(epochs=(10,))}, False),
    ],
)
def test_records_are_full_if_all_networks_of_the_paper_were_trained_as_in_the_full_run(changes, expected):
    assert budget.are_full_records(FULL | changes) is expected


def test_records_without_a_network_of_the_paper_are_not_full():
    assert not budget.are_full_records({key: FULL[key] for key in paper.TABLE_5})


def test_texts_name_the_sizes():
    assert budget.short_training("search") == "30,000 images, 5 epochs"
    assert budget.full_training() == "90,000 images, 10 epochs"
    assert budget.in_words(budget.TIMED_EPOCHS) == "six"
