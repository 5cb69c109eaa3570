"""The rules of the evaluation on made-up facts."""

import numpy as np
import pandas as pd
import pytest
from rule_cases import each

from sixtytwo.findings import paper, rules
from sixtytwo.findings.rules.evaluation import accuracy

PRINTED = {"mlp": (0.81, 0.79, 0.79), "cnn": (0.84, 0.82, 0.82), "residual_cnn": (0.85, 0.84, 0.83)}
NOISE = np.array([-0.002, -0.001, 0, 0.001, 0.002])  # of five seeds
PRINTED |= {"linear": (0.71, 0.69, 0.69), "majority": (0.05, 0.01, 0.01)}


def scored(**changes):
    """What the paper printed, for seeds that differ a little; `changes` sets the mean of columns of a model."""
    rows = [
        {"key": key, "accuracy": a + s, "precision_weighted": p + s, "recall_weighted": a + s, "f1_weighted": f1 + s}
        for i, (key, (a, p, f1)) in enumerate(PRINTED.items())
        for s in np.roll(NOISE, i)
    ]
    table = pd.DataFrame(rows).assign(f1_macro=0.6, balanced_accuracy=0.6, log_loss=0.5, ece=0.01)
    for key, columns in changes.items():
        for name, value in columns.items():
            table.loc[table["key"] == key, name] = value + NOISE[::-1]
    return {"tested": table}


def records(**changes):
    """The paper's networks as they should be; `changes` replaces what a record has."""
    found = {
        key: {
            "title": key,
            "parameters": paper.PARAMETERS[key],
            "macs": macs,
            "search": {"table": [{"val_accuracy": 0.8 + spread * i} for i in range(10)]},
        }
        for key, macs, spread in (("mlp", 250_000, 0.001), ("cnn", 3_800_000, 0.001), ("residual_cnn", 6_100_000, 0.02))
    }
    found["residual_cnn_x"] = dict(found["residual_cnn"])
    for key, values in changes.items():
        found[key] |= values
    return {"records": found}


SCATTER = {key: records()["records"][key]["search"] for key in paper.TABLE_5}  # of the trials: that of the last is wide


def pair(mean=0.02, margin=0.01, **changes):
    """Two networks of which the second is more accurate by so much, give or take the margin."""
    found = {"mean": mean, "low": mean - 0.001, "high": mean + 0.001, "p": 0.01 if abs(mean) > margin else 0.9}
    found |= {"all": {"mean": mean, "low": mean - margin, "high": mean + margin}}
    return found | {"seeds": 5, "ahead": 5 if mean > margin else 0} | changes


def compared(cnn=0.02, t=0.02, x=0.02, **changes):
    found = {("mlp", "cnn"): pair(cnn, **changes), ("cnn", "residual_cnn"): pair(t, **changes)}
    return {"compared": found | {("cnn", "residual_cnn_x"): pair(x, **changes)}}


def over_linear(**changes):
    return {"over_linear": {("linear", "mlp"): pair(mean=0.1, seeds=1, ahead=1) | changes}}


BELOW, LEVEL, ABOVE = -0.02, 0.0, 0.02  # differences of losses, give or take 0.01


def losses(cnn=BELOW, mlp=BELOW, **of_t):
    """The losses of T and X minus those of a rival; `of_t` replaces some of those of T against the CNN, by name."""
    found = {
        (graph, rival, name): {"mean": mean, "low": mean - 0.01, "high": mean + 0.01}
        for graph in ("residual_cnn", "residual_cnn_x")
        for rival, mean in (("mlp", mlp), ("cnn", cnn))
        for name in ("training", "validation", "test")
    }
    for name, mean in of_t.items():
        found["residual_cnn", "cnn", name] = {"mean": mean, "low": mean - 0.01, "high": mean + 0.01}
    return {"losses": found}


def seconds(mlp=265, cnn=276, residual=268):
    return {
        "seconds": {
            key: np.array([middle - 1, middle, middle + 1])
            for key, middle in (("mlp", mlp), ("cnn", cnn), ("residual_cnn", residual))
        }
    }


CONFUSION = {"confusion": np.array([[3, 1], [0, 2]]), "class_sizes": np.array([4, 2])}
ALIKE = ["O / 0", "1 / l", "1 / I", "I / l", "S / s", "5 / S", "2 / z", "c / C", "A / 4", "B / 8"]  # eight of them


def pairs(names=ALIKE):
    return {"pairs": pd.DataFrame({"pair": names, "errors": range(len(names), 0, -1)})}


def rank(place):
    return {"rank": {"rank": place, "low": 1.0, "high": 5.0}}


def grids(mlp, cnn):
    """Grids of eight points, of which so many are as good as the best; the others are far behind."""
    return {"grids": {title: n * [0.8] + (8 - n) * [0.7] for title, n in (("MLP", mlp), ("CNN", cnn))}}


def interval(mean, margin=0.003):
    return {"mean": mean, "low": mean - margin, "high": mean + margin}


AS_PRINTED = {"mlp": interval(0.81), "cnn": interval(0.84), "residual_cnn": interval(0.85)}
ELSEWHERE = {key: interval(0.75) for key in AS_PRINTED}
UNSURE = {key: interval(0.83, 0.011) for key in AS_PRINTED}  # more than two points wide


def with_accuracies(found, **changes):
    """Networks whose other metrics are as printed."""
    return scored() | {"accuracies": found | changes}


def row_of_table_5(key):
    low, high = accuracy.rounding_range(key)

    def ours(low, high):
        return with_accuracies({key: {"low": low, "high": high}})

    return [
        ("reproduced", with_accuracies(AS_PRINTED)),
        ("reproduced", ours(low - 0.01, low)),
        ("reproduced", ours(high - 0.001, high)),
        ("partly", with_accuracies(AS_PRINTED) | scored(**{key: {"precision_weighted": 0.9}})),
        ("partly", with_accuracies(AS_PRINTED) | scored(**{key: {"f1_weighted": 0.86}})),
        ("refuted", ours(low - 0.01, low - 0.001)),
        ("refuted", ours(high, high + 0.01)),
        ("undecided", with_accuracies(UNSURE)),
        ("undecided", ours(np.nan, np.nan)),  # a single seed has no interval
    ]


def ending(metric, *differences):
    """The curves of the residual network end so far ahead of those of the CNN and of the MLP, give or take 0.0025."""
    sign = -1 if "loss" in metric else 1
    ends = {"residual_cnn": 0.5 + np.array([-0.001, 0.0, 0.001])}
    ends |= {key: np.full(3, 0.5 - sign * ahead) for key, ahead in zip(("cnn", "mlp"), differences, strict=True)}
    return {"records": {key: {"runs": [{"history": {metric: [0, end]}} for end in found]} for key, found in ends.items()}}


def curve(metric):
    return [
        ("reproduced", ending(metric, 0.01, 0.02)),
        ("refuted", ending(metric, -0.01, 0.02)),
        ("refuted", ending(metric, 0.001, -0.02)),
        ("undecided", ending(metric, 0.001, 0.02)),
        ("undecided", ending(metric, 0.01, 0.001)),
    ]


CASES = {
    "R09": [
        ("reproduced", CONFUSION | pairs()),
        ("refuted", CONFUSION | pairs() | {"class_sizes": np.array([4, 3])}),
        ("refuted", CONFUSION | pairs([])),
    ],
    "R21": [
        ("partly", scored() | seconds() | records()),
        ("refuted", {"tested": scored()["tested"].drop(columns="ece")} | seconds() | records()),
        ("refuted", scored() | records() | {"seconds": {"mlp": np.ones(2)}}),
        ("refuted", scored(cnn={"f1_weighted": np.nan}) | seconds() | records()),
    ],
    "R22": row_of_table_5("mlp"),
    "R23": row_of_table_5("cnn"),
    "R24": row_of_table_5("residual_cnn"),
    "R25": curve("accuracy"),
    "R26": curve("val_accuracy"),
    "R27": curve("loss"),
    "R28": curve("val_loss"),
    "R30": [("reproduced", records()), ("refuted", records(cnn={"parameters": 128_223}))],
    "R31": [
        ("reproduced", compared() | losses() | seconds()),
        ("partly", compared(t=0.005) | losses() | seconds()),
        ("partly", compared(t=-0.02) | losses(cnn=ABOVE) | seconds()),
        ("partly", compared(t=-0.02) | losses(test=LEVEL) | seconds(mlp=300)),
        ("refuted", compared(t=-0.02) | losses(cnn=ABOVE) | seconds(mlp=300)),
        ("refuted", compared(t=0.005) | losses(cnn=LEVEL) | seconds(mlp=300)),
    ],
    "R35": [
        ("reproduced", compared(x=-0.02)),
        ("refuted", compared(t=-0.02)),
        ("undecided", compared(t=0.005)),
        ("undecided", compared(p=0.05)),
    ],
    "C07": [
        ("reproduced", {"bias": {"correlation": 0.4, "p": 0.01}}),
        ("refuted", {"bias": {"correlation": -0.4, "p": 0.01}}),
        ("undecided", {"bias": {"correlation": 0.2, "p": 0.06}}),
        ("undecided", {"bias": {"correlation": np.nan, "p": np.nan}}),
    ],
    "C14": [
        ("reproduced", pairs() | rank(3)),
        ("reproduced", pairs() | rank(11)),  # of l and I, which are an example
        ("refuted", pairs([*ALIKE[1:], "D / 8"]) | rank(1)),
    ],
    "C36": [
        ("reproduced", records(cnn={"macs": 240_000})),
        ("partly", records()),
        ("refuted", records(cnn={"parameters": 300_000})),
    ],
    "C37": [
        ("reproduced", compared()),
        ("refuted", compared(cnn=-0.02)),
        ("refuted", compared(cnn=-0.01)),  # the interval ends at 0
        ("undecided", compared(cnn=0.005)),
        ("undecided", compared(p=0.05)),
        ("undecided", compared(ahead=4)),
    ],
    "C39": [  # one of eight is drawn by four trials with a chance of a half, by five with 62.5%; two by three with 64%
        ("reproduced", grids(1, 2) | {"budget": 5}),
        ("partly", grids(1, 2) | {"budget": 4}),
        ("refuted", grids(1, 1) | {"budget": 4}),
    ],
    "C47": [("reproduced", records()), ("refuted", records(residual_cnn={"macs": 3_000_000}))],
    "C51": [
        ("reproduced", with_accuracies(AS_PRINTED)),
        ("partly", with_accuracies(AS_PRINTED, cnn=interval(0.87))),
        ("partly", with_accuracies(UNSURE, cnn=interval(0.84))),
        ("refuted", with_accuracies(ELSEWHERE)),
        ("refuted", with_accuracies(UNSURE, cnn=interval(0.87))),
        ("undecided", with_accuracies(UNSURE)),
    ],
    "C52": [("reproduced", scored()), ("refuted", scored(cnn={"recall_weighted": 0.8}))],
    "C53": [("reproduced", scored()), ("refuted", scored(residual_cnn={"f1_weighted": 0.845}))],
    "C55": [
        ("reproduced", scored()),
        ("partly", scored(residual_cnn={"precision_weighted": 0.815})),
        ("partly", scored(residual_cnn={"precision_weighted": 0.8205})),
        ("refuted", scored(residual_cnn={"precision_weighted": 0.78})),
        ("refuted", scored(residual_cnn={"precision_weighted": 0.7905})),
        ("undecided", scored(mlp={"precision_weighted": 0.8395}, cnn={"precision_weighted": 0.8395})),
    ],
    "C56": [("not testable", seconds()), ("not testable", seconds(cnn=300))],
    "C57": [
        ("reproduced", seconds()),
        ("partly", seconds(residual=290)),
        ("partly", seconds(mlp=268)),
        ("refuted", seconds(mlp=300)),
    ],
    "C59": [
        ("reproduced", seconds() | records(mlp={"parameters": 100_000})),
        ("partly", seconds() | records()),
        ("refuted", seconds(mlp=300) | records(mlp={"macs": 4_000_000})),
    ],
    "C60": [
        ("reproduced", compared()),
        ("partly", compared(t=-0.02)),
        ("partly", compared(x=0.005)),
        ("refuted", compared(t=-0.02, x=-0.02)),
        ("refuted", compared(t=0.005, x=-0.02)),
        ("undecided", compared(t=0.005, x=0.005)),
        ("undecided", compared(p=0.05)),
    ],
    "C61": [
        ("reproduced", losses() | records()),
        ("partly", losses(test=ABOVE) | records()),
        ("partly", losses(test=LEVEL) | records()),
        ("refuted", losses(cnn=ABOVE) | records()),
        ("refuted", losses(cnn=LEVEL, mlp=ABOVE) | records()),
        ("refuted", losses(cnn=LEVEL, test=ABOVE) | records()),
        ("undecided", losses(cnn=LEVEL) | records()),
    ],
    "C68": [
        ("reproduced", records()),
        ("refuted", records(mlp={"search": SCATTER["residual_cnn"]}, residual_cnn={"search": SCATTER["mlp"]})),
        ("undecided", records(residual_cnn={"search": SCATTER["mlp"]})),
    ],
    "C74": [
        ("reproduced", over_linear() | scored()),
        ("refuted", over_linear(mean=0.049) | scored()),
        ("refuted", over_linear(ahead=0) | scored()),
    ],
    "C75": [  # the median search of three of eight points finds one of two, but not the only one
        ("reproduced", grids(1, 1) | {"budget": 3}),
        ("partly", grids(1, 2) | {"budget": 3}),
        ("refuted", grids(2, 2) | {"budget": 3}),
    ],
}


@each(CASES)
def test_rule(rule, facts, word):
    assert rule.decide(**facts).word == word


@pytest.mark.parametrize(
    ("key", "printed"), [("mlp", (0.805, 0.815)), ("cnn", (0.835, 0.845)), ("residual_cnn", (0.845, 0.855))]
)
def test_what_is_printed_is_all_that_is_rounded_to_it(key, printed):
    assert accuracy.rounding_range(key) == printed


def found(name, facts):
    return rules.rules_of("evaluation")[name].decide(**facts)


def test_table_5_is_shown_with_the_interval_of_the_accuracy():
    row = found("R24", with_accuracies(AS_PRINTED))
    assert row.ours == "0.850 / 0.840 / 0.850 / 0.830"
    assert row.interval == pytest.approx((0.847, 0.853))


def test_curves_are_compared_by_their_ends():
    row = found("R28", ending("val_loss", 0.01, 0.02))
    assert row.ours == "0.5200 / 0.5100 / 0.5000 (interval: T minus CNN)"
    half = 4.3027 * 0.001 / 3**0.5  # Student's t with two degrees of freedom
    assert row.interval == pytest.approx((-0.01 - half, -0.01 + half), rel=1e-3)


def test_our_findings_are_shown_beside_the_papers():
    assert found("C56", seconds()).ours == "265 / 276 / 268 s; slowest and fastest differ 1.0 times"
    assert found("C36", records()).ours == "0.51 times the parameters, 15.2 times the multiply-adds"
    assert found("C39", grids(1, 2) | {"budget": 4}).ours == (
        "chance of 4 random trials to come close: MLP 50% (8 points), CNN 79% (8 points)"
    )
    assert found("C75", grids(1, 2) | {"budget": 3}).ours == "points lost by 3 trials: MLP 10.0, CNN 0.0"
    assert found("C60", compared(x=0.0)).ours == (
        "T +2.00 points; X +0.00 points (interval: T; McNemar agrees for 5 of its 5 seeds)"
    )
    assert found("C60", compared()).interval == pytest.approx((1, 3))
    assert found("C61", losses() | records()).ours.endswith("test -0.0200; minus MLP: 6 of 6 below 0")
    assert found("R21", scored() | seconds() | records()).ours == "accuracy, precision, recall, F1, time, parameters"
