"""Runs the chapters through papermill, in the order of `_toc.yml`, and refuses a bad run.

    python -m execute --profile smoke --data auto        # `make book` does this, then builds the site
    python -m execute --profile paper --promote          # `make reference`

A chapter is executed only if its code, its parameters, the modules it uses, the lock, the data, or (for chapters that
read results) the results have changed. Output appears under its final name only after it has passed the gate.
"""

import argparse
import ast
import base64
import concurrent.futures.process
import contextlib
import errno
import fcntl
import io
import json
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import nbformat
import PIL.Image
import yaml

import datasets
import emnist
import store
import verdicts

ROOT = store.ROOT
REFERENCE = ROOT / "book" / "reference"
PROFILES = ("smoke", "draft", "paper")
CELL_TIMEOUT = {"smoke": 20 * 60, "draft": 3 * 3600, "paper": 24 * 3600}  # seconds
KERNEL_MODULES = (
    "datasets",
    "emnist",
    "figures",
    "helpers",
    "palette",
    "results",
    "store",
    "synthetic",
    "training",
    "tuning",
    "verdicts",
)  # what notebooks import
MOST_SIDE_BY_SIDE = 4  # kernels, of up to 1.5 GB each
SIZE_LIMIT = 40_000_000  # bytes of book/reference


class RunError(RuntimeError):
    """The run cannot start or must not be trusted; the message says why and what to do."""


# --- what to run ---------------------------------------------------------------------------------------------------


def listed_pages(folder) -> list[str]:
    """The pages named in the `_toc.yml` of a folder, in order, without suffix."""

    def files(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("file", "root"):
                    yield str(value)
                yield from files(value)
        elif isinstance(node, list):
            for item in node:
                yield from files(item)

    return list(files(yaml.safe_load((folder / "_toc.yml").read_text())))


def chapters() -> list[Path]:
    """The notebooks named in `_toc.yml`, in order, and after them those that a reader has added to `notebooks/`."""
    listed = [ROOT / f"{name}.ipynb" for name in listed_pages(ROOT) if name.startswith("notebooks/")]
    return listed + sorted(set((ROOT / "notebooks").glob("*.ipynb")) - set(listed))


def parameters(notebook, path) -> dict:
    """The defaults in a notebook's cell tagged `parameters`, by name.

    Raises RunError if there is no such cell, more than one, or one that holds anything but `name = literal`.
    """
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise RunError(f"{path} has {len(tagged)} cells tagged 'parameters': expected one; tag the cell with the defaults.")
    try:
        return {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(tagged[0].source).body}
    except (AttributeError, ValueError, SyntaxError) as error:
        raise RunError(f"{path}: the cell tagged 'parameters' may only hold lines `name = literal` ({error}).") from error


def plan(profile, data="auto", overrides=None) -> list[tuple[Path, nbformat.NotebookNode, dict]]:
    """Which notebooks to run with which parameters; everything is validated before anything runs.

    Raises RunError for an unknown parameter name, a value of another type than the default, or impossible data.
    """
    if os.environ.get("EMNIST_DIR"):  # kernels start in another folder
        os.environ["EMNIST_DIR"] = str(Path(os.environ["EMNIST_DIR"]).resolve())
    own = {"profile": profile, "run_dir": f"_build/{profile}", "results_dir": f"_build/{profile}"}
    if reserved := {"dataset", *own} & set(overrides or {}):
        raise RunError(f"--set {', '.join(sorted(reserved))}: the runner decides this; use --profile and --data.")
    values = yaml.safe_load((ROOT / "notebooks" / "profiles" / f"{profile}.yaml").read_text())
    values |= overrides or {}
    given = set(values)
    values |= {"dataset": _dataset(profile, data), **own}
    planned, known = [], set()
    for path in chapters():
        notebook = nbformat.read(path, as_version=4)
        defaults = parameters(notebook, path)
        known |= set(defaults)
        chosen = {name: values[name] for name in defaults if name in values}
        for name, value in chosen.items():
            if type(value) is not type(defaults[name]):
                raise RunError(
                    f"{name}={value!r} is a {type(value).__name__}, but {path.name} expects a {type(defaults[name]).__name__} "
                    f"such as {defaults[name]!r}; correct notebooks/profiles/{profile}.yaml or --set."
                )
        planned.append((path, notebook, chosen))
    if unknown := given - known:
        raise RunError(
            f"no notebook has the parameter {', '.join(sorted(unknown))}: expected some of {', '.join(sorted(known))}."
        )
    return planned


def _dataset(profile, data):
    if data == "synthetic":
        if profile != "smoke":
            raise RunError(f"DATA=synthetic does not go with PROFILE={profile}: its numbers are about real EMNIST; use smoke.")
        return "synthetic"
    if data not in ("auto", "emnist", "emnist-byclass"):
        return _other_dataset(data)
    found = emnist.find()
    if found is None and data == "auto" and profile == "smoke":
        return "synthetic"
    if found is None:
        print("EMNIST is not on this machine yet: downloading 562 MB.", flush=True)
        emnist.download()
    return "emnist-byclass"


def _other_dataset(data):
    try:
        dataset = datasets.resolve(data)
        datasets.load(dataset, "train", 1)
    except (ValueError, emnist.EmnistError) as error:
        raise RunError(f"DATA={data}: {error}") from error
    return dataset


# --- when to run it ------------------------------------------------------------------------------------------------


def fingerprint(notebook, chosen, run_folder) -> str:
    """Identity of an execution: equal fingerprints mean that executing again would give the same page."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    sources = {name: store.file_digest(Path(__file__).with_name(f"{name}.py")) for name in KERNEL_MODULES}
    read = {}
    if "results_dir" in chosen:
        read = {path.name: store.file_digest(path) for path in sorted((run_folder / "models").glob("*.json"))}
    data = datasets.digests(chosen["dataset"]) if "dataset" in chosen else {}
    fixed = [store.file_digest(path) for path in (ROOT / "requirements.lock", verdicts.CLAIMS)]
    return store.digest([code, chosen, sources, fixed, sys.version, emnist.REFERENCE_SHA256, data, read])


def executed_fingerprint(path):
    """The fingerprint that an executed notebook carries, or None."""
    try:
        return nbformat.read(path, as_version=4).metadata["book"]["fingerprint"]
    except (OSError, ValueError, KeyError, nbformat.reader.NotJSONError):
        return None


# --- running -------------------------------------------------------------------------------------------------------


def run(profile, data="auto", overrides=None) -> None:
    """Execute the chapters of a profile that need it. Raises RunError."""
    started = time.perf_counter()
    planned = plan(profile, data, overrides)
    store.sweep()
    folder = ROOT / "_build" / profile
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    _forget_models_without_chapter(folder, [path.name for path, _, _ in planned])
    readers = [chapter for chapter in planned if "results_dir" in chapter[2]]  # of what the other chapters write
    writers = [chapter for chapter in planned if chapter not in readers]
    executed = _execute_side_by_side(writers, profile) + _execute_side_by_side(readers, profile)
    _write_provenance(profile, planned, folder)
    store.write_json(folder / "verdicts.json", verdicts.gather(folder))
    seconds = time.perf_counter() - started
    print(f"{executed} of {len(planned)} chapters executed, {len(planned) - executed} unchanged ({seconds:.0f} s)")


def _execute_side_by_side(planned, profile) -> int:
    """Execute those of some independent chapters that need it; returns their number.

    A smoke run, which mostly waits for Python, takes a chapter per core at a time. The other profiles take one after the
    other: they report how long training takes.
    """
    folder = ROOT / "_build" / profile
    due = []
    for path, notebook, chosen in planned:
        target = folder / "notebooks" / path.name
        wanted = fingerprint(notebook, chosen, folder)
        if executed_fingerprint(target) != wanted or os.environ.get("RERUN") == "1":
            due.append((path, target, chosen, profile, wanted))
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if profile != "smoke" or len(due) < 2 or len(cores) < 2:
        for chapter in due:
            _execute(*chapter)
        return len(due)
    free = multiprocessing.get_context("fork").SimpleQueue()
    for core in cores[:MOST_SIDE_BY_SIDE]:
        free.put(core)
    with concurrent.futures.ProcessPoolExecutor(
        min(len(cores), MOST_SIDE_BY_SIDE), multiprocessing.get_context("fork"), _pin, (free,)
    ) as workers:
        running = [workers.submit(_execute, *chapter) for chapter in reversed(due)]  # the later, the longer
        try:
            for done in concurrent.futures.as_completed(running):
                done.result()
        except concurrent.futures.process.BrokenProcessPool as error:
            raise RunError("a process that was executing a chapter was killed (out of memory?); run it again.") from error
        except RunError:  # the others may finish what they are at
            workers.shutdown(wait=True, cancel_futures=True)
            raise
        except BaseException:
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise
    return len(due)


def _pin(free):
    """Give a worker, and the kernels that it starts, one core: two processes with one each do more than two with both."""
    os.sched_setaffinity(0, {free.get()})
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) != signal.SIG_IGN:
            signal.signal(name, lambda *_: os._exit(130))  # its kernel notices; the parent says what happened
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    """End a worker whose parent was killed: it would hold the lock of `_build` for ever."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _forget_models_without_chapter(folder, names):
    claimed = set()
    for name in names:
        with contextlib.suppress(OSError, ValueError, KeyError, nbformat.reader.NotJSONError):
            claimed |= set(nbformat.read(folder / "notebooks" / name, as_version=4).metadata["book"]["models"])
    for path in (folder / "models").glob("*.*"):
        if path.is_dir():  # an export was killed
            shutil.rmtree(path)
        elif path.stem not in claimed:
            path.unlink()


def _execute(path, target, chosen, profile, wanted):
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    folder = target.parent.parent
    partial = folder / "partial" / path.name
    partial.parent.mkdir(exist_ok=True)
    logs = {"PROGRESS_LOG": partial.with_suffix(".progress"), "STORE_LOG": partial.with_suffix(".store")}
    chatter = partial.with_suffix(".stderr")
    for name, log in logs.items():
        log.write_text("")
        os.environ[name] = str(log)
    (folder / "provenance.json").unlink(missing_ok=True)  # nobody publishes the run until its parts belong together again
    print(f"{path.name} …", flush=True)
    started = time.perf_counter()
    try:
        with showing(logs["PROGRESS_LOG"]), _stderr_to(chatter):
            papermill.execute_notebook(
                path, partial, parameters=chosen, kernel_name="python3", progress_bar=False, cwd=path.parent,
                start_timeout=120, execution_timeout=CELL_TIMEOUT[profile],
            )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        raise RunError(
            f"{path.name}, cell {error.exec_count}: {error.ename}: {error.evalue}; see {_shown(partial)}."
        ) from error
    except DeadKernelError as error:
        raise RunError(f"{path.name}: the kernel died (out of memory, or killed); see {_shown(chatter)}.") from error
    except CellTimeoutError as error:
        raise RunError(f"{path.name}: a cell ran longer than {CELL_TIMEOUT[profile]} s; see {_shown(partial)}.") from error
    finally:
        for name in logs:
            del os.environ[name]
    seconds = time.perf_counter() - started
    notebook = nbformat.read(partial, as_version=4)
    used = set(logs["STORE_LOG"].read_text().splitlines())
    models = sorted(line.removeprefix("model:") for line in used if line.startswith("model:"))
    if found := problems(notebook) + failed_trials(folder, models):
        raise RunError(f"{path.name} was executed, but: {'; '.join(found)}; see {_shown(partial)}.")
    notebook.metadata["book"] = {
        "fingerprint": wanted,
        "profile": profile,
        "parameters": chosen,
        "seconds": round(seconds, 1),
        "executed": store.now(),
        "git_commit": store.git_commit(),
        "models": models,
        "store": sorted(line for line in used if not line.startswith("model:")),
    }
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:  # stderr holds the libraries' chatter and paths of this machine
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    output.data["image/png"] = _palette_png(output.data["image/png"])
    nbformat.write(notebook, partial)
    partial.replace(target)
    print(f"{path.name}: {seconds:.0f} s", flush=True)


def _palette_png(encoded):
    """A picture in base64 with 256 colours instead of 16 million: a figure needs no more, and has a third of the bytes."""
    with PIL.Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        small = picture.convert("RGB").quantize(256, dither=PIL.Image.Dither.NONE)
        stream = io.BytesIO()
        small.save(stream, "PNG", optimize=True, dpi=picture.info.get("dpi"))
    return base64.b64encode(stream.getvalue()).decode()


def _shown(path):
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


@contextlib.contextmanager
def showing(log):
    """Copy what the kernel reports about its progress to the terminal while it runs."""
    stop = threading.Event()

    def follow():
        with open(log) as stream:
            last = False
            while not last:
                last = stop.wait(0.5)  # what was written until then is still shown
                for line in stream:
                    print("   ", line, end="", flush=True)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def _stderr_to(path):
    """Send this process's stderr, which kernels inherit, to a file: TensorFlow's chatter would bury the progress."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with open(path, "wb") as stream:
        os.dup2(stream.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


# --- the gate ------------------------------------------------------------------------------------------------------


def problems(notebook) -> list[str]:
    """What is wrong with an executed notebook; empty if it may be published.

    Papermill alone does not tell: a dead kernel or a time-out can leave all cells "completed", `sys.exit` leaves cells
    that never ran, and an error output is published like any other.
    """
    found = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        place = f"code cell {number}"
        if any(output.output_type == "error" for output in cell.outputs):
            found.append(f"{place} has an error output")
        if cell.metadata.get("papermill", {}).get("status", "completed") != "completed":
            found.append(f"{place} did not complete")
        if cell.execution_count != number:
            found.append(f"{place} has execution count {cell.execution_count}")
        found += [f"{place} {complaint}" for complaint in _figure_problems(cell)]
    return found


def _figure_problems(cell):
    displayed = [output.data for output in cell.outputs if output.output_type in ("display_data", "execute_result")]
    displayed = [data for data in displayed if not any("papermill.record" in kind for kind in data)]  # glued values
    kinds = {kind for data in displayed for kind in data}
    described = cell.metadata.get("mystnb", {})
    figure, image = described.get("figure", {}), described.get("image", {})
    if figure and not (figure.get("caption") and figure.get("name")):
        yield "has a figure without caption or name"
    if "image/png" in kinds and not (figure and image.get("alt")):
        yield "draws a figure without caption, name or alt text"
    if figure and len(displayed) > 1:
        yield f"shows {len(displayed)} outputs for {figure.get('name')}, but a caption belongs to one"
    drawn = "image/png" in kinds or any("<svg" in data.get("text/html", "") for data in displayed)
    if image and not drawn:
        yield f"draws no image for the figure {figure.get('name')}"
    if figure and not image and "text/html" not in kinds:
        yield f"shows no table for {figure.get('name')}"


def failed_trials(folder, models) -> list[str]:
    """Searches of these models in which a trial failed."""
    found = []
    for name in models:
        search = json.loads((folder / "models" / f"{name}.json").read_text())["search"]
        if search and search["completed"] < search["trials"]:
            found.append(f"{search['trials'] - search['completed']} of {search['trials']} trials of the {name} search failed")
    return found


# --- provenance and promotion --------------------------------------------------------------------------------------


def source_digests() -> dict[str, str]:
    """SHA-256 of every module in src/ and of the lock: the code that a run was made with."""
    digests = {f"src/{path.name}": store.file_digest(path) for path in sorted(Path(__file__).parent.glob("*.py"))}
    return digests | {"requirements.lock": store.file_digest(ROOT / "requirements.lock")}


def _write_provenance(profile, planned, folder):
    books = {
        path.stem: nbformat.read(folder / "notebooks" / path.name, as_version=4).metadata["book"] for path, _, _ in planned
    }
    chapters = {
        name: {key: book[key] for key in ("seconds", "executed", "git_commit", "parameters")} for name, book in books.items()
    }
    path = folder / "provenance.json"
    if path.exists() and json.loads(path.read_text()).get("chapters") == chapters:
        return  # nothing was executed since it was written
    found = {
        "profile": profile,
        "dataset": planned[0][2]["dataset"],
        "executed": max(book["executed"] for book in books.values()),
        "environment": store.environment(),
        "sources": source_digests(),
        "chapters": chapters,
    }
    store.write_json(path, found)


def promote(profile, only=None) -> None:
    """Make the executed run of a profile the published one, in `book/reference`, in one step.

    `only` names chapters (e.g. "06"): these alone are replaced, with their models and their entries in `results.json`
    and `provenance.json`; the others stay. What was committed as it was finished (`store.UNFINISHED`) is no longer needed
    once it is published.

    Raises RunError if the run is not on real data, is not complete, or would make the reference too large, and if single
    chapters come from another profile or other data than the rest.
    """
    new, old = REFERENCE.with_name(".reference-new"), REFERENCE.with_name(".reference-old")
    heal()
    try:
        size = _assemble(new, profile, only)
        if REFERENCE.exists():
            REFERENCE.rename(old)
        new.rename(REFERENCE)
    finally:
        heal()
    for published in (REFERENCE / "store").iterdir():
        shutil.rmtree(store.UNFINISHED / published.name, ignore_errors=True)
    if profile == "paper" and not only:
        shutil.rmtree(store.UNFINISHED, ignore_errors=True)
    print(f"promoted {profile} to {_shown(REFERENCE)} ({size / 1e6:.1f} MB)")


def heal() -> None:
    """Take back a promotion that was cut between its two renames, and remove what a promotion leaves."""
    new, old = REFERENCE.with_name(".reference-new"), REFERENCE.with_name(".reference-old")
    if old.exists() and not REFERENCE.exists():
        old.rename(REFERENCE)
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)


def _assemble(new, profile, only):
    """Put the present reference and what replaces parts of it together in `new`; returns its size in bytes."""
    folder = ROOT / "_build" / profile
    kept = REFERENCE if only else REFERENCE / "store"
    if kept.exists():
        shutil.copytree(kept, new if only else new / "store")
    for name in ("notebooks", "models", "verdicts", "store"):
        (new / name).mkdir(parents=True, exist_ok=True)
    chapters, models, gone = [], [], set()
    for path, notebook, chosen in plan(profile, "emnist"):
        if only and not path.name.startswith(tuple(only)):
            continue
        source = folder / "notebooks" / path.name
        if executed_fingerprint(source) != fingerprint(notebook, chosen, folder):
            raise RunError(f"{_shown(source)} is not up to date: execute the profile {profile} first.")
        if (new / "notebooks" / path.name).exists():
            gone |= set(nbformat.read(new / "notebooks" / path.name, as_version=4).metadata["book"]["models"])
        shutil.copy(source, new / "notebooks")
        chapters.append(path.stem)
        for name in nbformat.read(source, as_version=4).metadata["book"]["models"]:
            models.append(name)
            for found in (folder / "models").glob(f"{name}.*"):
                shutil.copy(found, new / "models")
        (new / "verdicts" / f"{path.stem}.json").unlink(missing_ok=True)
        for found in (*folder.glob(f"{path.stem}.json"), *folder.glob(f"verdicts/{path.stem}.json")):
            shutil.copy(found, new / found.relative_to(folder))
    if not chapters:
        raise RunError(f"no chapter's name begins with {' or '.join(only)}: nothing was promoted.")
    for name in gone - set(models):
        for stale in (new / "models").glob(f"{name}.*"):
            stale.unlink()
    for name, part, names in (("results.json", "models", models), ("provenance.json", "chapters", chapters)):
        fresh = json.loads((folder / name).read_text())
        if only and (new / name).exists():
            old = json.loads((new / name).read_text())
            old[part] = {key: value for key, value in old[part].items() if key not in gone}
            fresh = _replaced(old, fresh, part, names)
        store.write_json(new / name, fresh)
    store.write_json(new / "verdicts.json", verdicts.gather(new))
    _promote_store(new)
    size = sum(path.stat().st_size for path in new.rglob("*") if path.is_file())
    if size > SIZE_LIMIT:
        raise RunError(
            f"the reference would have {size:,} bytes, more than {SIZE_LIMIT:,}; keep metrics, not weights, of what only decides a claim."
        )
    return size


def _replaced(old, fresh, part, names):
    """The published document with some of its entries replaced."""
    for key in ("profile", "data", "dataset"):
        if old.get(key) != fresh.get(key):
            raise RunError(
                f"the published run has {key} {old.get(key)}, this one {fresh.get(key)}: promote all chapters, without CHAPTERS."
            )
    return old | {part: old[part] | {name: fresh[part][name] for name in names}}


def _promote_store(new):
    """Put the entries that its chapters used into the new reference, and drop all others."""
    used = _entries_used(new)
    for present in (new / "store").iterdir():
        if present.name not in used:
            shutil.rmtree(present)
    for name in used:
        if not (found := store.entry(name)):
            raise RunError(f"the stored step {name} is missing or damaged: execute its chapter again.")
        shutil.rmtree(new / "store" / name, ignore_errors=True)
        shutil.copytree(found.folder, new / "store" / name)
    for name in used:  # a search's winner is of no further use once it is scored
        title = name.removeprefix("train-").rsplit("-", 1)[0]
        if title != name and "-winner-" in name and any(other.startswith(f"test-{title}-") for other in used):
            store.drop(new / "store" / name, "model.keras")


def _entries_used(reference):
    notebooks = (nbformat.read(path, as_version=4) for path in (reference / "notebooks").glob("*.ipynb"))
    return {name for notebook in notebooks for name in notebook.metadata["book"]["store"]}


# --- command -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def alone():
    """Hold the lock of `_build`; raises RunError if another run has it."""
    (ROOT / "_build").mkdir(exist_ok=True)
    with open(ROOT / "_build" / ".lock", "w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunError(f"another run is working in {ROOT / '_build'}: wait until it has finished, or stop it.") from error
        heal()
        yield


def exit_status(command, *, interrupted) -> int:
    """Run a command: 0 if it was good, 1 if it was refused or the disk is full, 130 if interrupted or told to end.

    In the last two cases it says so in one sentence.
    """
    handlers = {}
    for name in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) == signal.SIG_DFL:  # not if it is ignored, as under nohup
            handlers[name] = signal.signal(name, signal.default_int_handler)
    try:
        command()
    except (RunError, emnist.EmnistError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # shutil's Error holds a list of them
        if not isinstance(error, shutil.Error) and error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        full = isinstance(error, shutil.Error) or error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "make room" if full else "make it writable"
        print(f"Error: {error}. What was there before is unchanged; {remedy}, then run it again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted. {interrupted}", file=sys.stderr)
        return 130
    finally:
        for name, handler in handlers.items():
            signal.signal(name, handler)
    return 0


def setting(text):
    """The name and the value of an argument NAME=VALUE, the value as YAML."""
    name, _, value = text.partition("=")
    return name, yaml.safe_load(value)


def main(arguments=None) -> int:
    """Command line; returns the exit status: 0 good, 1 refused, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="execute", description="Execute the chapters with papermill.")
    parser.add_argument("--profile", choices=PROFILES, default="smoke")
    parser.add_argument("--data", default="auto", help="auto, emnist, synthetic, or a name or folder that datasets.py knows")
    parser.add_argument("--set", type=setting, action="append", default=[], metavar="NAME=VALUE", help="override a parameter")
    parser.add_argument("--promote", action="store_true", help="then make the run the published one")
    parser.add_argument("--chapters", nargs="+", help="promote these chapters only, e.g. 06")
    options = parser.parse_args(arguments)

    def command():
        with alone():
            if options.promote and options.profile == "paper":
                os.environ["STORE_COMMITTED"] = "1"
            run(options.profile, options.data, dict(options.set))
            if options.promote:
                promote(options.profile, options.chapters)

    return exit_status(command, interrupted="What was finished is stored; the same command goes on from there.")


if __name__ == "__main__":
    sys.exit(main())
