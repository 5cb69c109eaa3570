"""The paper's items and claims, and the page that judges them."""

import pytest

import publish
import verdicts


def test_every_item_and_claim_is_listed_in_order():
    found = [entry["id"] for entry in verdicts.claims()]
    assert found == [f"R{n:02}" for n in range(1, 43)] + [f"C{n:02}" for n in range(1, 83)]


def test_evidence_is_on_a_page_of_the_book():
    pages = {page.removesuffix(".html") for page in publish.pages()}
    assert {entry["page"] for entry in verdicts.claims()} <= pages


def test_claims_that_must_be_measured_are_not_decided_by_reading():
    decided = {entry["id"] for entry in verdicts.claims() if "verdict" in entry}
    assert decided.isdisjoint({"C04", "C18", "C32", "C45", "C62", "C76"})
    assert all(entry["id"][0] == "C" for entry in verdicts.claims() if "verdict" in entry)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {id: C01, section: '2', claim: a, paper: b}", "C01 in claims.yml lacks page"),
        ("- {id: C01, section: '2', claim: a, paper: b, page: c, verdict: maybe, note: d}", "a verdict is one of"),
        ("- {id: C01, section: '2', claim: a, paper: b, page: c, verdict: partly}", "has a note"),
        ("- &a {id: C01, section: '2', claim: a, paper: b, page: c}\n- *a", "C01 occur twice"),
    ],
)
def test_bad_claims_are_refused(text, message, tmp_path, monkeypatch):
    monkeypatch.setattr(verdicts, "CLAIMS", tmp_path / "claims.yml")
    verdicts.CLAIMS.write_text(text)
    with pytest.raises(ValueError, match=message):
        verdicts.claims()


def test_page_has_a_target_and_a_verdict_for_each():
    entries = verdicts.claims()
    text = verdicts.page(entries)
    for entry in entries:
        assert f"({entry['id'].lower()})=" in text
    assert text.count("`contradicts itself`") == sum(entry.get("verdict") == "contradicts itself" for entry in entries)
    assert "| open |" in verdicts.summary(entries) or all("verdict" in entry for entry in entries)
