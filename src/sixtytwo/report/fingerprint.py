"""Whether a chapter is up to date: the identity of an execution."""

import sys
from pathlib import Path

import nbformat

from sixtytwo.base import files, paths
from sixtytwo.data import emnist, registry
from sixtytwo.findings import claims
from sixtytwo.report import dependencies

TRAINING = "sixtytwo.experiments.training"
NO_PICTURES = ("prose", "tables", "comparison_tables", "source")  # of sixtytwo.drawing: they decide what a page says
JUDGE = "sixtytwo.findings.judge"


def fingerprint(chapter, run_folder) -> dict[str, str]:
    """Identity of the execution of a planned chapter: if both digests are equal, executing again would give the same page.

    "fingerprint" covers code, parameters, modules, lock, Python, data, and the results that the chapter reads; "drawing" the
    modules that make pictures (`draws`). A chapter that trains a network of the study (07 and 08 read what others trained) has
    these in the second only: a new colour is no reason to execute it again.
    """
    path, notebook, chosen = chapter
    used = dependencies.modules_of(path.stem, notebook)
    modules = {name: files.text_digest(path) for name, path in used.items()}
    drawing = {name: found for name, found in modules.items() if draws(used[name])}
    trains = TRAINING in modules and "results_dir" not in chosen
    sources = {name: found for name, found in modules.items() if not (trains and name in drawing)}
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    fixed = [paths.ROOT / "requirements.lock", *([claims.CLAIMS] if JUDGE in modules else [])]
    data = registry.digests(chosen["dataset"]) if "dataset" in chosen else {}
    read = {}
    if "results_dir" in chosen:
        read = {path.name: files.text_digest(path) for path in sorted((run_folder / "models").glob("*.json"))}
    parts = [code, chosen, sources, [*map(files.text_digest, fixed)], sys.version, emnist.REFERENCE_SHA256, data, read]
    return {"fingerprint": files.digest(parts), "drawing": files.digest(drawing)}


def draws(path) -> bool:
    """Whether the module in a file makes pictures, and nothing else of a page."""
    path = Path(path)
    return path.parent.name == "drawing" and path.stem not in NO_PICTURES


def outdated(chapter, run_folder) -> set[str]:
    """Which of the two digests of a planned chapter differ from those of its last execution in a run.

    Both do if a model that it recorded is not there any more, or was recorded by another chapter since.
    """
    try:
        found = nbformat.read(run_folder / "notebooks" / chapter.path.name, as_version=4).metadata["book"]
    except (OSError, ValueError, KeyError, nbformat.reader.NotJSONError):
        found = {}
    wanted = fingerprint(chapter, run_folder)
    made = records(run_folder, found.get("models", ()))
    if None in made.values() or made != made | found.get("records", {}):
        return set(wanted)
    return {name for name, digest in wanted.items() if found.get(name) != digest}


def records(run_folder, keys) -> dict[str, str | None]:
    """SHA-256 of the records of some models of a run, by key; None for one that is not there."""
    folder = run_folder / "models"
    found = {key: folder / f"{key}.json" for key in keys}
    return {key: files.file_digest(path) if path.exists() else None for key, path in found.items()}


def source_digests() -> dict[str, str]:
    """SHA-256 of every module in src/ and of the lock: the code that a run was made with."""
    source = dependencies.PACKAGE.parent
    modules = [source / f"{dependencies.DOOR}.py", *dependencies.PACKAGE.rglob("*.py")]
    digests = {f"src/{path.relative_to(source).as_posix()}": files.text_digest(path) for path in sorted(modules)}
    return digests | {"requirements.lock": files.text_digest(paths.ROOT / "requirements.lock")}
