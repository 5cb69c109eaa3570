"""The rules of the evaluation on made-up facts."""

import copy

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
    """The paper's networks as they should be; `changes` replaces what a record has, or the ends of its curves."""
    found = {
        key: {
            "title": key,
            "parameters": paper.PARAMETERS[key],
            "macs": macs,
            "runs": [{"history": {name: [0, end] for name in ("accuracy", "val_accuracy")}} for end in (good, good + 0.01)],
            "search": {"table": [{"val_accuracy": 0.8 + spread * i} for i in range(10)]},
        }
        for key, macs, good, spread in (
            ("mlp", 250_000, 0.80, 0.001),
            ("cnn", 3_800_000, 0.85, 0.001),
            ("residual_cnn", 6_100_000, 0.86, 0.02),
        )
    }
    for record in found.values():
        for run in record["runs"]:
            run["history"] |= {name: [2, 1 - run["history"]["accuracy"][-1]] for name in ("loss", "val_loss")}
    found["residual_cnn_x"] = copy.deepcopy(found["residual_cnn"])
    for key, values in changes.items():
        found[key] |= values
    return {"records": found}


BEHIND = records(cnn={"runs": records()["records"]["mlp"]["runs"]})  # no better than the MLP, seed by seed
NO_SCATTER = records(residual_cnn={"search": records()["records"]["mlp"]["search"]})


def pair(better=True, **changes):
    mean = 0.02 if better else 0.0
    found = {"mean": mean, "low": mean - 0.01, "high": mean + 0.01, "p": 0.01 if better else 0.9}
    found |= {"images": (mean - 0.01, mean + 0.01), "seeds": 5, "ahead": 5 if better else 0}
    return found | changes


def compared(cnn=True, t=True, x=True, **changes):
    found = {("mlp", "cnn"): pair(cnn, **changes), ("cnn", "residual_cnn"): pair(t, **changes)}
    return {"compared": found | {("cnn", "residual_cnn_x"): pair(x, **changes)}}


def over_linear(**changes):
    return {"over_linear": {("linear", "mlp"): pair(mean=0.1, seeds=1, ahead=1) | changes}}


def losses(high=-0.01, **changes):
    """All differences lie below 0; `changes` gives the upper ends for a rival."""
    ends = {"mlp": high, "cnn": high} | changes
    return {
        "losses": {
            (graph, rival, name): {"mean": ends[rival] - 0.01, "low": ends[rival] - 0.02, "high": ends[rival]}
            for graph in ("residual_cnn", "residual_cnn_x")
            for rival in ends
            for name in ("training", "validation", "test")
        }
    }


SOME_LOSSES = losses()
SOME_LOSSES["losses"]["residual_cnn", "cnn", "test"]["high"] = 0.001


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


def row_of_table_5(key):
    low, _ = accuracy.band(key)
    return [
        ("reproduced", scored()),
        ("partly", scored(**{key: {"precision_weighted": 0.9}})),
        ("partly", scored(**{key: {"f1_weighted": 0.86}})),
        ("not reproduced", scored(**{key: {"accuracy": low - 0.001}})),
    ]


def curve(metric):
    worse = records()
    worse["records"]["mlp"]["runs"][0]["history"][metric] = [0.5, 0.0 if "loss" in metric else 0.99]  # one seed is enough
    return [("reproduced", records()), ("not reproduced", worse), ("not reproduced", BEHIND)]


CASES = {
    "R09": [
        ("reproduced", CONFUSION | pairs()),
        ("not reproduced", CONFUSION | pairs() | {"class_sizes": np.array([4, 3])}),
        ("not reproduced", CONFUSION | pairs([])),
    ],
    "R21": [
        ("partly", scored() | seconds() | records()),
        ("not reproduced", {"tested": scored()["tested"].drop(columns="ece")} | seconds() | records()),
        ("not reproduced", scored() | records() | {"seconds": {"mlp": np.ones(2)}}),
        ("not reproduced", scored(cnn={"f1_weighted": np.nan}) | seconds() | records()),
    ],
    "R22": row_of_table_5("mlp"),
    "R23": row_of_table_5("cnn"),
    "R24": row_of_table_5("residual_cnn"),
    "R25": curve("accuracy"),
    "R26": curve("val_accuracy"),
    "R27": curve("loss"),
    "R28": curve("val_loss"),
    "R29": [
        ("reproduced", seconds()),
        ("not reproduced", seconds(cnn=300)),
        ("not reproduced", seconds(cnn=270, residual=276)),
    ],
    "R30": [("reproduced", records()), ("not reproduced", records(cnn={"parameters": 128_223}))],
    "R31": [
        ("reproduced", compared() | losses() | seconds()),
        ("partly", compared(t=False) | losses() | seconds()),
        ("partly", compared() | SOME_LOSSES | seconds(mlp=300)),
        ("not reproduced", compared(t=False) | SOME_LOSSES | seconds(mlp=300)),
    ],
    "R32 C57": [
        ("reproduced", seconds()),
        ("partly", seconds(residual=290)),
        ("partly", seconds(mlp=268)),
        ("not reproduced", seconds(mlp=300)),
    ],
    "R35": [
        ("partly", compared(t=False) | over_linear()),
        ("partly", compared() | over_linear(mean=0.01)),
        ("not reproduced", compared(t=False) | over_linear(mean=0.01)),
    ],
    "C07": [
        ("reproduced", {"bias": {"correlation": 0.4, "p": 0.01}}),
        ("not reproduced", {"bias": {"correlation": -0.4, "p": 0.01}}),
        ("not reproduced", {"bias": {"correlation": 0.2, "p": 0.06}}),
    ],
    "C14": [
        ("reproduced", pairs() | rank(3)),
        ("partly", pairs() | rank(4)),
        ("not reproduced", pairs([*ALIKE[1:], "D / 8"]) | rank(1)),
    ],
    "C36": [
        ("reproduced", records(cnn={"macs": 240_000})),
        ("partly", records()),
        ("not reproduced", records(cnn={"parameters": 300_000})),
    ],
    "C37": [
        ("reproduced", compared()),
        ("not reproduced", compared(p=0.06)),
        ("not reproduced", compared(ahead=4)),
        ("not reproduced", compared(images=(-0.001, 0.02))),
    ],
    "C47": [("reproduced", records()), ("not reproduced", records(residual_cnn={"macs": 3_000_000}))],
    "C51": [
        ("reproduced", scored()),
        ("partly", scored(cnn={"accuracy": 0.87})),
        ("not reproduced", scored(mlp={"accuracy": 0.7}, cnn={"accuracy": 0.7}, residual_cnn={"accuracy": 0.7})),
    ],
    "C52": [("reproduced", scored()), ("not reproduced", scored(cnn={"recall_weighted": 0.8}))],
    "C53": [("reproduced", scored()), ("not reproduced", scored(residual_cnn={"f1_weighted": 0.845}))],
    "C55": [
        ("reproduced", scored()),
        ("partly", scored(residual_cnn={"precision_weighted": 0.815})),
        ("not reproduced", scored(residual_cnn={"precision_weighted": 0.78})),
    ],
    "C56": [("reproduced", seconds()), ("not reproduced", seconds(cnn=265 * 1.06))],
    "C59": [
        ("reproduced", seconds() | records(mlp={"parameters": 100_000})),
        ("partly", seconds() | records()),
        ("not reproduced", seconds(mlp=300) | records(mlp={"macs": 4_000_000})),
    ],
    "C60": [
        ("reproduced", compared()),
        ("partly", compared(t=False)),
        ("partly", compared(x=False)),
        ("not reproduced", compared(t=False, x=False)),
    ],
    "C61": [
        ("reproduced", losses() | records()),
        ("partly", SOME_LOSSES | records()),
        ("not reproduced", losses(cnn=0.01) | records()),
    ],
    "C68": [
        ("reproduced", records()),
        ("not reproduced", NO_SCATTER),
        ("not reproduced", records(mlp={"search": {"table": [{"val_accuracy": 0.3 + 0.05 * i} for i in range(10)]}})),
    ],
    "C74": [
        ("reproduced", over_linear() | scored()),
        ("not reproduced", over_linear(mean=0.049) | scored()),
        ("not reproduced", over_linear(ahead=0) | scored()),
    ],
}


@each(CASES)
def test_rule(rule, facts, word):
    assert rule.decide(**facts).word == word


@pytest.mark.parametrize(("key", "band"), [("mlp", (0.795, 0.835)), ("cnn", (0.825, 0.865)), ("residual_cnn", (0.835, 0.875))])
def test_bands_are_those_that_were_fixed_before_the_published_run(key, band):
    assert accuracy.band(key) == band


def found(name, facts):
    return rules.rules_of("evaluation")[name].decide(**facts)


def test_table_5_is_shown_with_the_interval_of_the_accuracy():
    row = found("R24", scored())
    assert row.ours == "0.850 / 0.840 / 0.850 / 0.830"
    assert row.interval == pytest.approx((0.85 - 2.776 * 0.000707, 0.85 + 2.776 * 0.000707), abs=1e-5)  # t of four degrees


def test_our_findings_are_shown_beside_the_papers():
    assert found("C56", seconds()).ours == "265 / 276 / 268 s; slowest and fastest differ 1.0 times"
    assert found("C36", records()).ours == "0.51 times the parameters, 15.2 times the multiply-adds"
    assert found("C60", compared(x=False)).ours == (
        "T +2.00 points; X +0.00 points (interval: T; McNemar agrees for 5 of its 5 seeds)"
    )
    assert found("C60", compared()).interval == pytest.approx((1, 3))
    assert found("C61", losses() | records()).ours.endswith("test -0.0200; minus MLP: 6 of 6 below 0")
    assert found("R21", scored() | seconds() | records()).ours == "accuracy, precision, recall, F1, time, parameters"
