"""The page that judges the paper's items and claims, as Markdown."""

from collections import Counter

from sixtytwo.findings import claims
from sixtytwo.report import markdown

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
    claims.OPEN: "dark",
}


def summary(entries) -> str:
    """How many entries have which verdict, as a Markdown table."""
    counts = [Counter(entry["verdict"] for entry in entries if entry["id"][0] == part) for part in _PARTS]
    words = [word for word in (*claims.VERDICTS, claims.OPEN) if any(count[word] for count in counts)]
    head = ["Verdict", *(title for title, _ in _PARTS.values())]
    return markdown.table(head, [[word, *(str(count[word]) for count in counts)] for word in words])


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
    numbered = label.startswith(("fig-", "tbl-"))
    sentences = [
        f"{{bdg-{_COLOURS[entry['verdict']]}}}`{entry['verdict']}` Paper ({entry['section']}): {entry['paper']}.",
        f"Here: {_with_interval(entry)}." if entry["ours"] else "",
        entry["note"] if entry["verdict"] != claims.OPEN else "",
        "Evidence: " + (f"{{numref}}`{label}` in {{doc}}`/{where}`." if numbered else f"{{doc}}`/{where}`."),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _with_interval(entry):
    if not entry["interval"]:
        return entry["ours"]
    low, high = (f"{end:g}" if float(end).is_integer() else f"{end:#.3g}" for end in entry["interval"])
    return f"{entry['ours']} (95% interval {low} to {high})"
