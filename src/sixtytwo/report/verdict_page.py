"""The page that judges the paper's items and claims, as Markdown."""

from collections import Counter

from sixtytwo.findings import claims
from sixtytwo.report import markdown

# What asks for attention comes first, each word with what it means.
_MEANING = {
    "refuted": "It was measured, and the interval excludes it.",
    "undecided": "The interval allows both; more seeds or images would be needed.",
    "contradicts itself": "The paper's own text or tables refute it.",
    "partly": "It holds for some parts, models, metrics or seeds.",
    "reproduced": "It holds in our run, by the rule of the entry: the whole interval says so. "
    "For a wish of the paper (R37 to R42): it was tried.",
    "not testable": "An opinion, a wording, or too little said to compare with.",
    "not tested": "This run left it out.",
    claims.OPEN: "It waits for an experiment that this run does not have.",
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
    """Every entry with its verdict, as Markdown: one folded row each, which is a target of its own (`#c31`)."""
    present = [word for word in _MEANING if any(entry["verdict"] == word for entry in entries)]
    lines = [_filters(present)]
    for word in present:
        rows = sorted(
            (entry for entry in entries if entry["verdict"] == word), key=lambda e: claims.KINDS[::-1].index(e["kind"])
        )
        lines += [f"## {word.capitalize()}", "", _MEANING[word], ""]
        for entry in rows:
            lines += [
                f":::{{dropdown}} {{bdg-{_COLOURS[word]}}}`{word}` **{entry['id']}** {entry['claim']}",
                f":name: {entry['id'].lower()}",
                f":class-container: verdict {_slug(word)} {_slug(entry['kind'])}",
                "",
                *_judged(entry),
                ":::",
                "",
            ]
    return "\n".join(lines)


def _filters(verdicts):
    """Buttons that hide rows by style alone, so that they work without JavaScript."""
    choices = {"verdict": verdicts, "kind": claims.KINDS[::-1]}
    lines = ['<form class="verdict-filters" autocomplete="off">']
    for group, words in choices.items():
        lines.append(f"<fieldset><legend>{group.capitalize()}</legend>")
        for word in ("all", *words):
            slug, checked = _slug(word), " checked" if word == "all" else ""
            lines.append(f'<label><input type="radio" name="{group}" value="{slug}"{checked}> {word}</label>')
        lines.append("</fieldset>")
    return "\n".join([*lines, "</form>", ""])


def _slug(words):
    return words.replace(" ", "-")


def _judged(entry):
    """What the paper says, our finding, the rule, and where the evidence is, as a list of definitions."""
    where, label = entry["evidence"].split(".html#")
    other = entry["decided_with"]
    numbered = label.startswith(("fig-", "tbl-")) and entry["verdict"] != claims.OPEN  # what is open may have no figure yet
    facts = {
        "The paper": f"{entry['paper']} ({entry['section']})",
        "Here": _with_interval(entry),
        "Rule": entry["note"] if entry["verdict"] != claims.OPEN else "",
        "Counted": f"with [{other}](#{other.lower()}), which the same facts decide." if other else "",
        "Evidence": f"{{numref}}`{label}` in {{doc}}`/{where}`" if numbered else f"{{doc}}`/{where}`",
        "Kind": entry["kind"],
    }
    return [f"- *{name}*: {text}" for name, text in facts.items() if text]


def _with_interval(entry):
    if not entry["interval"]:
        return entry["ours"]
    low, high = (f"{end:g}" if float(end).is_integer() else f"{end:#.3g}" for end in entry["interval"])
    return f"{entry['ours']} (95% interval {low} to {high})"
