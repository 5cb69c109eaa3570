"""Scores on the test images."""

import numpy as np
import pytest
from tiny import train

from sixtytwo.base import store
from sixtytwo.data import loading
from sixtytwo.experiments import models, scoring

pytestmark = pytest.mark.usefixtures("own_store")


def test_scores_are_kept_so_that_images_and_weights_are_needed_once(data, monkeypatch):
    run = train(data)
    first = scoring.score(run, "synthetic", 200)
    monkeypatch.setattr(loading, "load_test", lambda *a: pytest.fail("loaded the test images again"))
    store.drop(store.entry(run["entry"]).folder, "model.keras")
    again = scoring.score(run, "synthetic", 200)
    assert first["metrics"] == again["metrics"] and np.array_equal(first["predicted"], again["predicted"])
    assert first["metrics"]["accuracy"] == pytest.approx((first["predicted"] == first["labels"]).mean())
    with pytest.raises(FileNotFoundError, match="RERUN=1"):
        models.load_model(run)
