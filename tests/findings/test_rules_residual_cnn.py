"""The rules of the chapter on the residual network, on made-up facts."""

import pandas as pd
import pytest
from rule_cases import BETTER, OWN, against_rivals, each

from sixtytwo.findings import paper, rules
from sixtytwo.findings.rules import residual_cnn

COLUMNS = ["layer", "output shape", "parameters", "kernel", "fed by"]


def layers(rows=paper.TABLE_4, **changes):
    """A layer table of Table 4; `name=(column, value)` changes a layer."""
    rows = [(name, (None, *shape), *others) for name, shape, *others in rows]
    table = pd.DataFrame([("input", (None, 28, 28, 1), 0, "", ""), *rows], columns=COLUMNS).set_index("layer", drop=False)
    for name, (column, value) in changes.items():
        table.at[name, column] = value
    return table.reset_index(drop=True)


T = layers()
BRANCHES_FIRST = layers(
    [*paper.TABLE_4[:2], paper.TABLE_4[4], paper.TABLE_4[2], paper.TABLE_4[5], paper.TABLE_4[3], *paper.TABLE_4[6:]]
)
X = layers(residual=("parameters", 2112), conv3=("parameters", 18_496))
MORE = layers(output=("parameters", 8000))


def wide(residual, conv3):
    """The shapes of the two layers before they are added, with so many filters."""
    return layers(residual=("output shape", (None, 14, 14, residual)), conv3=("output shape", (None, 14, 14, conv3)))


SPACE = paper.SEARCH_SPACES["residual_cnn"] | {"learning_rate": [0.01, 0.005, 0.001, 0.0001]}


def search(**space):
    return {"space": SPACE | space}


NAMES = {"plain": residual_cnn.PLAIN, "equal": residual_cnn.EQUAL, "relu": residual_cnn.EVERYWHERE}


def by_network(**values):
    """Values for two seeds by network; `plain` and `equal` are X without its shortcut."""
    return {NAMES.get(name, name): [value, 1.01 * value + 0.001] for name, value in values.items()}


def unlike(x, equal):
    """Values that differ so much between two seeds, the one up and the other down, that nothing can be said."""
    return {"X": [x, 1.2 * x], residual_cnn.EQUAL: [1.2 * equal, equal], residual_cnn.PLAIN: [x, x]}


PROBED = {"input": [0.50, 0.51], "pool1": [0.61, 0.62], "dense": [0.80, 0.81]}
UNTRAINED = {"input": [0.50, 0.51], "pool1": [0.55, 0.56], "dense": [0.57, 0.58]}

CASES = {
    "R12": [
        ("reproduced", {"layers": {"T": T, "X": X}}),
        ("reproduced", {"layers": {"T": BRANCHES_FIRST, "X": X}}),
        ("refuted", {"layers": {"T": X, "X": X}}),
        ("refuted", {"layers": {"T": layers(residual=("kernel", "1x1")), "X": X}}),
        ("refuted", {"layers": {"T": layers(conv3=("fed by", "residual")), "X": X}}),
        ("refuted", {"layers": {"T": MORE, "X": X}}),
    ],
    "C40": [
        ("reproduced", {"layers": {"T": T, "X": X}}),
        ("refuted", {"layers": {"T": T, "X": MORE}}),
        ("refuted", {"layers": {"T": MORE, "X": MORE}}),
    ],
    "C49": [
        ("reproduced", {"merged": [wide(64, 64), wide(128, 128)]}),
        ("refuted", {"merged": [wide(64, 64), wide(128, 64)]}),
    ],
    "R17": [
        ("reproduced", {"search": search()}),
        ("refuted", {"search": search(conv1=[16, 32])}),
        ("refuted", {"search": search(learning_rate=[0.01, 0.001])}),
    ],
    "R20": against_rivals(),
    "C45": [
        ("reproduced", {"flow": by_network(X=0.3, equal=0.2)}),
        ("refuted", {"flow": by_network(X=0.2, equal=0.3)}),
        ("undecided", {"flow": unlike(0.3, 0.2)}),
    ],
    "C46": [
        ("reproduced", {"speed": by_network(X=0.81, equal=0.80)}),
        ("refuted", {"speed": by_network(X=0.79, equal=0.80)}),
        ("undecided", {"speed": unlike(0.81, 0.80)}),
    ],
    "C86": [
        ("reproduced", {"reached": by_network(X=0.81, equal=0.80, plain=0.82)}),  # the plain one decides nothing
        ("refuted", {"reached": by_network(X=0.79, equal=0.80, plain=0.78)}),
        ("undecided", {"reached": unlike(0.81, 0.80)}),
    ],
    "C50": [
        ("not testable", {"reached": by_network(T=0.8, relu=0.7)}),
        ("not testable", {"reached": by_network(T=0.8, relu=0.9)}),
    ],
    "C73": [
        ("partly", {"probed": PROBED, "untrained": UNTRAINED}),
        ("refuted", {"probed": PROBED | {"pool1": [0.61, 0.51]}, "untrained": UNTRAINED}),
        ("refuted", {"probed": PROBED, "untrained": UNTRAINED | {"dense": [0.57, 0.82]}}),
    ],
}


@each(CASES)
def test_rule(rule, facts, word):
    assert rule.decide(**facts).word == word


FOUND = rules.rules_of("residual_cnn")


def ours(name, **facts):
    return FOUND[name].decide(**facts)


def test_findings_say_what_was_measured():
    assert ours("R12", layers={"T": T}).ours == "112,030 parameters"
    assert ours("C40", layers={"T": T, "X": MORE}).ours == "112,030 and 112,032 parameters"
    assert ours("R17", search=search()).ours == "the same, and the rate 0.001"
    assert ours("R17", search=search(conv1=[16, 32])).ours.startswith("residual: 64, 128, 256; conv1: 16, 32;")
    assert ours("C49", merged=[wide(128, 64)]).ours == "[(128, 64)]"
    assert ours("R20", rivals=BETTER, own=OWN).ours == "the best of 2 rivals (rival 1): +2.00 points"
    levels = ours("C73", probed=PROBED, untrained=UNTRAINED).ours
    assert levels == "input 0.505, pool1 0.615, dense 0.805; dense, untrained, 0.575"


def test_intervals_are_of_the_ratio_and_of_points():
    flow = ours("C45", flow={"X": [0.2, 0.4], residual_cnn.EQUAL: [0.1, 0.1]})
    assert flow.ours == "first/output gradient 0.30 with the shortcut, 0.10 without; ratio 2.83"  # the root of 2 × 4
    low, high = flow.interval
    assert low * high == pytest.approx(8)  # symmetrical about the ratio
    speed = ours("C46", speed={"X": [0.81, 0.83], residual_cnn.EQUAL: [0.80, 0.80]})
    assert speed.ours == "mean accuracy over the epochs +2.00 points"
    assert speed.interval == pytest.approx((2 - 12.7062, 2 + 12.7062), abs=1e-3)  # standard error 1, t(1) quantile
    ends = {"X": [0.81, 0.83], residual_cnn.EQUAL: [0.80, 0.80], residual_cnn.PLAIN: [0.82, 0.83]}
    assert ours("C86", reached=ends).ours == "+2.00 points at equal parameters, -0.50 with the same filters"
    everywhere = ours("C50", reached={"T": [0.80, 0.81], residual_cnn.EVERYWHERE: [0.81, 0.81]})
    assert everywhere.ours == "ReLU after every convolution: validation accuracy +0.50 points"
