"""Executes the chapters of a run that need it, in the order of `_toc.yml`.

A chapter is executed only if its code, its parameters, the modules it uses, the lock, Python, the data, or (for chapters that
read results) the results have changed; with RERUN=1 in the environment, always. If nothing but what makes its pictures has
changed, one that trains is executed only if it is named (`redraw`).
"""

import concurrent.futures.process
import contextlib
import multiprocessing
import os
import shutil
import signal
import threading
import time

import nbformat

from sixtytwo.base import contracts, files, journal, machine, paths, store
from sixtytwo.findings import claims
from sixtytwo.report import book, fingerprint, kernel, promote

MOST_SIDE_BY_SIDE = 4  # kernels, of up to 1.5 GB each


@contextlib.contextmanager
def alone():
    """Hold the lock of `_build`; raises RunError if another run has it."""
    folder = paths.ROOT / "_build"
    busy = f"another run is working in {folder}: wait until it has finished, or stop it."
    try:
        with files.lock(folder / ".lock", wait=False, message=busy):
            promote.heal()
            yield
    except files.Locked as error:
        raise book.RunError(str(error)) from error


def run(profile, data="auto", overrides=None, *, redraw=(), commit_steps=False) -> None:
    """Execute the chapters of a profile that need it. Raises RunError.

    `redraw` names chapters, e.g. "03", that are executed even if nothing but the modules that make pictures has changed. With
    `commit_steps` new steps are stored where they can be committed as they are finished (`paths.UNFINISHED`).
    """
    started = time.perf_counter()
    planned = book.plan(profile, data, overrides)
    redrawn = book.named(planned, redraw)
    folder = paths.run(profile)
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    store.sweep()
    before = _provenance(folder)
    _forget_models_without_chapter(folder, [chapter.path.name for chapter in planned])
    readers = [chapter for chapter in planned if "results_dir" in chapter.chosen]  # of what the other chapters write
    writers = [chapter for chapter in planned if chapter not in readers]
    with journal.telling(folder, commit_steps=commit_steps):
        executed = sum(_execute_due(part, profile, redrawn) for part in (writers, readers))
    old = [chapter.path.stem for chapter in planned if fingerprint.outdated(chapter, folder)]  # nothing but their drawing is
    _write_provenance(profile, planned, folder, _sources(before, old))
    contracts.write(folder / "verdicts.json", claims.gather(folder))
    seconds = time.perf_counter() - started
    print(f"{executed} of {len(planned)} chapters executed, {len(planned) - executed} unchanged ({seconds:.0f} s)")
    if old:
        numbers = " ".join(name.partition("_")[0] for name in old)
        print(f'{", ".join(old)}: figures drawn by older code; with CHAPTERS="{numbers}" the same command draws them again.')


def _execute_due(planned, profile, redrawn) -> int:
    """Execute those of some independent chapters that need it; returns their number.

    A smoke run, which mostly waits for Python, takes a chapter per core at a time. The other profiles take one after the
    other: they report how long training takes.
    """
    folder = paths.run(profile)
    due = []
    for chapter in planned:
        outdated = fingerprint.outdated(chapter, folder)
        if "fingerprint" in outdated or (outdated and chapter in redrawn) or os.environ.get("RERUN") == "1":
            due.append((chapter, folder, profile))
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if profile == "smoke" and len(due) > 1 and len(cores) > 1:
        _execute_side_by_side(due, cores[:MOST_SIDE_BY_SIDE])
    else:
        for chapter in due:
            kernel.execute(*chapter)
    return len(due)


def _execute_side_by_side(due, cores):
    """Execute chapters in a process per core."""
    fork = multiprocessing.get_context("fork")
    free = fork.SimpleQueue()
    for core in cores:
        free.put(core)
    with concurrent.futures.ProcessPoolExecutor(len(cores), fork, _pin, (free,)) as workers:
        running = [workers.submit(kernel.execute, *chapter) for chapter in reversed(due)]  # the later, the longer
        try:
            for done in concurrent.futures.as_completed(running):
                done.result()
        except concurrent.futures.process.BrokenProcessPool as error:
            raise book.RunError("a process that was executing a chapter was killed (out of memory?); run it again.") from error
        except book.RunError:  # the others may finish what they are at
            workers.shutdown(wait=True, cancel_futures=True)
            raise
        except BaseException:
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


def _pin(free):
    """Give a worker, and the kernels that it starts, one core: two processes with one each do more than two with both."""
    os.sched_setaffinity(0, {free.get()})
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) != signal.SIG_IGN:
            signal.signal(name, lambda *_: os._exit(130))  # its kernel notices; the parent says what happened
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    """End a worker whose parent was killed: it would work on beside the next run."""
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


def _provenance(folder):
    """The present provenance of a run; None if there is none, or none that this code reads."""
    with contextlib.suppress(OSError, contracts.ContractError):
        return contracts.read(folder / "provenance.json")


def _sources(before, old):
    """The digests of the code of a run; those of what draws are the earlier ones, if known, while some chapters are `old`."""
    now = fingerprint.source_digests()
    if not old:
        return now
    then = before["sources"] if before else {}
    drawn = {name: digest for name, digest in then.items() if fingerprint.draws(name)}
    return {name: digest for name, digest in now.items() if not fingerprint.draws(name)} | drawn


def _write_provenance(profile, planned, folder, sources):
    chapters = {}
    for path in (folder / "notebooks" / chapter.path.name for chapter in planned):
        found = nbformat.read(path, as_version=4).metadata["book"]
        chapters[path.stem] = {key: found[key] for key in ("seconds", "executed", "git_commit", "parameters")}
    if (before := _provenance(folder)) and before["chapters"] == chapters:
        return  # nothing was executed since it was written
    found = {
        "profile": profile,
        "dataset": planned[0].chosen["dataset"],
        "executed": max(chapter["executed"] for chapter in chapters.values()),
        "environment": machine.environment(),
        "sources": sources,
        "chapters": chapters,
    }
    contracts.write(folder / "provenance.json", found)
