"""The rules of the chapter on preprocessing, on made-up facts."""

import numpy as np
from rule_cases import each

BLACK, WHITE = np.zeros(3, dtype=np.uint8), np.full(3, 255, dtype=np.uint8)
GREY = np.array([255, 200, 255], dtype=np.uint8)

CASES = {
    "R05 C09": [("reproduced", {"scalings_differ_by": 0.0}), ("refuted", {"scalings_differ_by": 1e-16})],
    "R06": [
        ("reproduced", {"sizes": (90_000, 10_000), "shared_rows": 0}),
        ("refuted", {"sizes": (80_000, 20_000), "shared_rows": 0}),
        ("refuted", {"sizes": (90_000, 10_000), "shared_rows": 1}),
    ],
    "C10": [("reproduced", {"sizes": (90_000, 10_000)}), ("refuted", {"sizes": (80_000, 20_000)})],
    "R07": [("reproduced", {"one_hot_shape": (64, 62)}), ("refuted", {"one_hot_shape": (64, 47)})],
    "R08 C12": [
        ("reproduced", {"batch_shapes": [(64, 28, 28, 1), (64, 784)]}),
        ("refuted", {"batch_shapes": [(64, 28, 28), (64, 784)]}),
        ("refuted", {"batch_shapes": [(64, 784)]}),
    ],
    "C08": [
        ("reproduced", {"darkest": BLACK, "brightest": WHITE}),
        ("refuted", {"darkest": BLACK, "brightest": GREY}),
        ("refuted", {"darkest": BLACK, "brightest": WHITE - 1}),
    ],
    "C11": [("refuted", {"losses_differ_by": 5e-7}), ("reproduced", {"losses_differ_by": 0.1})],
}


@each(CASES)
def test_rule(rule, facts, word):
    assert rule.decide(**facts).word == word


@each({"C11": [("", {"losses_differ_by": 5e-7})]})
def test_loss_without_one_hot_labels_is_compared(rule, facts, word):
    assert rule.decide(**facts).ours == "the same loss without them (to 5e-07)"
