"""The rules of the chapter on the multilayer perceptron, on made-up facts."""

import itertools
import math

import pandas as pd
import pytest
from rule_cases import BETTER, HARDLY_BETTER, OWN, UNSURE, WORSE, against_rivals, each

from sixtytwo.findings import paper, rules

LAYERS = pd.DataFrame(
    [(name, (None, units), parameters) for name, units, parameters in paper.TABLE_1],
    columns=["layer", "output shape", "parameters"],
)
EARLY_DROPOUT = LAYERS.iloc[[0, 1, 2, 4, 3, 5]]
WIDER = LAYERS.assign(parameters=LAYERS["parameters"] + 1)
TWO_LAYERS = LAYERS.drop(index=3)
SETTINGS = {"batch_size": 64, "epochs": 10, "dropout": 0.3, "activation": "softmax"}
SETTINGS |= {"loss": "sparse_categorical_crossentropy", "optimizer": "Adam"}

SPACE = {
    "units": [50, 100, 150, 200],
    "activation": ["relu", "sigmoid", "tanh"],
    "layers": [1, 2, 3],
    "learning_rate": [0.01, 0.005, 0.001, 0.0001],
}
SEARCH = {"tuner": "RandomSearch", "trials": 10, "completed": 10, "space": SPACE}


def grid(score=lambda point: 0.0, history=lambda point: [0.5, 0.6], cost=lambda point: point["learning_rate"]):
    """The whole space: accuracy 0.7 and what `score` adds to a point, which takes `cost` seconds."""
    points = pd.DataFrame(list(itertools.product(*SPACE.values())), columns=list(SPACE))
    rows = points.to_dict("records")
    points["val_accuracy"] = [0.7 + score(row) for row in rows]
    points["accuracy"] = 1.1 * points["val_accuracy"]
    points["parameters"] = points["units"] * points["layers"]
    points["cpu_seconds"] = [cost(row) for row in rows]
    points["history"] = [history(row) for row in rows]
    return points


def activations(tanh, relu, sigmoid):
    noise = (0.0, 0.001, -0.001)
    found = {"tanh": tanh, "relu": relu, "sigmoid": sigmoid}
    return pd.DataFrame({name: [accuracy + e * (i + 1) for e in noise] for i, (name, accuracy) in enumerate(found.items())})


def favoured(*names):
    """A grid in which these activations are better than the others at one, two, and three layers."""
    best = dict(zip(SPACE["layers"], names, strict=True))
    return grid(lambda point: 0.01 * (point["activation"] == best[point["layers"]]))


def rates(falls, slow):
    """A grid in which 0.01 falls back, and 0.0001 is slow, or not."""

    def history(point):
        if point["learning_rate"] == 0.0001:
            return [0.3 if slow else 0.7, 0.8]
        return [0.6, 0.5, 0.7] if point["learning_rate"] == 0.01 and falls else [0.6, 0.6, 0.7]

    return grid(history=history)


LARGE_IS_GOOD, LARGE_IS_SLOW = lambda point: point["units"] / 1e4, lambda point: point["units"] * point["layers"]
SIGMOID, RELU, MIXED = activations(0.80, 0.80, 0.82), activations(0.80, 0.82, 0.80), activations(0.80, 0.82, 0.82)
LEVEL, NEARLY = activations(0.80, 0.80, 0.8001), activations(0.815, 0.82, 0.80)  # by less than the seeds differ
CLOSE = RELU.assign(tanh=RELU["relu"] - [0.001, 0.006, -0.004], sigmoid=RELU["relu"] - [0.002, 0.0025, 0.0015])
RELU_WINS = favoured("relu", "relu", "relu")
NETWORK = {"layers": LAYERS}

CASES = {
    "R10": [
        ("reproduced", NETWORK),
        ("refuted", {"layers": WIDER}),
        ("refuted", {"layers": EARLY_DROPOUT}),
    ],
    "C15": [("reproduced", NETWORK), ("refuted", {"layers": WIDER}), ("refuted", {"layers": TWO_LAYERS})],
    "C16": [("reproduced", NETWORK), ("refuted", {"layers": EARLY_DROPOUT})],
    "R13": [
        ("reproduced", {"settings": SETTINGS}),
        ("refuted", {"settings": SETTINGS | {"optimizer": "SGD"}}),
        ("refuted", {"settings": SETTINGS | {"epochs": 5}}),
        ("refuted", {"settings": SETTINGS | {"loss": "mean_squared_error"}}),
    ],
    "C22": [
        ("reproduced", {"settings": SETTINGS}),
        ("refuted", {"settings": SETTINGS | {"batch_size": 128}}),
        ("refuted", {"settings": SETTINGS | {"dropout": 0.5}}),
    ],
    "C23": [
        ("reproduced", {"settings": SETTINGS}),
        ("refuted", {"settings": SETTINGS | {"activation": "sigmoid"}}),
        ("refuted", {"settings": SETTINGS | {"loss": "mean_squared_error"}}),
    ],
    "R14": [
        ("reproduced", {"search": SEARCH}),
        ("refuted", {"search": SEARCH | {"completed": 9}}),
        ("refuted", {"search": SEARCH | {"tuner": "Hyperband"}}),
    ],
    "R15": [
        ("reproduced", {"search": SEARCH}),
        ("refuted", {"search": SEARCH | {"space": SPACE | {"units": [50, 200]}}}),
        ("refuted", {"search": SEARCH | {"space": SPACE | {"learning_rate": [0.01, 0.001]}}}),
        ("refuted", {"search": SEARCH | {"space": SPACE | {"learning_rate": [0.01, 0.005, 0.0001]}}}),  # none added
    ],
    "C20": [
        ("reproduced", {"search": SEARCH}),
        ("refuted", {"search": SEARCH | {"space": SPACE | {"units": [50, 200]}}}),
    ],
    "R18": against_rivals(),
    "C21": [
        (word, {"rivals": inside, "beyond": outside, "own": OWN})
        for word, inside, outside in (
            ("reproduced", WORSE, HARDLY_BETTER),
            ("partly", WORSE, BETTER),
            ("partly", BETTER, WORSE),
            ("partly", WORSE, UNSURE),
            ("refuted", BETTER, BETTER),
            ("refuted", UNSURE, BETTER),
            ("undecided", UNSURE, UNSURE),
        )
    ],
    "C18": [
        ("reproduced", {"activations": SIGMOID}),
        ("partly", {"activations": MIXED}),
        ("refuted", {"activations": RELU.assign(tanh=RELU["relu"])}),
        ("refuted", {"activations": RELU}),  # level with tanh
        ("undecided", {"activations": LEVEL}),
    ],
    "C19": [
        ("reproduced", {"full_grid": favoured("sigmoid", "relu", "relu"), "activations": RELU}),
        ("reproduced", {"full_grid": grid(), "activations": RELU}),  # all are level at each depth
        ("reproduced", {"full_grid": RELU_WINS, "activations": SIGMOID}),
        ("reproduced", {"full_grid": RELU_WINS, "activations": CLOSE}),  # by sigmoid, though tanh has the higher mean
        ("refuted", {"full_grid": RELU_WINS, "activations": RELU}),
        ("undecided", {"full_grid": RELU_WINS, "activations": NEARLY}),
    ],
    "C29": [
        ("partly", {"grid": grid(LARGE_IS_GOOD)}),
        ("partly", {"grid": grid(lambda point: point["learning_rate"], cost=LARGE_IS_SLOW)}),
        ("partly", {"grid": grid(lambda point: math.nan, cost=LARGE_IS_SLOW)}),  # no accuracy to speak of
        ("refuted", {"grid": grid(lambda point: -LARGE_IS_GOOD(point), cost=lambda point: 1 / point["units"])}),
    ],
    "C30": [
        ("reproduced", {"grid": rates(falls=True, slow=True)}),
        ("partly", {"grid": rates(falls=True, slow=False)}),
        ("partly", {"grid": rates(falls=False, slow=True)}),
        ("refuted", {"grid": rates(falls=False, slow=False)}),
    ],
    "C79": [
        (word, {"grid": grid(), "classical": {"neighbours": neighbours, "machine": machine}})
        for word, neighbours, machine in (
            ("reproduced", 0.64, 0.60),
            ("partly", 0.66, 0.64),
            ("refuted", 0.66, 0.75),
        )
    ],
}


@each(CASES)
def test_rule(rule, facts, word):
    assert rule.decide(**facts).word == word


def test_lead_of_sigmoid_is_that_over_its_closest_rival():
    found = rules.every_rule()["C18"].decide(activations=activations(0.79, 0.80, 0.82))
    assert found.ours == "sigmoid is best; sigmoid against relu +2.00 points"
    assert found.interval == pytest.approx((2 - 0.2484, 2 + 0.2484), abs=1e-3)  # t interval: 0, 0.1, -0.1 points around 2


def test_what_did_best_at_each_depth_is_named():
    found = rules.every_rule()["C19"].decide(favoured("sigmoid", "relu", "tanh"), activations(0.81, 0.82, 0.80))
    assert found.ours == (
        "best by number of layers: sigmoid (1), relu (2), tanh (3); tanh against ReLU, three layers: -1.00 points"
    )
    assert found.interval == pytest.approx((-1 - 0.2484, -1 + 0.2484), abs=1e-3)


def test_rivals_inside_and_beyond_the_space_are_named():
    found = rules.every_rule()["C21"].decide(rivals=WORSE, beyond=BETTER, own=OWN)
    assert found.ours == (
        "inside: the best of 2 rivals (rival 1): -1.00 points; beyond: the best of 2 rivals (rival 1): +2.00 points "
        "(interval: beyond)"
    )
    low, high = found.interval
    assert (low + high) / 2 == pytest.approx(2)
