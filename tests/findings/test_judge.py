"""What chapters decide by their rules, and what a run that decides nothing leaves."""

import json
import math

import pytest

from sixtytwo.base import paths
from sixtytwo.findings import claims, judge, rules
from sixtytwo.findings.rules import Verdict, holds, parts

CLAIMS = (
    "- {id: C01, kind: finding, section: '2', claim: a, paper: b, evidence: notebooks/05_x#tbl-a}\n"
    "- {id: C02, kind: finding, section: '2', claim: c, paper: d, evidence: notebooks/05_x#tbl-a}\n"
    "- {id: C03, kind: wording, section: '2', claim: e, paper: f, evidence: book/y#z, verdict: not testable, "
    "note: An opinion.}\n"
)


def larger(accuracy):
    return Verdict(holds(accuracy > 0.5), f"{accuracy}", (accuracy - 0.1, accuracy + 0.1))


def some(accuracy, found):
    return Verdict(parts(*found), f"{sum(found)} of {len(found)}", (math.nan, math.nan))


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """The chapter 05_x with rules for two claims, in a checkout of its own."""
    known = {"C01": rules.Rule("C01", "It is larger", larger), "C02": rules.Rule("C02", "All are there", some)}
    monkeypatch.setattr(rules, "_RULES", {"x": known})
    monkeypatch.setattr(rules, "every_rule", lambda: known)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(claims, "CLAIMS", tmp_path / "claims.yml")
    claims.CLAIMS.write_text(CLAIMS)


def test_verdicts_of_a_chapter_are_gathered_and_shown_on_their_page_only(chapter, tmp_path):
    assert judge.judge("run", "05_x", decides=True, accuracy=0.8, found=[True, False]) is None
    first, second, third = claims.gather(tmp_path / "run")
    assert (first["verdict"], first["note"], first["ours"]) == ("reproduced", "It is larger.", "0.8")
    assert first["interval"] == pytest.approx([0.7, 0.9]) and first["evidence"] == "notebooks/05_x.html#tbl-a"
    assert (second["id"], second["claim"], second["ours"], second["note"]) == ("C02", "c", "1 of 2", "All are there.")
    assert second["verdict"] == "partly" and second["interval"] is None
    assert (third["verdict"], third["note"]) == ("not testable", "An opinion.")


def test_a_run_that_decides_nothing_leaves_nothing(chapter, tmp_path):
    judge.judge("run", "05_x", decides=True, accuracy=0.8, found=[True])
    judge.judge("run", "05_x", decides=False, accuracy=0.8, found=[True])
    assert [entry["verdict"] for entry in claims.gather(tmp_path / "run")] == ["open", "open", "not testable"]


def test_chapters_are_judged_without_the_list_of_claims(chapter):
    claims.CLAIMS.unlink()
    for decides in (True, False):
        judge.judge("run", "05_x", decides=decides, accuracy=0.8, found=[True])


def test_verdicts_are_those_of_the_facts(chapter, tmp_path):
    judge.judge("run", "05_x", decides=True, accuracy=0.3, found=[False])
    left = json.loads((tmp_path / "run" / "verdicts" / "05_x.json").read_text())
    assert {name: entry["verdict"] for name, entry in left.items()} == {"C01": "refuted", "C02": "refuted"}


def test_what_an_experiment_decides_that_is_not_part_of_the_run_stays_open(chapter, tmp_path):
    judge.judge("run", "05_x", decides=True, accuracy=0.8, found=None)
    assert [entry["verdict"] for entry in claims.gather(tmp_path / "run")] == ["reproduced", "open", "not testable"]


def test_an_entry_without_a_rule_has_the_verdict_of_that_which_it_is_decided_with(chapter, tmp_path):
    other = "{id: C04, kind: finding, decided_with: C01, section: '2', claim: g, paper: h, evidence: notebooks/05_x#tbl-b}"
    claims.CLAIMS.write_text(f"{CLAIMS}- {other}\n")
    judge.judge("run", "05_x", decides=True, accuracy=0.8, found=[True])
    first, *_, last = claims.gather(tmp_path / "run")
    assert (last["id"], last["decided_with"], last["evidence"]) == ("C04", "C01", "notebooks/05_x.html#tbl-b")
    assert all(last[name] == first[name] for name in ("verdict", "ours", "interval", "note")) and first["decided_with"] is None


@pytest.mark.parametrize("decides", [True, False])
@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"accuracy": 0.8}, "C02 needs the facts found: hand them to `judge` in 05_x"),
        ({"accuracy": 0.8, "found": [True], "more": 1}, "no rule of 05_x asks for more: expected accuracy, found"),
    ],
)
def test_facts_that_do_not_fit_the_rules_are_named_in_any_run(chapter, facts, message, decides):
    with pytest.raises(ValueError, match=message):
        judge.judge("run", "05_x", decides=decides, **facts)


@pytest.mark.parametrize("verdict", [Verdict("perhaps", "yes"), Verdict("reproduced", " ")])
def test_a_bad_verdict_is_refused(chapter, verdict, monkeypatch):
    monkeypatch.setattr(rules, "_RULES", {"x": {"C01": rules.Rule("C01", "It is so", lambda: verdict)}})
    with pytest.raises(ValueError, match=r"C01: expected a verdict out of reproduced, .* and our finding"):
        judge.judge("run", "05_x", decides=True)


def test_a_chapter_of_a_readers_own_decides_nothing():
    assert rules.rules_of("my_model") == {}
