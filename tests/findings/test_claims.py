"""The list of the paper's items and claims: complete, each decided once, by the chapter that has the evidence."""

import re

import pytest

from sixtytwo.base import contracts, paths
from sixtytwo.findings import claims, rules
from sixtytwo.report import book

IDS = [f"R{n:02}" for n in range(1, 43)] + [f"C{n:02}" for n in range(1, 90)]
MEASURED = {"C04", "C18", "C32", "C45", "C62", "C76"}  # never to be decided by reading, nor left untested
# Their experiments are not part of the published run yet: notebooks/profiles/paper.yaml leaves them out.
WAITING = {"R18", "R19", "R20", "C19", "C21", "C38", "C67", "C84", "C88"}


@pytest.fixture(scope="module")
def entries():
    return {entry["id"]: entry for entry in claims.claims()}


def test_every_item_and_claim_is_listed_in_order(entries):
    assert list(entries) == IDS


def test_each_is_decided_by_the_papers_own_text_by_one_rule_or_with_another(entries):
    by_text = [name for name, entry in entries.items() if "verdict" in entry]
    by_rule = [name for module in rules.modules() for name in rules.rules_of(module)]
    with_another = [name for name, entry in entries.items() if "decided_with" in entry and name not in {*by_text, *by_rule}]
    assert sorted([*by_text, *by_rule, *with_another]) == sorted(IDS)


def test_what_the_papers_own_text_decides_is_wording_and_nothing_else_is(entries):
    by_kind = {name: entry["kind"] == "wording" for name, entry in entries.items()}
    assert by_kind == {name: "verdict" in entry for name, entry in entries.items()}


def test_the_entry_that_counts_the_same_facts_counts_itself_and_is_of_the_same_kind(entries):
    for name, entry in entries.items():
        if other := entry.get("decided_with"):
            assert "decided_with" not in entries[other] and entries[other]["kind"] == entry["kind"], name


def test_rules_stand_in_the_module_of_the_chapter_that_has_the_evidence(entries):
    for name, rule in rules.every_rule().items():
        page = re.fullmatch(r"notebooks/\d\d_(\w+)#[\w-]+", entries[name]["evidence"])
        assert page and rules.chapter_of(rule.decide) == page[1], name


def test_evidence_is_on_a_page_of_the_book(entries):
    pages = {page.removesuffix(".html") for page in book.pages()}
    assert {entry["evidence"].split("#")[0] for entry in entries.values()} <= pages


def test_claims_that_must_be_measured_are_not_decided_by_reading(entries):
    assert MEASURED.isdisjoint(name for name, entry in entries.items() if "verdict" in entry)


def test_what_the_papers_own_text_decides_has_no_word_for_a_measurement(entries):
    words = {entry["verdict"] for entry in entries.values() if "verdict" in entry}
    assert words == {"contradicts itself", "not testable"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {id: C01, section: '2', claim: a, paper: b, kind: finding}", "C01 in claims.yml lacks evidence"),
        (
            "- {id: C13, section: '2', claim: a, paper: b, kind: finding, evidence: c}",
            r"C13 needs a verdict in claims.yml or a rule",
        ),
        (
            "- {id: C01, section: '2', claim: a, paper: b, kind: finding, evidence: c, verdict: partly, note: d}",
            "one of the two",
        ),
        (
            "- {id: C13, section: '2', claim: a, paper: b, kind: finding, evidence: c, verdict: partly}",
            "C13 in claims.yml lacks note",
        ),
        (
            "- {id: C13, section: '2', claim: a, paper: b, kind: finding, evidence: c, verdict: maybe, note: d}",
            "a verdict is one of",
        ),
        ("- {id: C01, section: '2', claim: a, paper: 1, 2, kind: finding, evidence: c}", r"C01 .* unknown keys \(2\); quote"),
        ("- {id: C01, section: '2', claim: a, paper: b, kind: finding, evidence: c, rule: d}", r"C01 .* unknown keys \(rule\)"),
        ("- {id: C01, section: '2', claim: a, paper: b, kind: odd, evidence: c}", "C01 .* a kind is one of built as described"),
        (
            "- {id: C01, section: '2', claim: a, paper: b, kind: finding, evidence: c, decided_with: R99}",
            "C01 in claims.yml is decided with R99, which is not there",
        ),
        ("- &a {id: C01, section: '2', claim: a, paper: b, kind: finding, evidence: c}\n- *a", "C01 occur twice"),
    ],
)
def test_bad_claims_are_refused(text, message, tmp_path, monkeypatch):
    monkeypatch.setattr(claims, "CLAIMS", tmp_path / "claims.yml")
    claims.CLAIMS.write_text(text)
    with pytest.raises(ValueError, match=message):
        claims.claims()


def test_published_verdicts_keep_the_contract():
    published = contracts.read(paths.REFERENCE / "verdicts.json")
    assert [entry["id"] for entry in published] == IDS
    for entry in published:
        assert entry["note"]
        assert entry["interval"] is None or entry["interval"][0] <= entry["interval"][1]
    not_tested = [entry["id"] for entry in published if entry["verdict"] == "not tested"]
    assert len(not_tested) <= 10 and MEASURED.isdisjoint(not_tested)
    profile = contracts.read(paths.REFERENCE / "provenance.json")["profile"]
    waiting = {entry["id"] for entry in published if entry["verdict"] == claims.OPEN}
    assert profile != "paper" or waiting == WAITING


def test_published_verdicts_are_those_of_the_claims_and_the_rules(entries):
    """What the pages say about a claim is what its rule says today."""
    measured = rules.every_rule()

    def note(name):
        if name in measured:
            return f"{measured[name].text}."
        return entries[name]["note"] if "note" in entries[name] else note(entries[name]["decided_with"])

    for entry in claims.gather(paths.REFERENCE):
        assert entry["note"] == note(entry["id"]) or entry["verdict"] == claims.OPEN
    assert claims.gather(paths.REFERENCE) == contracts.read(paths.REFERENCE / "verdicts.json")
