"""The paper's items and claims (book/claims.yml), and the page that judges them."""

from collections import Counter

import yaml

import store

CLAIMS = store.ROOT / "book" / "claims.yml"
VERDICTS = ("reproduced", "partly", "not reproduced", "contradicts itself", "not testable", "not tested")
OPEN = "open"  # waits for the published run
_PARTS = {
    "R": ("Tables, figures and methods", "What the paper contains."),
    "C": ("Claims", "What the paper says, in its order."),
}
_COLOURS = {
    "reproduced": "success",
    "partly": "info",
    "not reproduced": "danger",
    "contradicts itself": "warning",
    "not testable": "secondary",
    "not tested": "light",
    OPEN: "dark",
}


def claims() -> list[dict]:
    """All items and claims: id, section, claim, paper, page; with verdict and note if the paper's own text decides.

    Raises ValueError for an entry without these, with an unknown verdict, or with an id that occurs twice.
    """
    entries = yaml.safe_load(CLAIMS.read_text())
    for entry in entries:
        if missing := {"id", "section", "claim", "paper", "page"} - set(entry):
            raise ValueError(f"{entry.get('id', entry)} in {CLAIMS.name} lacks {', '.join(sorted(missing))}.")
        if "verdict" in entry and (entry["verdict"] not in VERDICTS or not entry.get("note")):
            raise ValueError(f"{entry['id']} in {CLAIMS.name}: a verdict is one of {', '.join(VERDICTS)} and has a note.")
    if twice := [name for name, n in Counter(entry["id"] for entry in entries).items() if n > 1]:
        raise ValueError(f"{', '.join(twice)} occur twice in {CLAIMS.name}.")
    return entries


def summary(entries) -> str:
    """How many entries have which verdict, as a Markdown table."""
    found = Counter(entry.get("verdict", OPEN) for entry in entries)
    lines = ["| Verdict | Number |", "|---|--:|", *(f"| {name} | {found[name]} |" for name in (*VERDICTS, OPEN) if found[name])]
    return "\n".join(lines) + "\n"


def page(entries) -> str:
    """Every entry with its verdict, as Markdown; each is a target of its own (`#c31`)."""
    lines = []
    for letter, (title, what) in _PARTS.items():
        lines += [f"## {title}", "", what, ""]
        for entry in (entry for entry in entries if entry["id"][0] == letter):
            verdict = entry.get("verdict", OPEN)
            lines += [
                f"({entry['id'].lower()})=",
                f"**{entry['id']}** {entry['claim']}",
                f": {{bdg-{_COLOURS[verdict]}}}`{verdict}` Paper ({entry['section']}): {entry['paper']}."
                + (f" {entry['note']}" if "note" in entry else "")
                + f" Evidence: {{doc}}`/{entry['page']}`.",
                "",
            ]
    return "\n".join(lines)
