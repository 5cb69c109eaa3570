"""Nearest neighbours and a support vector machine on raw pixels."""

import json

import numpy as np
import pytest
from published_images import images_of

from sixtytwo.base import paths
from sixtytwo.experiments import classical

pytestmark = pytest.mark.usefixtures("one_core")


def test_both_learn_from_the_first_rows(data, own_store):
    found = classical.classical_baselines(data, 600)
    largest_class = np.bincount(data.y_validation).max() / len(data.y_validation)
    assert set(found) == {"neighbours", "machine"} and all(largest_class < accuracy <= 1 for accuracy in found.values())


def test_what_was_stored_is_found_and_other_rows_are_another_step(data, own_store):
    first = classical.classical_baselines(data, 300)
    assert classical.classical_baselines(data, 300) == first
    classical.classical_baselines(data, 450)
    assert len(list(paths.LOCAL.glob("raw-pixels-*"))) == 2


def test_the_published_step_is_found(monkeypatch):
    """With the digests of the published images, without the images themselves."""
    (published,) = paths.PUBLISHED.glob("raw-pixels-*/entry.json")
    entry = json.loads(published.read_text(encoding="utf-8"))
    assert classical.classical_baselines(images_of(entry["spec"]), entry["spec"]["rows"]) == entry["result"]
