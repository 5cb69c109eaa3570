"""The rules of the chapter on modern networks, on made-up facts."""

import pandas as pd
from rule_cases import each

from sixtytwo.findings import rules
from sixtytwo.findings.rules import modern_cnn


def facts(changes, mean=-0.002, **parameters):
    """Facts of an ablation with these changes, each of which costs 0.2 points; networks have 1000 parameters."""
    table = pd.DataFrame({"mean": mean}, index=list(changes))
    sizes = {modern_cnn.RECIPE: 1000} | dict.fromkeys(changes, 1000) | parameters
    return {"changes": {modern_cnn.RECIPE: {}} | changes, "parameters": sizes, "ablation": table}


def given(name, **known):
    """Those of the facts that a rule asks for."""
    return known if name == "R38" else {fact: known[fact] for fact in ("changes", "ablation")}


NAN = float("nan")
NONE, DEEP = {"none": {"blocks": 0}}, {"two": {"blocks": 2}}
REGULARISED = {"no smoothing": {"smoothing": 0.0}, "little decay": {"weight_decay": 0.001}, "averaged": {"average": 0.99}}
ROTATED = {"rotated": {"augmentation": {"rotation": 8.0}}}
GENTLE = {"gentle": {"augmentation": {"rotation": 4.0, "shift": 1.0}}}
PLAIN = {"no augmentation": {"augmentation": None}}

CASES = {
    "R38": [
        ("reproduced", given("R38", **facts(NONE | DEEP, none=500))),
        ("partly", given("R38", **facts(NONE | DEEP, none=500, two=2000))),
        ("partly", given("R38", **facts(NONE, none=500))),
        ("refuted", given("R38", **facts({"one": {"blocks": 1}}, one=500))),
        ("refuted", given("R38", **facts(NONE | DEEP, mean=NAN))),
        ("not tested", given("R38", **facts(PLAIN))),
    ],
    "R40": [
        ("reproduced", given("R40", **facts(REGULARISED))),
        ("partly", given("R40", **facts({"averaged": {"average": 0.99}}))),
        ("refuted", given("R40", **facts(REGULARISED, mean=NAN))),
        ("not tested", given("R40", **facts(PLAIN))),
    ],
    "R42": [
        ("reproduced", given("R42", **facts(PLAIN | ROTATED | GENTLE))),
        ("partly", given("R42", **facts(GENTLE))),
        ("partly", given("R42", **facts(PLAIN))),
        ("refuted", given("R42", **facts(PLAIN | ROTATED | GENTLE, mean=NAN))),
        ("not tested", given("R42", **facts(NONE))),
    ],
}


@each(CASES)
def test_rule(rule, facts, word):
    assert rule.decide(**facts).word == word


def test_findings_name_what_was_tried_and_what_it_changed():
    found = rules.rules_of("modern_cnn")
    known = given("R42", **facts(PLAIN | NONE | GENTLE))
    assert found["R42"].decide(**known).ours == "no augmentation: -0.20 points; gentle: -0.20 points"
    assert found["R40"].decide(**known).ours == "not in this run"
