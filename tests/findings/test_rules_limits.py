"""The rules of chapter 07 on made-up facts."""

import numpy as np
import pandas as pd
import pytest
from rule_cases import each

from sixtytwo.findings import rules

PLAIN = (0.86, 0.71)
REMEDIED = {"logit adjustment": (0.79, 0.75), "class weights": (0.78, 0.75), "balanced sampling": (0.8, 0.74)}
SCATTER = np.array([-0.001, 0.0, 0.001])  # of three seeds
TITLES = {"cnn": "CNN", "residual_cnn": "T", "residual_cnn_x": "X"}


def merging(accuracy):
    return pd.DataFrame({"cases merged": {"cnn": accuracy, "mlp": 0.8}})


def overfitting(slope, later, wider):
    """What C62 asks for: slope of the CNN's loss, the same in a longer training, its gap minus the residual CNN's."""
    gaps = {"mlp": 0.02 + SCATTER, "cnn": 0.01 + wider + SCATTER[::-1], "residual_cnn": 0.01 + SCATTER[::-1]}
    return {"gaps": gaps, "slopes": {"cnn": slope + SCATTER}, "slopes_later": {"cnn": later + SCATTER}}


def generalising(slope, slope_x, wider, wider_x):
    """What C63 asks for: slopes of the losses of T and X, and how much larger than the CNN's their gaps are."""
    gaps = {"cnn": 0.01 + SCATTER, "residual_cnn": 0.01 + wider + SCATTER, "residual_cnn_x": 0.01 + wider_x + SCATTER}
    slopes = {"residual_cnn": slope + SCATTER, "residual_cnn_x": slope_x + SCATTER}
    return {"gaps": gaps, "slopes": slopes, "titles": TITLES}


CASES = {
    "R37": [
        ("reproduced", {"as_it_is": PLAIN, "remedied": REMEDIED}),
        ("not reproduced", {"as_it_is": PLAIN, "remedied": REMEDIED | {"class weights": (np.nan, np.nan)}}),
        ("not reproduced", {"as_it_is": PLAIN, "remedied": {"logit adjustment": PLAIN}}),
        ("not reproduced", {"as_it_is": PLAIN, "remedied": {}}),
    ],
    "R41": [("partly", {"merging": merging(0.89)}), ("not reproduced", {"merging": merging(np.nan)})],
    "C62": [
        ("reproduced", overfitting(slope=0.01, later=0.01, wider=0.01 + SCATTER / 2)),
        ("partly", overfitting(slope=0.01, later=0.01, wider=0 * SCATTER)),
        ("partly", overfitting(slope=-0.01, later=-0.01, wider=0.01 + SCATTER / 2)),
        ("partly", overfitting(slope=-0.01, later=0.01, wider=-0.01 + SCATTER / 2)),
        ("not reproduced", overfitting(slope=-0.01, later=-0.01, wider=-0.01 + SCATTER / 2)),
        ("not reproduced", overfitting(slope=0.0005, later=0.0005, wider=SCATTER / 2)),  # intervals that hold 0
    ],
    "C63": [
        ("reproduced", generalising(-0.01, -0.01, SCATTER / 2, SCATTER / 2)),
        ("partly", generalising(-0.01, 0.01, SCATTER / 2, SCATTER / 2)),
        ("partly", generalising(-0.01, -0.01, SCATTER / 2, 0.01 + SCATTER / 2)),
        ("partly", generalising(0.01, 0.01, 0.004 + SCATTER / 2, SCATTER / 2)),  # the interval passes half a point
        ("not reproduced", generalising(0.01, 0.01, 0.01 + SCATTER / 2, 0.004 + SCATTER / 2)),
    ],
}


@each(CASES)
def test_rule(rule, facts, word):
    assert rule.decide(**facts).word == word


def decided(name, facts):
    return rules.every_rule()[name].decide(**facts)


def test_interval_of_overfitting_is_that_of_the_slope():
    found = decided("C62", overfitting(slope=-0.01, later=0.01, wider=0 * SCATTER))
    half = 4.3027 * 0.001 / np.sqrt(3)  # Student's t with two degrees of freedom
    assert found.interval == pytest.approx((-0.01 - half, -0.01 + half), rel=1e-4)
    assert found.ours.startswith("CNN: slope -0.0100, in longer training +0.0100; gap 1.0 points, MLP 2.0, residual CNN 1.0")


def test_findings_have_the_numbers():
    assert decided("R37", CASES["R37"][0][1]).ours == (
        "CNN: balanced accuracy 0.710 as it is, 0.750 with the dial at 1 (accuracy 0.860, 0.790; all seeds)"
    )
    assert decided("R41", {"merging": merging(0.894)}).ours == "CNN, cases merged: 0.894"
    found = decided("C63", generalising(-0.01, 0.01, -0.002 + SCATTER, SCATTER)).ours
    assert found.startswith("gap against the CNN's: T -0.2 (") and found.endswith("the validation loss falls: 1 of 2")
