"""The page that judges the paper's items and claims."""

from sixtytwo.report import verdict_page

ENTRY = {"claim": "a", "section": "2", "paper": "b", "evidence": "notebooks/05_x.html#tbl-a", "note": "It is so."}
ENTRIES = [
    ENTRY | {"id": "R01", "ours": "yes", "interval": None, "verdict": "reproduced"},
    ENTRY | {"id": "C01", "ours": "0.81", "interval": [0.8, 0.82], "verdict": "reproduced"},
    ENTRY | {"id": "C02", "ours": "", "interval": None, "verdict": "not testable", "evidence": "book/y.html#z"},
    ENTRY | {"id": "C03", "ours": "", "interval": None, "verdict": "open"},
]


def test_page_says_of_each_entry_what_was_found_by_which_rule_and_where():
    text = verdict_page.page(ENTRIES)
    assert (
        "(c01)=\n**C01** a\n: {bdg-success}`reproduced` Paper (2): b. Here: 0.81 (95% interval 0.800 to 0.820). It is so."
        in text
    )
    assert "Evidence: {numref}`tbl-a` in {doc}`/notebooks/05_x`." in text
    assert "{bdg-secondary}`not testable` Paper (2): b. It is so. Evidence: {doc}`/book/y`." in text
    assert text.index("## Tables, figures and methods") < text.index("(r01)=") < text.index("## Claims") < text.index("(c01)=")


def test_entry_that_waits_for_a_run_gives_no_rule():
    assert "{bdg-dark}`open` Paper (2): b. Evidence:" in verdict_page.page(ENTRIES[3:])


def test_summary_counts_items_and_claims_apart():
    lines = verdict_page.summary(ENTRIES).splitlines()
    assert lines[2:] == ["| reproduced | 1 | 1 |", "| not testable | 0 | 1 |", "| open | 0 | 1 |"]
