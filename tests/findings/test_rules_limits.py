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


NARROWER, LEVEL, WIDER = -0.01 + SCATTER / 2, SCATTER / 2, 0.01 + SCATTER / 2  # differences of gaps
PERHAPS_WIDER = 0.004 + SCATTER / 2  # its interval passes half a point
RISES, FALLS, FLAT = 0.01, -0.01, 0.0005  # slopes: the interval of the last holds 0


def overfitting(slope, wider):
    """What C62 asks for: slope of the CNN's loss, and its gap minus the residual CNN's."""
    gaps = {"mlp": 0.02 + SCATTER, "cnn": 0.01 + wider + SCATTER[::-1], "residual_cnn": 0.01 + SCATTER[::-1]}
    return {"gaps": gaps, "slopes": {"cnn": slope + SCATTER}}


def generalising(slope, slope_x, wider, wider_x):
    """What C63 asks for: slopes of the losses of T and X, and how much larger than the CNN's their gaps are."""
    gaps = {"cnn": 0.01 + SCATTER, "residual_cnn": 0.01 + wider + SCATTER, "residual_cnn_x": 0.01 + wider_x + SCATTER}
    slopes = {"residual_cnn": slope + SCATTER, "residual_cnn_x": slope_x + SCATTER}
    return {"gaps": gaps, "slopes": slopes, "titles": TITLES}


RATIO_OF_SEEDS = np.exp([-0.1, 0.0, 0.1])


def fluctuating(t, x, loss_t=None, loss_x=None):
    """What C85 asks for: how many times as much as T and as X the CNN scatters, in accuracy and in loss."""

    def by_network(t, x):
        return {"cnn": 0.01 * RATIO_OF_SEEDS, "residual_cnn": np.full(3, 0.01 / t), "residual_cnn_x": np.full(3, 0.01 / x)}

    return {"scatter": {"accuracy": by_network(t, x), "loss": by_network(loss_t or t, loss_x or x)}}


def difference(mean):
    return {"mean": mean, "low": mean - 0.001, "high": mean + 0.001, "p": 0.01}


def augmented(plain, corrupted):
    return {"augmented": {"as they are": difference(plain), "corrupted": difference(corrupted)}}


def dropped(*differences):
    """What C83 asks for: for each network, how much wider the gap and how much higher the accuracy is without dropout."""
    networks = zip(("MLP", "CNN", "T"), differences, strict=True)
    return {"without_dropout": {name: {"gap": difference(gap), "accuracy": difference(a)} for name, (gap, a) in networks}}


PROBED = {"input": [0.50, 0.51], "pool1": [0.61, 0.62], "dense": [0.80, 0.81]}
UNTRAINED = {"input": [0.50, 0.51], "pool1": [0.55, 0.56], "dense": [0.57, 0.58]}

CASES = {
    "R37": [
        ("reproduced", {"as_it_is": PLAIN, "remedied": REMEDIED}),
        ("refuted", {"as_it_is": PLAIN, "remedied": REMEDIED | {"class weights": (np.nan, np.nan)}}),
        ("refuted", {"as_it_is": PLAIN, "remedied": {"logit adjustment": PLAIN}}),
        ("refuted", {"as_it_is": PLAIN, "remedied": {}}),
    ],
    "R41": [("partly", {"merging": merging(0.89)}), ("refuted", {"merging": merging(np.nan)})],
    "C62": [
        ("reproduced", overfitting(RISES, WIDER)),
        ("reproduced", overfitting(RISES, NARROWER)),
        ("reproduced", overfitting(FALLS, WIDER)),
        ("refuted", overfitting(FALLS, NARROWER)),
        ("refuted", overfitting(FALLS, LEVEL)),
        ("undecided", overfitting(FLAT, LEVEL)),
        ("undecided", overfitting(FALLS, PERHAPS_WIDER)),
    ],
    "C63": [
        ("reproduced", generalising(FALLS, FALLS, LEVEL, NARROWER)),
        ("partly", generalising(FALLS, RISES, LEVEL, LEVEL)),
        ("partly", generalising(FALLS, FALLS, LEVEL, WIDER)),
        ("partly", generalising(FALLS, FLAT, LEVEL, LEVEL)),
        ("refuted", generalising(RISES, RISES, LEVEL, LEVEL)),
        ("refuted", generalising(FALLS, FALLS, WIDER, PERHAPS_WIDER)),
        ("undecided", generalising(FALLS, FLAT, PERHAPS_WIDER, LEVEL)),
    ],
    "C83": [
        ("reproduced", dropped(*3 * [(0.02, -0.01)])),
        ("partly", dropped((0.02, 0.01), (-0.02, 0.01), (-0.02, 0.01))),
        ("partly", dropped((-0.02, -0.01), (-0.02, 0.01), (0.0, 0.0))),
        ("partly", dropped((0.02, -0.01), (0.02, -0.01), (0.0, -0.01))),
        ("refuted", dropped((-0.02, 0.01), (0.0, 0.0), (0.0, 0.0))),
        ("undecided", dropped(*3 * [(0.0, 0.0)])),
    ],
    "C85": [
        ("reproduced", fluctuating(2, 2)),
        ("partly", fluctuating(2, 0.5)),
        ("partly", fluctuating(1, 1, loss_x=2)),
        ("refuted", fluctuating(0.5, 0.5)),
        ("refuted", fluctuating(1, 1, loss_t=0.5)),
        ("undecided", fluctuating(1, 1.2)),
    ],
    "C88": [
        ("reproduced", augmented(0.01, 0.02)),
        ("partly", augmented(0.0005, 0.02)),
        ("partly", augmented(0.01, -0.02)),
        ("refuted", augmented(-0.01, -0.02)),
        ("refuted", augmented(-0.01, 0.0005)),
        ("undecided", augmented(0.0005, 0.0005)),
    ],
    "C89": [
        ("partly", {"probed_cnn": PROBED, "untrained_cnn": UNTRAINED}),
        ("refuted", {"probed_cnn": PROBED | {"pool1": [0.61, 0.51]}, "untrained_cnn": UNTRAINED}),
        ("refuted", {"probed_cnn": PROBED, "untrained_cnn": UNTRAINED | {"dense": [0.57, 0.82]}}),
    ],
}


@each(CASES)
def test_rule(rule, facts, word):
    assert rule.decide(**facts).word == word


def decided(name, facts):
    return rules.every_rule()[name].decide(**facts)


HALF = 4.3027 / np.sqrt(3)  # Student's t with two degrees of freedom: of a scatter of 1


def test_interval_of_overfitting_is_that_of_the_slope():
    found = decided("C62", overfitting(FALLS, WIDER))
    assert found.interval == pytest.approx((-0.01 - 0.001 * HALF, -0.01 + 0.001 * HALF), rel=1e-4)
    assert found.ours.startswith("slope -0.0100 per epoch; gap against T +1.00 (+0.88 to +1.12) points ")
    assert found.ours.endswith("(CNN 2.0, MLP 2.0, T 1.0; interval: the slope)")


def test_interval_of_the_scatter_is_that_of_a_ratio():
    found = decided("C85", fluctuating(2, 1, loss_t=3, loss_x=4))
    assert found.interval == pytest.approx((2 * np.exp(-0.1 * HALF), 2 * np.exp(0.1 * HALF)), rel=1e-4)
    assert found.ours == (
        "accuracy: 2.00 times that of T, 1.00 times that of X; loss: 3.00 times that of T, 4.00 times that of X "
        "(interval: the first)"
    )


def test_findings_have_the_numbers():
    assert decided("R37", CASES["R37"][0][1]).ours == (
        "CNN: balanced accuracy 0.710 as it is, 0.750 with the dial at 1 (accuracy 0.860, 0.790; all seeds)"
    )
    assert decided("R41", {"merging": merging(0.894)}).ours == "CNN, cases merged: 0.894"
    found = decided("C63", generalising(FALLS, RISES, -0.002 + SCATTER, SCATTER)).ours
    assert found.startswith("T: slope -0.0100, gap against the CNN -0.20 (") and "; X: slope +0.0100, " in found
    assert decided("C83", dropped(*3 * [(0.02, -0.01)])).ours.startswith(
        "without dropout, points: MLP: gap +2.00 (+1.90 to +2.10), validation -1.00 (-1.10 to -0.90); CNN: "
    )
    assert decided("C88", augmented(0.01, 0.02)).ours == "on images as they are +1.00 (+0.90 to +1.10) points, corrupted +2.00"
    found = decided("C89", {"probed_cnn": PROBED, "untrained_cnn": UNTRAINED}).ours
    assert found == "input 0.505, pool1 0.615, dense 0.805; dense, untrained, 0.575"
