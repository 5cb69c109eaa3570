"""The page that judges the paper's items and claims, as Markdown."""

from collections import Counter

from sixtytwo.findings import claims
from sixtytwo.report import markdown

_PARTS = {
    "R": ("Tables, figures and methods", "What the paper contains."),
    "C": ("Statements and gaps", "What the paper says, or leaves out, in its order."),
}

_COLOURS = {
    "reproduced": "success",
    "partly": "info",
    "undecided": "warning",
    "refuted": "danger",
    "contradicts itself": "dark",
    "not testable": "secondary",
    "not tested": "light",
    claims.OPEN: "light",
}


_IN_WORDS = {
    "reproduced": "hold",
    "partly": "hold in part",
    "undecided": "stay undecided",
    "refuted": "are refuted",
    "contradicts itself": "are contradicted by the paper itself",
    "not testable": "cannot be tested",
    "not tested": "were not tested",
    claims.OPEN: "wait for their experiments",
}


def summary(entries) -> str:
    """How many entries of each kind have which verdict, as a Markdown table; what the same facts decide is counted once."""
    counted = [entry for entry in entries if entry["decided_with"] is None]
    counts = [Counter(entry["verdict"] for entry in counted if entry["kind"] == kind) for kind in claims.KINDS]
    words = [word for word in (*claims.VERDICTS, claims.OPEN) if any(count[word] for count in counts)]
    kinds = [(kind.capitalize(), count) for kind, count in zip(claims.KINDS, counts, strict=True)][::-1]  # findings first
    rows = [[word, *(str(count[word]) for _, count in kinds)] for word in words]
    total = ["in all", *(str(count.total()) for _, count in kinds)]
    return markdown.table(["Verdict", *(kind for kind, _ in kinds)], [*rows, total])


def headline(entries) -> str:
    """How many of the findings hold, in a sentence; what the same facts decide is counted once."""
    words = [entry["verdict"] for entry in entries if entry["kind"] == "finding" and entry["decided_with"] is None]
    count = Counter(words)
    found = ", ".join(f"{count[word]} {_IN_WORDS[word]}" for word in (*claims.VERDICTS, claims.OPEN) if count[word])
    return f"Of {len(words)} findings of the paper that could have come out otherwise here, {found}."


def page(entries) -> str:
    """Every entry with its verdict, as Markdown; each is a target of its own (`#c31`)."""
    lines = []
    for letter, (title, what) in _PARTS.items():
        lines += [f"## {title}", "", what, ""]
        for entry in (entry for entry in entries if entry["id"][0] == letter):
            lines += [f"({entry['id'].lower()})=", f"**{entry['id']}** {entry['claim']}", f": {_judged(entry)}", ""]
    return "\n".join(lines)


def _judged(entry):
    """The verdict on an entry, what the paper says, our finding, the rule, and where the evidence is."""
    where, label = entry["evidence"].split(".html#")
    other = entry["decided_with"]
    numbered = label.startswith(("fig-", "tbl-"))
    sentences = [
        f"{{bdg-{_COLOURS[entry['verdict']]}}}`{entry['verdict']}` *{entry['kind']}* Paper ({entry['section']}): {entry['paper']}.",
        f"Here: {_with_interval(entry)}." if entry["ours"] else "",
        entry["note"] if entry["verdict"] != claims.OPEN else "",
        f"The same facts decide [{other}](#{other.lower()}); counted there." if other else "",
        "Evidence: " + (f"{{numref}}`{label}` in {{doc}}`/{where}`." if numbered else f"{{doc}}`/{where}`."),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _with_interval(entry):
    if not entry["interval"]:
        return entry["ours"]
    low, high = (f"{end:g}" if float(end).is_integer() else f"{end:#.3g}" for end in entry["interval"])
    return f"{entry['ours']} (95% interval {low} to {high})"
