"""Finished expensive steps, found again by content.

An entry is a folder `<name>-<key>/` with `entry.json` (spec, result, checksums, environment) and the files of the step.
The key is a hash of the spec: everything that determines the result. A folder appears by one rename, so a killed run
leaves no half entry; a damaged entry is noticed by its checksums, reported and computed again.

Entries are looked for in `book/reference/store` (the published run), in `book/unfinished` (the published run to come) and
in `_build/store`, where new ones are written; `make reference` writes to the second, so that a long run can be committed
as it goes. RERUN=1 ignores the committed ones.

Many entries of the published run are about the same network, whose description is the largest part of their spec: `share`
puts it where they share it, and each reads as if it had its own.
"""

import json
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from sixtytwo.base import files, journal, machine, paths

SHARED = "shared"  # what stands in a spec for the description of its network: {SHARED: name of a file}


@dataclass(frozen=True)
class Entry:
    """A stored step: its JSON result, the folder with its files, and their SHA-256, also of those that were dropped."""

    folder: Path
    result: dict
    files: dict
    created: str
    environment: dict
    spec: dict
    recipe: list | None

    def path(self, filename):
        return self.folder / filename


def cached(name, spec, compute, *, made=None, recipe=None):
    """Return the stored entry of a step, computing and storing it first if need be.

    Parameters
    ----------
    name : str
        Short readable name of the step, e.g. "train-mlp-seed0"; with the digest of `spec` it names the folder, so
        the same step under another name is computed again.
    spec : dict
        Everything that determines the result, JSON-able.
    compute : callable(folder) -> dict
        Does the work, may write files (no folders) into `folder`, returns a JSON-able result.
    made : dict or None
        Where it is computed (`machine.environment`); None: here.
    recipe : list or None
        How the images of the step were made (`data.loading.Data.recipe`), which its spec names by their digests only.

    Raises what `compute` raises, and ValueError for a name that is no file name; nothing is stored then.
    """
    if entry := find(name, spec):
        return entry
    made = made or machine.environment()  # now, so that nothing can fail after the work
    place = paths.UNFINISHED if journal.settings().get("commit_steps") and not _rerun() else paths.LOCAL
    place.mkdir(parents=True, exist_ok=True)
    target = place / folder_name(name, spec)
    scratch = Path(tempfile.mkdtemp(dir=place, prefix=f".new-{platform.node()}-{os.getpid()}-"))
    try:
        _write(scratch, spec, compute(scratch), made, recipe)
        scratch.chmod(0o755)
        if target.is_dir() and not _read(target):  # damaged
            shutil.rmtree(target)
        try:
            scratch.rename(target)
        except OSError:
            if not _read(target):
                raise
            shutil.rmtree(scratch)  # another process was faster
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return _read(target)


def find(name, spec):
    """The stored entry of a step, or None."""
    folder = folder_name(name, spec)
    journal.note("step", folder)
    return _first(folder, _places())


def entry(folder_name, filename=None):
    """The stored entry in a folder of that name, or None; one that still has the file, if one is named.

    What is committed is found with RERUN=1 as well.
    """
    return _first(folder_name, dict.fromkeys([*_places(), paths.PUBLISHED, paths.UNFINISHED]), filename)


def drop(folder, filename):
    """Remove a large file that nothing will read again from an entry, which stays valid and keeps its checksum."""
    entry = _load(folder)
    entry["dropped"] = sorted({*entry.get("dropped", ()), filename})
    files.write_json(folder / "entry.json", entry | {"checksum": files.digest(_body(entry))}, indent=None)
    (folder / filename).unlink(missing_ok=True)


def copy(entry, place):
    """Copy an entry to another place."""
    target = place / entry.folder.name
    shutil.copytree(entry.folder, target)
    files.write_json(target / "entry.json", _load(entry.folder), indent=None)


def share(place):
    """Have the entries in a folder share the descriptions of their networks: `networks/<digest>.json` beside that folder.

    Their checksums stay, and cover what is shared; descriptions that no entry names any more are removed.
    """
    networks, named = _networks(place), set()
    networks.mkdir(exist_ok=True)
    for folder in place.iterdir():
        entry = _load(folder)
        if not isinstance(model := entry["spec"].get("model"), dict):
            continue
        name = f"{files.digest(model)}.json"
        if name not in named:
            files.write_json(networks / name, model, indent=None)
            named.add(name)
        files.write_json(folder / "entry.json", entry | {"spec": entry["spec"] | {"model": {SHARED: name}}}, indent=None)
    for path in networks.iterdir():
        if path.name not in named:
            path.unlink()


def sweep():
    """Remove what killed processes of this machine left half-done."""
    for scratch in (scratch for place in _places() for scratch in place.glob(".new-*-*-*")):
        node, process, _ = scratch.name.removeprefix(".new-").rsplit("-", 2)
        if node == platform.node() and not psutil.pid_exists(int(process)):
            shutil.rmtree(scratch, ignore_errors=True)


def folder_name(name, spec) -> str:
    """The name of the folder of a step. Raises ValueError for a name that is no file name."""
    if Path(name).name != name or any(c.isspace() for c in name):
        raise ValueError(f"the name of a step, {name!r}, becomes a folder: expected no slash and no space.")
    return f"{name}-{files.digest(spec)[:16]}"


def _first(folder_name, places, filename=None):
    found = (_read(place / folder_name) for place in places if (place / folder_name).is_dir())
    return next((entry for entry in found if entry and (filename is None or entry.path(filename).exists())), None)


def _places():
    return [paths.LOCAL] if _rerun() else [paths.PUBLISHED, paths.UNFINISHED, paths.LOCAL]


def _rerun():
    return os.environ.get("RERUN") == "1"


def _write(folder, spec, result, made, recipe):
    digests = {path.name: files.file_digest(path) for path in sorted(folder.iterdir())}
    body = {"spec": spec, "result": result, "files": digests} | ({"recipe": recipe} if recipe else {})
    body = json.loads(json.dumps(body))  # the checksum must see what a reader will see
    entry = {"checksum": files.digest(body), "created": machine.now(), "environment": made, **body}
    files.write_json(folder / "entry.json", entry, indent=None)  # there are hundreds


def _body(entry):
    """What the checksum of an entry covers."""
    return {name: entry[name] for name in ("spec", "result", "files", "recipe", "dropped") if name in entry}


def _networks(place):
    return place.with_name("networks")


def _load(folder):
    """What an entry holds, with the description of its network, wherever that is."""
    entry = json.loads((folder / "entry.json").read_text(encoding="utf-8"))
    model = entry["spec"].get("model") if isinstance(entry["spec"], dict) else None
    if isinstance(model, dict) and model.keys() == {SHARED}:
        shared = _networks(folder.parent) / model[SHARED]
        entry["spec"]["model"] = json.loads(shared.read_text(encoding="utf-8"))
    return entry


def _read(folder):
    try:
        entry = _load(folder)
        kept = entry["files"].keys() - set(entry.get("dropped", ()))
        damaged = [name for name in sorted(kept) if files.file_digest(folder / name) != entry["files"][name]]
        if files.digest(_body(entry)) != entry["checksum"]:
            damaged.append("entry.json")
        found = Entry(
            folder, entry["result"], entry["files"], entry["created"], entry["environment"], entry["spec"], entry.get("recipe")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        damaged = [str(error)]
    if damaged:
        print(f"The stored result {folder} is damaged ({', '.join(damaged)}); it is computed again.", file=sys.stderr)
        return None
    return found
