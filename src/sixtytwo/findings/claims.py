"""The paper's items and claims (`book/claims.yml`), and what the chapters of a run found out about them."""

import json
from collections import Counter
from typing import get_args

import yaml

from sixtytwo.base import contracts, paths
from sixtytwo.findings import rules

CLAIMS = paths.ROOT / "book" / "claims.yml"
OPEN = "open"  # no full run on real data has decided it
VERDICTS = tuple(word for word in get_args(contracts.Word) if word != OPEN)


KINDS = get_args(contracts.Kind)


def claims() -> list[dict]:
    """All entries: id, kind, section, claim, paper, evidence; what decides them, and a note, where it is not a rule.

    Raises ValueError for an entry without these or with others, with an unknown kind or verdict, with an id that occurs twice,
    or if what decides it is missing or there twice: the paper's own text, a rule of `rules`, or another entry.
    """
    entries = yaml.safe_load(CLAIMS.read_text(encoding="utf-8"))
    measured = rules.every_rule()
    names = [entry.get("id") for entry in entries]
    for entry in entries:
        name = entry.get("id", entry)
        expected = {"id", "kind", "section", "claim", "paper", "evidence"}
        expected |= {"verdict", "note"} if "verdict" in entry or "note" in entry else set()
        if missing := expected - set(entry):
            raise ValueError(f"{name} in {CLAIMS.name} lacks {', '.join(sorted(missing))}.")
        if unknown := set(entry) - expected - {"ours", "decided_with"}:
            listed = ", ".join(sorted(map(str, unknown)))
            raise ValueError(f"{name} in {CLAIMS.name} has unknown keys ({listed}); quote a text that has commas in it.")
        if entry["kind"] not in KINDS:
            raise ValueError(f"{name} in {CLAIMS.name}: a kind is one of {', '.join(KINDS)}.")
        if entry.get("verdict", VERDICTS[0]) not in VERDICTS:
            raise ValueError(f"{name} in {CLAIMS.name}: a verdict is one of {', '.join(VERDICTS)}.")
        if entry.get("decided_with", names[0]) not in names:
            raise ValueError(f"{name} in {CLAIMS.name} is decided with {entry['decided_with']}, which is not there.")
        if ("verdict" in entry) + (name in measured) > 1 or not ({"verdict", "decided_with"} & set(entry) or name in measured):
            raise ValueError(f"{name} needs a verdict in {CLAIMS.name} or a rule in sixtytwo.findings.rules: one of the two.")
    if twice := [name for name, n in Counter(names).items() if n > 1]:
        raise ValueError(f"{', '.join(twice)} occur twice in {CLAIMS.name}.")
    return entries


def gather(run_folder) -> list[dict]:
    """All entries with what the chapters of a run found, as `verdicts.json` has them.

    Each has id, kind, decided_with (None if it is counted itself), claim, section, paper, ours, interval, verdict (`OPEN` if
    nothing decided it), evidence ("page.html#id"), note.
    """
    found = {}
    for path in sorted((run_folder / "verdicts").glob("*.json")):
        found |= json.loads(path.read_text(encoding="utf-8"))
    entries, measured = {entry["id"]: entry for entry in claims()}, rules.every_rule()

    def decided(entry):
        if "verdict" in entry:
            return entry
        if entry["id"] in measured:
            return found.get(entry["id"], {})
        return decided(entries[entry["decided_with"]])

    return [_judged(entry, decided(entry)) for entry in entries.values()]


def _judged(entry, decided):
    nothing = {"ours": "", "interval": None, "verdict": OPEN, "note": "Waits for the published run."}
    known = {name: entry[name] for name in ("id", "kind", "claim", "section", "paper")}
    known["decided_with"] = entry.get("decided_with")
    judged = nothing | {name: decided[name] for name in nothing if name in decided}
    return known | judged | {"evidence": entry["evidence"].replace("#", ".html#")}
