"""The paper's items and claims, what chapters decide about them, and the page that judges them."""

import json

import pytest

import publish
import verdicts

IDS = [f"R{n:02}" for n in range(1, 43)] + [f"C{n:02}" for n in range(1, 83)]


@pytest.fixture
def judge(tmp_path, monkeypatch):
    """A judge of two claims, writing to `tmp_path/run`."""
    monkeypatch.setattr(verdicts.store, "ROOT", tmp_path)
    monkeypatch.setattr(verdicts, "CLAIMS", tmp_path / "claims.yml")
    verdicts.CLAIMS.write_text(
        "- {id: C01, section: '2', claim: a, paper: b, evidence: notebooks/05_x#tbl-a, rule: It is so}\n"
        "- {id: C02, section: '2', claim: c, paper: d, evidence: notebooks/05_x#tbl-a, rule: It is larger}\n"
        "- {id: C03, section: '2', claim: e, paper: f, evidence: book/y#z, verdict: not testable, note: An opinion.}\n"
    )
    return verdicts.Judge("run", "05_x", decides=True)


def test_every_item_and_claim_is_listed_in_order():
    assert [entry["id"] for entry in verdicts.claims()] == IDS


def test_evidence_is_on_a_page_of_the_book():
    pages = {page.removesuffix(".html") for page in publish.pages()}
    assert {entry["evidence"].split("#")[0] for entry in verdicts.claims()} <= pages


def test_claims_that_must_be_measured_are_not_decided_by_reading():
    decided = {entry["id"] for entry in verdicts.claims() if "verdict" in entry}
    assert decided.isdisjoint({"C04", "C18", "C32", "C45", "C62", "C76"})
    assert all(name[0] == "C" for name in decided)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {id: C01, section: '2', claim: a, paper: b, rule: c}", "C01 in claims.yml lacks evidence"),
        ("- {id: C01, section: '2', claim: a, paper: b, evidence: c}", "C01 in claims.yml lacks rule"),
        ("- {id: C01, section: '2', claim: a, paper: b, evidence: c, verdict: partly}", "C01 in claims.yml lacks note"),
        ("- {id: C01, section: '2', claim: a, paper: b, evidence: c, verdict: maybe, note: d}", "a verdict is one of"),
        ("- {id: C01, section: '2', claim: a, paper: 1, 2, evidence: c, rule: d}", r"C01 .* unknown keys \(2\); quote"),
        ("- &a {id: C01, section: '2', claim: a, paper: b, evidence: c, rule: d}\n- *a", "C01 occur twice"),
    ],
)
def test_bad_claims_are_refused(text, message, tmp_path, monkeypatch):
    monkeypatch.setattr(verdicts, "CLAIMS", tmp_path / "claims.yml")
    verdicts.CLAIMS.write_text(text)
    with pytest.raises(ValueError, match=message):
        verdicts.claims()


def test_verdicts_of_a_chapter_reach_the_page(judge, tmp_path):
    judge("C01", True, "0.81", interval=(0.8, 0.82))
    judge("C02", "partly", "1 of 2", interval=(float("nan"), float("nan")))
    assert judge.table().data["verdict"].to_list() == ["reproduced", "partly"]
    first, second, third = verdicts.gather(tmp_path / "run")
    assert (first["verdict"], first["interval"], first["note"]) == ("reproduced", [0.8, 0.82], "It is so.")
    assert (first["evidence"], second["interval"]) == ("notebooks/05_x.html#tbl-a", None)
    assert (third["verdict"], third["note"]) == ("not testable", "An opinion.")
    text = verdicts.page([first, second, third])
    assert "(c01)=" in text and "0.81 (95% interval 0.800 to 0.820)" in text and "{numref}`tbl-a`" in text
    assert "| partly | 0 | 1 |" in verdicts.summary([first, second, third])


def test_a_run_that_decides_nothing_leaves_nothing(judge, tmp_path):
    judge("C01", True, "yes")
    judge("C02", True, "yes")
    judge.table()
    reduced = verdicts.Judge("run", "05_x", decides=False)
    reduced("C01", True, "yes")
    assert reduced.table().data.empty
    assert [entry["verdict"] for entry in verdicts.gather(tmp_path / "run")] == ["open", "open", "not testable"]


def test_a_claim_that_was_forgotten_is_named(judge):
    judge("C01", True, "yes")
    with pytest.raises(ValueError, match="C02 are to be judged by this chapter"):
        judge.table()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("C03", True, "yes"), "C03 is not decided here: expected one of C01, C02"),
        (("C01", "perhaps", "yes"), "C01: expected a verdict out of reproduced"),
        (("C01", True, " "), "C01: expected a verdict .* and our finding"),
    ],
)
def test_a_bad_verdict_is_refused(judge, arguments, message):
    with pytest.raises(ValueError, match=message):
        judge(*arguments)


def test_words_for_claims_of_several_parts_and_for_the_best():
    assert [verdicts.parts(*c) for c in ((True, True), (True, False), (False, False))] == [
        "reproduced",
        "partly",
        "not reproduced",
    ]
    assert [verdicts.best(behind) for behind in (0.0, 0.004, 0.006)] == ["reproduced", "partly", "not reproduced"]


def test_published_verdicts_keep_the_contract():
    published = json.loads((publish.execute.REFERENCE / "verdicts.json").read_text())
    assert [entry["id"] for entry in published] == IDS
    for entry in published:
        assert set(entry) == {"id", "claim", "section", "paper", "ours", "interval", "verdict", "evidence", "note"}
        assert entry["note"] and entry["verdict"] in (*verdicts.VERDICTS, verdicts.OPEN)
        assert entry["interval"] is None or entry["interval"][0] <= entry["interval"][1]
    not_tested = [entry["id"] for entry in published if entry["verdict"] == "not tested"]
    assert len(not_tested) <= 10 and not {"C04", "C18", "C32", "C45", "C62", "C76"} & set(not_tested)
    profile = json.loads((publish.execute.REFERENCE / "provenance.json").read_text())["profile"]
    assert profile != "paper" or all(entry["verdict"] != verdicts.OPEN for entry in published)
