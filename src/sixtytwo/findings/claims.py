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


def claims() -> list[dict]:
    """All items and claims: id, section, claim, paper, evidence; and verdict and note if the paper's own text decides.

    Raises ValueError for an entry without these or with others, with an unknown verdict, with an id that occurs twice, or
    if what decides it is missing or there twice: the paper's own text or a rule of `rules`.
    """
    entries = yaml.safe_load(CLAIMS.read_text(encoding="utf-8"))
    measured = rules.every_rule()
    for entry in entries:
        name = entry.get("id", entry)
        expected = {"id", "section", "claim", "paper", "evidence"}
        expected |= {"verdict", "note"} if "verdict" in entry or "note" in entry else set()
        if missing := expected - set(entry):
            raise ValueError(f"{name} in {CLAIMS.name} lacks {', '.join(sorted(missing))}.")
        if unknown := set(entry) - expected - {"ours"}:
            names = ", ".join(sorted(map(str, unknown)))
            raise ValueError(f"{name} in {CLAIMS.name} has unknown keys ({names}); quote a text that has commas in it.")
        if entry.get("verdict", VERDICTS[0]) not in VERDICTS:
            raise ValueError(f"{name} in {CLAIMS.name}: a verdict is one of {', '.join(VERDICTS)}.")
        if ("verdict" in entry) == (name in measured):
            raise ValueError(f"{name} needs a verdict in {CLAIMS.name} or a rule in sixtytwo.findings.rules: one of the two.")
    if twice := [name for name, n in Counter(entry["id"] for entry in entries).items() if n > 1]:
        raise ValueError(f"{', '.join(twice)} occur twice in {CLAIMS.name}.")
    return entries


def gather(run_folder) -> list[dict]:
    """All items and claims with what the chapters of a run found, as `verdicts.json` has them.

    Each has id, claim, section, paper, ours, interval, verdict (`OPEN` if nothing decided it), evidence ("page.html#id"), note.
    """
    found = {}
    for path in sorted((run_folder / "verdicts").glob("*.json")):
        found |= json.loads(path.read_text(encoding="utf-8"))
    nothing = {"ours": "", "interval": None, "verdict": OPEN, "note": "Waits for the published run."}
    entries = []
    for entry in claims():
        judged = nothing | (entry if "verdict" in entry else found.get(entry["id"], {}))
        known = {name: entry[name] for name in ("id", "claim", "section", "paper")}
        entries.append(
            known
            | {name: judged[name] for name in ("ours", "interval", "verdict", "note")}
            | {"evidence": entry["evidence"].replace("#", ".html#")}
        )
    return entries
