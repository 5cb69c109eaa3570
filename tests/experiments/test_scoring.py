"""Scores on the test images."""

import numpy as np
import pytest
from tiny import train

from sixtytwo.base import store
from sixtytwo.data import loading
from sixtytwo.experiments import metrics, models, scoring
from sixtytwo.findings import calibration

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


def test_a_temperature_changes_how_sure_the_answers_are_and_not_the_answers(data):
    run = train(data)
    plain, scaled = scoring.score(run, "synthetic", 200)["metrics"], scoring.score_scaled(run, "synthetic", 200, 0.5)
    assert scaled["accuracy"] == plain["accuracy"] and scaled["log_loss"] != pytest.approx(plain["log_loss"], abs=1e-3)
    assert scoring.score_scaled(run, "synthetic", 200, 1.0)["log_loss"] == pytest.approx(plain["log_loss"], rel=1e-4)
    probabilities = models.predict(models.load_model(run), loading.load_test("synthetic", 200)[0])
    sharper = calibration.temperature_scaled(probabilities, 0.5)
    assert scaled["ece"] == pytest.approx(metrics.expected_calibration_error(loading.load_test("synthetic", 200)[1], sharper))
