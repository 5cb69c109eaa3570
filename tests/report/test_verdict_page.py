"""The page that judges the paper's items and claims."""

from sixtytwo.report import verdict_page

ENTRY = {
    "ours": "",
    "interval": None,
    "kind": "finding",
    "decided_with": None,
    "claim": "a",
    "section": "2",
    "paper": "b",
    "evidence": "notebooks/05_x.html#tbl-a",
    "note": "It is so.",
}
ENTRIES = [
    ENTRY | {"id": "R01", "ours": "yes", "interval": None, "verdict": "reproduced"},
    ENTRY | {"id": "C01", "ours": "0.81", "interval": [0.8, 0.82], "verdict": "reproduced"},
    ENTRY
    | {"id": "C02", "ours": "", "interval": None, "verdict": "not testable", "kind": "wording", "evidence": "book/y.html#z"},
    ENTRY | {"id": "C03", "ours": "", "interval": None, "verdict": "open"},
]


def test_row_says_what_was_found_by_which_rule_and_where():
    text = verdict_page.page(ENTRIES)
    assert (
        """:::{dropdown} {bdg-success}`reproduced` **C01** a
:name: c01
:class-container: verdict reproduced finding

- *The paper*: b (2)
- *Here*: 0.81 (95% interval 0.800 to 0.820)
- *Rule*: It is so.
- *Evidence*: {numref}`tbl-a` in {doc}`/notebooks/05_x`
- *Kind*: finding
:::
"""
        in text
    )
    assert "- *Evidence*: {doc}`/book/y`" in text
    of_what_is_open = text.partition(":name: c03")[2]
    assert "{numref}" not in of_what_is_open and "- *Evidence*: {doc}`/notebooks/05_x`" in of_what_is_open


def test_what_asks_for_attention_comes_first():
    words = ["reproduced", "partly", "refuted", "undecided", "contradicts itself", "open"]
    text = verdict_page.page([ENTRY | {"id": f"C1{n}", "verdict": word} for n, word in enumerate(words)])
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings == ["Refuted", "Undecided", "Contradicts itself", "Partly", "Reproduced", "Open"]


def test_findings_come_before_what_only_repeats():
    text = verdict_page.page([ENTRIES[0] | {"kind": "built as described"}, ENTRIES[1]])
    assert text.index(":name: c01") < text.index(":name: r01")


def test_entry_that_waits_for_a_run_gives_no_rule():
    assert "*Rule*" not in verdict_page.page(ENTRIES[3:])


COUNTED = [
    *ENTRIES,
    ENTRY | {"id": "R02", "verdict": "reproduced", "kind": "built as described"},
    ENTRY | {"id": "C04", "verdict": "refuted"},
    ENTRY | {"id": "C05", "verdict": "refuted", "decided_with": "C04"},
]


def test_summary_counts_kinds_apart_and_the_same_facts_once():
    lines = verdict_page.summary(COUNTED).splitlines()
    assert lines[0] == "| Verdict | Finding | Wording | Built as described |"
    assert lines[2:] == [
        "| reproduced | 2 | 0 | 1 |",
        "| refuted | 1 | 0 | 0 |",
        "| not testable | 0 | 1 | 0 |",
        "| open | 1 | 0 | 0 |",
        "| in all | 4 | 1 | 1 |",
    ]


def test_headline_is_about_the_findings():
    text = verdict_page.headline(COUNTED)
    assert text.startswith("Of 4 findings") and "2 hold, 1 are refuted, 1 wait for their experiments" in text


def test_entry_that_is_not_counted_names_the_one_that_is():
    assert "- *Counted*: with [C04](#c04), which the same facts decide." in verdict_page.page(COUNTED)
