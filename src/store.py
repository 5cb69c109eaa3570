"""Finished expensive steps, found again by content.

An entry is a folder `<name>-<key>/` with `entry.json` (spec, result, checksums, environment) and the files of the step.
The key is a hash of the spec: everything that determines the result. A folder appears by one rename, so a killed run
leaves no half entry; a damaged entry is noticed by its checksums, reported and computed again.

Entries are looked for in `book/reference/store` (the published run), in `book/unfinished` (the published run to come) and
in `_build/store`, where new ones are written; `make reference` writes to the second, so that a long run can be committed
as it goes. RERUN=1 ignores the committed ones.
"""

import datetime
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if not (ROOT / "_toc.yml").exists():  # installed without the repository around it
    ROOT = Path.cwd()
PUBLISHED = ROOT / "book" / "reference" / "store"
UNFINISHED = ROOT / "book" / "unfinished"
LOCAL = ROOT / "_build" / "store"


@dataclass(frozen=True)
class Entry:
    """A stored step: its JSON result, the folder with its files, and their SHA-256, also of those that were dropped."""

    folder: Path
    result: dict
    files: dict
    created: str
    environment: dict

    def path(self, filename):
        return self.folder / filename


def cached(name, spec, compute):
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

    Raises what `compute` raises, and ValueError for a name that is no file name; nothing is stored then.
    """
    if entry := find(name, spec):
        return entry
    made = environment()  # now, so that nothing can fail after the work
    place = UNFINISHED if os.environ.get("STORE_COMMITTED") == "1" and UNFINISHED in _places() else LOCAL
    place.mkdir(parents=True, exist_ok=True)
    target = place / _folder_name(name, spec)
    scratch = Path(tempfile.mkdtemp(dir=place, prefix=f".new-{platform.node()}-{os.getpid()}-"))
    try:
        _write(scratch, spec, compute(scratch), made)
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
    folder_name = _folder_name(name, spec)
    log(folder_name)
    return _first(folder_name, _places())


def entry(folder_name, filename=None):
    """The stored entry in a folder of that name, or None; one that still has the file, if one is named.

    What is committed is found with RERUN=1 as well.
    """
    return _first(folder_name, dict.fromkeys([*_places(), PUBLISHED, UNFINISHED]), filename)


def drop(folder, filename):
    """Remove a large file that nothing will read again from an entry, which stays valid and keeps its checksum."""
    entry = json.loads((folder / "entry.json").read_text())
    entry["dropped"] = sorted({*entry.get("dropped", ()), filename})
    write_json(folder / "entry.json", entry | {"checksum": digest(_body(entry))}, indent=None)
    (folder / filename).unlink(missing_ok=True)


def sweep():
    """Remove what killed processes of this machine left half-done."""
    for scratch in (scratch for place in _places() for scratch in place.glob(".new-*-*-*")):
        node, process, _ = scratch.name.removeprefix(".new-").rsplit("-", 2)
        if node == platform.node() and not _is_running(int(process)):
            shutil.rmtree(scratch, ignore_errors=True)


def _is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True


def digest(value) -> str:
    """SHA-256 of a JSON-able value, independent of the order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def environment() -> dict:
    """Versions, processor, threads and git commit that a result was made with."""
    packages = ("keras", "keras-tuner", "numpy")
    found = {name.replace("-", "_"): version(name) for name in packages}
    return {
        "python": sys.version.split()[0],
        "tensorflow": _tensorflow_version(),
        **found,
        "cpu": _cpu(),
        "bfloat16": has_bfloat16(),
        "threads": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "git_commit": git_commit(),
    }


def has_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16 (AVX-512 or AMX), as far as Linux says."""
    return "avx512_bf16" in _cpuinfo()


def git_commit() -> str:
    """The commit of the checkout, with "-dirty" after it if tracked files were changed; "unknown" outside git."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--match="]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_json(path, value, indent=1):
    """Write JSON under a temporary name, then rename it into place."""
    write_text(path, json.dumps(value, indent=indent, separators=(",", ":" if indent is None else ": ")) + "\n")


def write_text(path, text):
    """Write a text file under a temporary name, then rename it into place."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{platform.node()}-{os.getpid()}")
    try:
        temporary.write_text(text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _folder_name(name, spec):
    if Path(name).name != name or any(c.isspace() for c in name):
        raise ValueError(f"the name of a step, {name!r}, becomes a folder: expected no slash and no space.")
    return f"{name}-{digest(spec)[:16]}"


def _first(folder_name, places, filename=None):
    found = (_read(place / folder_name) for place in places if (place / folder_name).is_dir())
    return next((entry for entry in found if entry and (filename is None or entry.path(filename).exists())), None)


def _places():
    return [LOCAL] if os.environ.get("RERUN") == "1" else [PUBLISHED, UNFINISHED, LOCAL]


def _write(folder, spec, result, made):
    files = {path.name: file_digest(path) for path in sorted(folder.iterdir())}
    body = {"spec": spec, "result": result, "files": files}
    body = json.loads(json.dumps(body))  # the checksum must see what a reader will see
    entry = {"checksum": digest(body), "created": now(), "environment": made, **body}
    write_json(folder / "entry.json", entry, indent=None)  # there are hundreds


def _body(entry):
    """What the checksum of an entry covers."""
    return {name: entry[name] for name in ("spec", "result", "files", "dropped") if name in entry}


def _read(folder):
    try:
        entry = json.loads((folder / "entry.json").read_text())
        kept = entry["files"].keys() - set(entry.get("dropped", ()))
        damaged = [name for name in sorted(kept) if file_digest(folder / name) != entry["files"][name]]
        if digest(_body(entry)) != entry["checksum"]:
            damaged.append("entry.json")
        found = Entry(folder, entry["result"], entry["files"], entry["created"], entry["environment"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        damaged = [str(error)]
    if damaged:
        print(f"The stored result {folder} is damaged ({', '.join(damaged)}); it is computed again.", file=sys.stderr)
        return None
    return found


def file_digest(path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def log(line):
    """Note what a chapter uses and writes, for the promotion of a run (`execute` names the file)."""
    if path := os.environ.get("STORE_LOG"):
        with open(path, "a") as stream:
            stream.write(line + "\n")


def _tensorflow_version():
    for name in ("tensorflow", "tensorflow-cpu"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "not installed"


def _cpu():
    lines = _cpuinfo().splitlines()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _cpuinfo():
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:  # not Linux
        return ""
