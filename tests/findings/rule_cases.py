"""Made-up facts for every rule: a chapter's `test_rules_<module>.py` lists them, and `test_rules.py` finds what is missing.

    from rule_cases import each

    CASES = {
        "C36": [
            ("reproduced", {"parameters": 100, "macs": 100}),
            ("partly", {"parameters": 300, "macs": 100}),
            ("not reproduced", {"parameters": 300, "macs": 300}),
        ],
        "R08 C12": [...],  # several ids, if one function decides them
    }


    @each(CASES)
    def test_rule(rule, facts, word):
        assert rule.decide(**facts).word == word

Which verdicts a rule must have cases for is read from its text (`expected_words`): always "not reproduced"; "partly" if it speaks
of partly; "reproduced" unless it says that it "then counts as partly" (or "so it counts as partly") at best.
"""

import re

import pytest

from sixtytwo.findings import rules

WITHOUT_MEASURE = {"C50": {"not testable"}}  # the paper says nothing to compare our measurement with


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


def expected_words(rule) -> set:
    """The verdicts that a rule must be able to give."""
    if rule.id in WITHOUT_MEASURE:
        return WITHOUT_MEASURE[rule.id]
    at_most_partly = re.search(r"(so it|then) counts as partly", rule.text)
    found = {"not reproduced"} if at_most_partly else {"reproduced", "not reproduced"}
    return found | ({"partly"} if "partly" in rule.text else set())
