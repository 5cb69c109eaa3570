"""The rules of the chapter on the data, on made-up facts."""

import string

import numpy as np
import pandas as pd
from rule_cases import each

CLASSES = list(string.digits + string.ascii_uppercase + string.ascii_lowercase)
COUNTS = pd.Series([5000] * 10 + [961] * 51 + [989], index=CLASSES)  # 100,000 in all
SIZES = (100_000, 20_000)
FEW_NINES = COUNTS.where(COUNTS.index != "9", 900)
BLACK, WHITE = np.zeros(3, dtype=np.uint8), np.full(3, 255, dtype=np.uint8)
IMAGES = {"image_shape": (28, 28), "darkest": BLACK, "brightest": WHITE}

CASES = {
    "R01": [
        ("reproduced", {"sizes": SIZES, "counts": COUNTS}),
        ("refuted", {"sizes": (100_000, 10_000), "counts": COUNTS}),
        ("refuted", {"sizes": SIZES, "counts": COUNTS[:47]}),
    ],
    "R02": [
        ("reproduced", {"shown": CLASSES, "counts": COUNTS, "upright": True}),
        ("refuted", {"shown": CLASSES, "counts": COUNTS, "upright": False}),
        ("refuted", {"shown": CLASSES[:-1], "counts": COUNTS, "upright": True}),
        ("refuted", {"shown": [*CLASSES[:-1], "0"], "counts": COUNTS, "upright": True}),
    ],
    "R03": [
        ("reproduced", {"sizes": SIZES, "counts": COUNTS}),
        ("refuted", {"sizes": SIZES, "counts": COUNTS + 1}),
        ("refuted", {"sizes": SIZES, "counts": COUNTS.add(pd.Series({"0": 961, "A": -961}), fill_value=0)}),
    ],
    "R04 C05": [("reproduced", {"counts": COUNTS}), ("refuted", {"counts": FEW_NINES})],
    "C01": [("reproduced", {"official_sizes": SIZES}), ("refuted", {"official_sizes": (697_932, 116_323)})],
    "C02": [
        ("reproduced", {"counts": COUNTS}),
        ("refuted", {"counts": COUNTS[:47]}),
        ("refuted", {"counts": COUNTS[::-1]}),
    ],
    "C03": [
        ("reproduced", IMAGES),
        ("refuted", IMAGES | {"image_shape": (32, 32)}),
        ("refuted", IMAGES | {"darkest": np.array([0, 0, 1], dtype=np.uint8)}),
        ("refuted", IMAGES | {"brightest": np.array([255, 254, 255], dtype=np.uint8)}),
    ],
    "C06": [
        ("reproduced", {"sizes": SIZES, "counts": COUNTS}),
        ("refuted", {"sizes": (90_000, 20_000), "counts": COUNTS}),
    ],
}


@each(CASES)
def test_rule(rule, facts, word):
    assert rule.decide(**facts).word == word


@each({"C05": [("reproduced", {"counts": COUNTS})]})
def test_imbalance_is_said_in_numbers(rule, facts, word):
    assert rule.decide(**facts).ours == "digits 50.0%; largest class 5.2 times the smallest"
