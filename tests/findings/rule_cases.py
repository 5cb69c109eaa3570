"""Made-up facts for every rule: a chapter's `test_rules_<module>.py` lists them, and `test_rules.py` finds what is missing.

    from rule_cases import each

    CASES = {
        "C36": [
            ("reproduced", {"parameters": 100, "macs": 100}),
            ("partly", {"parameters": 300, "macs": 100}),
            ("refuted", {"parameters": 300, "macs": 300}),
        ],
        "R08 C12": [...],  # several ids, if one function decides them
    }


    @each(CASES)
    def test_rule(rule, facts, word):
        assert rule.decide(**facts).word == word

`VERDICTS` says which verdicts each rule can give. Its cases must give all of them, and no other.
"""

import numpy as np
import pytest

from sixtytwo.findings import rules

VERDICTS = {
    # What is counted or calculated holds or does not.
    "reproduced, refuted": """
        R01 R02 R03 R04 R05 R06 R07 R08 R09 R10 R11 R12 R13 R14 R15 R16 R17 R30 R37 R39
        C01 C02 C03 C05 C06 C08 C09 C10 C11 C12 C14 C15 C16 C20 C22 C23 C24 C33 C34 C35 C40 C47 C49 C52 C53 C74
    """,
    "reproduced, partly, refuted": "R31 C30 C36 C39 C57 C59 C75 C79",
    "partly, refuted": "R21 R41 C29 C73 C89",
    "reproduced, partly, refuted, not tested": "R38 R40 R42",
    # An interval or a test may leave it undecided.
    "reproduced, refuted, undecided": "R18 R19 R20 R25 R26 R27 R28 R35 C04 C07 C19 C37 C38 C45 C46 C62 C68 C86",
    "reproduced, partly, refuted, undecided": """
        R22 R23 R24 C18 C21 C32 C51 C55 C60 C61 C63 C67 C76 C83 C84 C85 C88
    """,
    # The paper says nothing that a measurement could be compared with.
    "not testable": "C50 C56",
}


def each(cases):
    """Parametrise a test by `rule`, `facts` and `word` of every case."""
    known = rules.every_rule()
    flat = [(name, facts, word) for names, found in cases.items() for name in names.split() for word, facts in found]
    return pytest.mark.parametrize(
        ("rule", "facts", "word"),
        [pytest.param(known[name], facts, word, id=f"{name}-{word.replace(' ', '-')}") for name, facts, word in flat],
    )


def words(cases) -> list[tuple[str, str]]:
    """Which rule is expected to give which verdict in the cases of a file."""
    return [(name, word) for names, found in cases.items() for name in names.split() for word, _ in found]


def verdicts_of(name) -> set[str]:
    """The verdicts that a rule can give, as `VERDICTS` has them."""
    found = [verdicts for verdicts, names in VERDICTS.items() if name in names.split()]
    assert len(found) == 1, f"expected {name} in one line of VERDICTS in rule_cases.py, found it in {len(found)}"
    return set(found[0].split(", "))


# --- facts that several chapters need: a point that is called the best, and its rivals

NOISE = np.array([-0.001, 0.0, 0.001])  # of three seeds


def rivals(*means, noise=NOISE):
    """Rivals of a point whose accuracy is 0.85 (`OWN`), over three seeds."""
    return {f"rival {i}": list(mean + noise) for i, mean in enumerate(means)}


OWN = list(0.85 + NOISE)
WORSE, HARDLY_BETTER, BETTER = rivals(0.80, 0.84), rivals(0.80, 0.851), rivals(0.80, 0.87)
UNSURE = rivals(0.80, 0.852, noise=10 * NOISE)


def against_rivals(name="rivals") -> list:
    """Cases of a rule about the best of a space (`rules.is_best`), which asks for its rivals by this name."""
    found = [
        ("reproduced", WORSE),
        ("reproduced", HARDLY_BETTER),  # less than half a point, by the whole interval
        ("reproduced", WORSE | {"of one seed": [0.80]}),
        ("refuted", BETTER),
        ("undecided", UNSURE),
        ("undecided", {}),
    ]
    return [(word, {name: known, "own": OWN}) for word, known in found]
