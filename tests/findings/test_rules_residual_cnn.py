"""The rules of the chapter on the residual network, on made-up facts."""

import pandas as pd
import pytest
from rule_cases import each

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


POINT = {"conv1": 32, "residual": 64, "conv2": 32, "learning_rate": 0.001}
OTHER = POINT | {"conv1": 64}
SPACE = paper.SEARCH_SPACES["residual_cnn"] | {"learning_rate": [0.01, 0.005, 0.001, 0.0001]}
RUNS = [{"validation": {"accuracy": accuracy}} for accuracy in (0.85, 0.86)]  # mean 0.855


def search(best=OTHER, **space):
    table = [{"hyperparameters": OTHER}, {"hyperparameters": best}]
    return {"best": best, "table": table, "space": SPACE | space}


def of_winner(accuracy=0.858, best=OTHER):
    """The facts about our winner, beside the paper's point."""
    winner = {"validation": {"accuracy": accuracy}}
    return {"search": search(best), "winner": winner, "runs": RUNS, "point": POINT}


def by_network(**values):
    """Values for two seeds by network; `plain` is X without its shortcut."""
    names = {"plain": residual_cnn.PLAIN, "relu": "T, ReLU everywhere"}
    return {names.get(name, name): [value, 1.01 * value + 0.001] for name, value in values.items()}


PROBED = {"input": [0.50, 0.51], "pool1": [0.61, 0.62], "dense": [0.80, 0.81]}
UNTRAINED = {"input": [0.50, 0.51], "pool1": [0.55, 0.56], "dense": [0.57, 0.58]}

CASES = {
    "R12": [
        ("reproduced", {"layers": {"T": T, "X": X}}),
        ("reproduced", {"layers": {"T": BRANCHES_FIRST, "X": X}}),
        ("not reproduced", {"layers": {"T": X, "X": X}}),
        ("not reproduced", {"layers": {"T": layers(residual=("kernel", "1x1")), "X": X}}),
        ("not reproduced", {"layers": {"T": layers(conv3=("fed by", "residual")), "X": X}}),
        ("not reproduced", {"layers": {"T": MORE, "X": X}}),
    ],
    "C40": [
        ("reproduced", {"layers": {"T": T, "X": X}}),
        ("not reproduced", {"layers": {"T": T, "X": MORE}}),
        ("not reproduced", {"layers": {"T": MORE, "X": MORE}}),
    ],
    "C49": [
        ("reproduced", {"merged": [wide(64, 64), wide(128, 128)]}),
        ("not reproduced", {"merged": [wide(64, 64), wide(128, 64)]}),
    ],
    "R17": [
        ("reproduced", {"search": search()}),
        ("not reproduced", {"search": search(conv1=[16, 32])}),
        ("not reproduced", {"search": search(learning_rate=[0.01, 0.001])}),
    ],
    "R20": [
        ("reproduced", of_winner(0.9, best=POINT)),
        ("partly", of_winner(0.8599)),
        ("not reproduced", of_winner(0.8601)),
    ],
    "C45": [
        ("reproduced", {"flow": by_network(X=0.3, plain=0.09)}),
        ("not reproduced", {"flow": by_network(X=0.3, plain=0.11)}),
        ("not reproduced", {"flow": by_network(X=0.08, plain=0.09)}),
    ],
    "C46": [
        ("reproduced", {"speed": by_network(T=0.82, X=0.81, plain=0.80)}),
        ("partly", {"speed": by_network(T=0.79, X=0.81, plain=0.80)}),
        ("not reproduced", {"speed": by_network(T=0.79, X=0.80, plain=0.80)}),
    ],
    "C50": [
        ("not testable", {"speed": by_network(T=0.8, relu=0.7)}),
        ("not testable", {"speed": by_network(T=0.8, relu=0.9)}),
    ],
    "C73": [
        ("partly", {"probed": PROBED, "untrained": UNTRAINED}),
        ("not reproduced", {"probed": PROBED | {"pool1": [0.61, 0.51]}, "untrained": UNTRAINED}),
        ("not reproduced", {"probed": PROBED, "untrained": UNTRAINED | {"dense": [0.57, 0.82]}}),
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
    drawn = ours("R20", **of_winner(best=POINT)).ours
    assert drawn == "our winner (one seed) against the mean: +0.3 points; the paper's point was drawn"
    assert "was not drawn" in ours("R20", **of_winner()).ours
    levels = ours("C73", probed=PROBED, untrained=UNTRAINED).ours
    assert levels == "input 0.505, pool1 0.615, dense 0.805; dense, untrained, 0.575"


def test_intervals_are_of_the_ratio_and_of_points():
    flow = ours("C45", flow={"X": [0.2, 0.4], residual_cnn.PLAIN: [0.1, 0.1]})
    assert flow.ours == "first/output gradient 0.30 with the shortcut, 0.10 without; ratio 2.83"  # the root of 2 × 4
    low, high = flow.interval
    assert low * high == pytest.approx(8)  # symmetrical about the ratio
    speed = ours("C46", speed={"T": [0.80, 0.80], "X": [0.81, 0.83], residual_cnn.PLAIN: [0.80, 0.80]})
    assert speed.ours == "mean accuracy over the epochs: T +0.00, X +2.00 points (interval: X)"
    assert speed.interval == pytest.approx((2 - 12.7062, 2 + 12.7062), abs=1e-3)  # standard error 1, t(1) quantile
