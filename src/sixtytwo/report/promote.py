"""Make an executed run the published one (`make reference`): what is copied to `book/reference`, in one step."""

import json
import shutil

import nbformat

from sixtytwo.base import contracts, paths, store
from sixtytwo.findings import claims
from sixtytwo.report import book, fingerprint

SIZE_LIMIT = 40_000_000  # bytes of book/reference


def promote(profile, only=()) -> None:
    """Make the executed run of a profile the published one, in `book/reference`, in one step.

    `only` names chapters (e.g. "06"): these alone are replaced, with their models and their entries in `results.json`
    and `provenance.json`; the others stay. What was committed as it was finished (`paths.UNFINISHED`) is no longer needed
    once it is published.

    Raises RunError if the run is not on real data, is not complete or not up to date, has figures drawn by older code, or would
    make the reference too large, and if single chapters come from another profile or other data than the rest.
    """
    new, old = paths.REFERENCE.with_name(".reference-new"), paths.REFERENCE.with_name(".reference-old")
    heal()
    try:
        size = _assemble(new, profile, only)
        if paths.REFERENCE.exists():
            paths.REFERENCE.rename(old)
        new.rename(paths.REFERENCE)
    finally:
        heal()
    for published in (paths.REFERENCE / "store").iterdir():
        shutil.rmtree(paths.UNFINISHED / published.name, ignore_errors=True)
    if profile == "paper" and not only:
        shutil.rmtree(paths.UNFINISHED, ignore_errors=True)
    print(f"promoted {profile} to {paths.shown(paths.REFERENCE)} ({size / 1e6:.1f} MB)")


def heal() -> None:
    """Take back a promotion that was cut between its two renames, and remove what a promotion leaves."""
    new, old = paths.REFERENCE.with_name(".reference-new"), paths.REFERENCE.with_name(".reference-old")
    if old.exists() and not paths.REFERENCE.exists():
        old.rename(paths.REFERENCE)
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)


def _assemble(new, profile, only):
    """Put the present reference and what replaces parts of it together in `new`; returns its size in bytes."""
    folder = paths.run(profile)
    if only and paths.REFERENCE.exists():
        shutil.copytree(paths.REFERENCE, new)
    for name in ("notebooks", "models", "verdicts", "store"):
        (new / name).mkdir(parents=True, exist_ok=True)
    planned = book.plan(profile, "emnist")
    promoted = book.named(planned, only) if only else planned
    before, models = set(), []
    for chapter in promoted:
        _check_up_to_date(chapter, folder, profile)
        before |= set(_models_of(new / "notebooks" / chapter.path.name))
        models += _copy_chapter(chapter.path, folder, new)
    for stale in (found for name in before - set(models) for found in (new / "models").glob(f"{name}.*")):
        stale.unlink()
    _merge(new / "results.json", folder, "models", before, models, only)
    _merge(new / "provenance.json", folder, "chapters", set(), [chapter.path.stem for chapter in promoted], only)
    contracts.write(new / "verdicts.json", claims.gather(new))
    _promote_store(new)
    size = sum(path.stat().st_size for path in new.rglob("*") if path.is_file())
    if size > SIZE_LIMIT:
        raise book.RunError(
            f"the reference would have {size:,} bytes, more than {SIZE_LIMIT:,}; keep metrics, not weights, of what only decides a claim."
        )
    return size


def _check_up_to_date(chapter, folder, profile):
    outdated, name = fingerprint.outdated(chapter, folder), chapter.path.stem
    if "fingerprint" in outdated:
        source = paths.shown(folder / "notebooks" / chapter.path.name)
        raise book.RunError(f"{source} is not up to date: execute the profile {profile} first.")
    if outdated:
        number = name.partition("_")[0]
        raise book.RunError(
            f'the figures of {name} were drawn by older code: `make reference CHAPTERS="{number}"` draws them again.'
        )


def _copy_chapter(path, folder, new) -> list[str]:
    """Copy what a chapter left in a run: the executed notebook, its models, its verdicts, its own results; names its models."""
    shutil.copy(folder / "notebooks" / path.name, new / "notebooks")
    (new / "verdicts" / f"{path.stem}.json").unlink(missing_ok=True)
    for found in (*folder.glob(f"{path.stem}.json"), *folder.glob(f"verdicts/{path.stem}.json")):
        shutil.copy(found, new / found.relative_to(folder))
    models = _models_of(new / "notebooks" / path.name)
    for found in (found for name in models for found in (folder / "models").glob(f"{name}.*")):
        shutil.copy(found, new / "models")
    return models


def _models_of(path) -> list[str]:
    """The models that an executed notebook recorded; none if there is no such notebook."""
    return nbformat.read(path, as_version=4).metadata["book"]["models"] if path.exists() else []


def _merge(path, folder, part, gone, names, only):
    """Put a document of the run at `path`; with `only`, no more than its entries `names`, and without those that are gone."""
    found = contracts.read(folder / path.name)
    if only and path.exists():
        old = contracts.read(path)
        for key in ("profile", "data", "dataset"):
            if old.get(key) != found.get(key):
                raise book.RunError(
                    f"the published run has {key} {old.get(key)}, this one {found.get(key)}: promote all chapters, without CHAPTERS."
                )
        kept = {name: entry for name, entry in old[part].items() if name not in gone}
        found = old | {part: kept | {name: found[part][name] for name in names}}
    contracts.write(path, found)


def _promote_store(new):
    """Put the entries that its chapters used into the new reference, and no others, with the weights that may be asked again."""
    used = _entries_used(new)
    shutil.rmtree(new / "store")
    (new / "store").mkdir()
    for name in used:
        if not (found := store.entry(name)):
            raise book.RunError(f"the stored step {name} is missing or damaged: execute its chapter again.")
        store.copy(found, new / "store")
    needed = _asked_again(new, used)
    for path in (new / "store").glob("*/model.keras"):
        if path.parent.name not in needed:
            store.drop(path.parent, path.name)
    store.share(new / "store")


def _asked_again(new, used):
    """The trainings whose weights have not served yet: those of recorded networks, and of winners of searches until scored."""
    names = set()
    for path in (new / "models").glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        for run in record["runs"]:
            names |= {run["entry"], *run.get("members", ())}
        if winner := ((record.get("search") or {}).get("winner") or {}).get("entry"):
            title = winner.removeprefix("train-").rsplit("-", 1)[0]
            if not any(other.startswith(f"test-{title}-") for other in used):
                names.add(winner)
    return names


def _entries_used(reference):
    notebooks = (nbformat.read(path, as_version=4) for path in (reference / "notebooks").glob("*.ipynb"))
    return {name for notebook in notebooks for name in notebook.metadata["book"]["store"]}
