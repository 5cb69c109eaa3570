"""Every rule is tested on made-up facts for each verdict that it can give (`rule_cases`)."""

import importlib
from collections import Counter
from pathlib import Path

import pytest
import rule_cases

from sixtytwo.findings import rules

FILES = sorted(path.stem for path in Path(__file__).parent.glob("test_rules_*.py"))
CASES = Counter()
for name in FILES:
    CASES.update(rule_cases.words(importlib.import_module(name).CASES))


@pytest.mark.parametrize("rule", rules.every_rule().values(), ids=lambda rule: rule.id)
def test_rule_is_tested_on_facts_for_each_verdict_that_it_can_give(rule):
    """A rule that cannot give "not reproduced" is a fault."""
    missing = {word for word in rule_cases.expected_words(rule) if not CASES[rule.id, word]}
    assert not missing, f"expected cases in test_rules_{rules.chapter_of(rule.decide)}.py"
