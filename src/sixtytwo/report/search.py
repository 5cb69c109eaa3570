"""One model's hyperparameter search, spread over several processes by KerasTuner's own chief and workers.

    python -m sixtytwo.report.command search --model cnn --workers 2 --profile draft     # `make search`: all on this machine

On several machines that share this folder, every process gets KerasTuner's three variables and runs the same command;
the one whose KERASTUNER_TUNER_ID is "chief" hands out the trials. What is stored is what a search in one process stores.
"""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat

from sixtytwo.base import journal, paths
from sixtytwo.report import book, execute, kernel

RESTARTS = 3  # of a worker that died, and of the chief


def only_the_search(model, planned):
    """The planned chapter that searches for `model`, cut to its code up to that search. Raises RunError."""
    for path, notebook, chosen in planned:
        for i, cell in enumerate(notebook.cells):
            if cell.cell_type == "code" and "helpers.search(" in cell.source and f'name="{model}"' in cell.source:
                notebook.cells = [cell for cell in notebook.cells[: i + 1] if cell.cell_type == "code"]
                return book.Chapter(path, notebook, chosen)
    raise book.RunError(f"no chapter searches for a model {model!r}: expected mlp, cnn, residual_cnn, modern_cnn or your own.")


def take_part(chapter, parent=None) -> None:
    """Search in a kernel: the part that KERASTUNER_TUNER_ID names, or all of it if there are no others. Raises RunError.

    `parent` is the process to end with, if there is one.
    """
    import papermill

    path, notebook, chosen = chapter
    if parent:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        source, done = Path(folder) / path.name, Path(folder) / "done.ipynb"
        nbformat.write(notebook, source)
        try:
            papermill.execute_notebook(
                source, done, parameters=chosen, kernel_name="python3", progress_bar=False, cwd=path.parent
            )
        except papermill.PapermillExecutionError as error:
            raise book.RunError(f"{path.name}: {error.ename}: {error.evalue}") from error


def _end_with(parent):
    """End this process and its kernel when the process that started it is gone: a second chief would do the same work."""
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(0, signal.SIGKILL)


def together(chapter, folder, workers, hours, arguments) -> None:
    """Start a chief and workers on this machine, a share of the cores each; start again what dies. Raises RunError.

    `folder` is that of the run, where the chapter notes its progress.
    """
    notes = journal.journal_path(folder, chapter.path.stem)
    notes.unlink(missing_ok=True)
    names = ["chief", *(f"worker-{i}" for i in range(workers))]
    left = dict.fromkeys(names, RESTARTS)
    logs = paths.ROOT / "_build" / "search"  # TensorFlow's chatter, and why a process died
    logs.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with contextlib.ExitStack() as stack:
        stack.enter_context(journal.telling(folder, commit_steps=False))
        stack.enter_context(kernel.showing(notes))
        running = {}
        stack.callback(lambda: [_stop(process) for process in running.values()])
        for i, name in enumerate(names):
            running[name] = _start(name, arguments, port, _cores(i - 1, workers), logs)
        deadline = time.monotonic() + 3600 * hours
        while any(process.poll() != 0 for process in running.values()):
            time.sleep(0.5)
            if time.monotonic() > deadline:
                raise book.RunError(f"the search was not finished within {hours:g} h; the same command goes on from there.")
            for i, (name, process) in enumerate(running.items()):
                if process.poll() in (None, 0):
                    continue
                if not left[name]:
                    raise book.RunError(f"the {name} of the search died {RESTARTS + 1} times; see {logs / name}.")
                left[name] -= 1
                print(f"{name} died; it is started again and goes on.", flush=True)
                _stop(process)
                running[name] = _start(name, arguments, port, _cores(i - 1, workers), logs)


def _cores(worker, workers):
    """The cores of a worker: its share; all of them for the chief (-1), which only waits."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return cores if worker < 0 or not cores else cores[worker % len(cores) :: workers]


def _start(name, arguments, port, cores, logs):
    variables = {"KERASTUNER_TUNER_ID": name, "KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(port)}
    with open(logs / name, "a", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sixtytwo.report.command", *arguments, f"--parent={os.getpid()}"],
            env=os.environ | variables,
            stderr=log,
            start_new_session=True,  # so that a process and its kernel are stopped together
        )
    if cores:  # from here: Python code between fork and exec (`preexec_fn`) can swallow an interrupt
        os.sched_setaffinity(process.pid, cores)
    return process


def _stop(process):
    """Kill a process with its kernel."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def add_options(parser):
    """Add to the command line what only the search has."""
    parser.add_argument("--model", required=True, help="mlp, cnn, residual_cnn, modern_cnn or your own")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--hours", type=float, default=24, help="give up after so many")
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)  # of a process that takes part: it ends with that one


def run(options):
    """Search with the options of the command line. Raises RunError."""
    planned = book.plan(options.profile, options.data, dict(options.set))
    part = only_the_search(options.model, planned)
    if "KERASTUNER_TUNER_ID" in os.environ:
        return take_part(part, options.parent)
    if options.workers < 1:
        raise book.RunError(f"--workers {options.workers}: expected at least 1.")
    with execute.alone():
        together(part, paths.run(options.profile), options.workers, options.hours, options.arguments)
    print(f"The search for {options.model} is stored; `make book PROFILE={options.profile}` uses it.")
