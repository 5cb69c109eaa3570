"""One model's hyperparameter search, spread over several processes by KerasTuner's own chief and workers.

    python -m search --model cnn --workers 2 --profile draft     # `make search`: all on this machine

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

import execute
from execute import RunError

RESTARTS = 3  # of a worker that died, and of the chief


def only_the_search(model, planned):
    """The code of the chapter that searches for `model`, up to that search; its path and its parameters. Raises RunError."""
    for path, notebook, chosen in planned:
        for i, cell in enumerate(notebook.cells):
            if cell.cell_type == "code" and "tuning.search(" in cell.source and f'name="{model}"' in cell.source:
                notebook.cells = [cell for cell in notebook.cells[: i + 1] if cell.cell_type == "code"]
                return path, notebook, chosen
    raise RunError(f"no chapter searches for a model {model!r}: expected mlp, cnn, residual_cnn, modern_cnn or your own.")


def take_part(path, notebook, chosen) -> None:
    """Search in a kernel: the part that KERASTUNER_TUNER_ID names, or all of it if there are no others. Raises RunError."""
    import papermill

    if parent := os.environ.get("SEARCH_PARENT"):
        threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        source, done = Path(folder) / path.name, Path(folder) / "done.ipynb"
        nbformat.write(notebook, source)
        try:
            papermill.execute_notebook(
                source, done, parameters=chosen, kernel_name="python3", progress_bar=False, cwd=path.parent
            )
        except papermill.PapermillExecutionError as error:
            raise RunError(f"{path.name}: {error.ename}: {error.evalue}") from error


def _end_with(parent):
    """End this process and its kernel when the process that started it is gone: a second chief would do the same work."""
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(0, signal.SIGKILL)


def together(workers, hours, arguments) -> None:
    """Start a chief and workers on this machine, a share of the cores each; start again what dies. Raises RunError."""
    names = ["chief", *(f"worker-{i}" for i in range(workers))]
    left = dict.fromkeys(names, RESTARTS)
    logs = execute.ROOT / "_build" / "search"  # TensorFlow's chatter, and why a process died
    logs.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(tempfile.NamedTemporaryFile(dir=logs, prefix="progress-"))
        stack.enter_context(execute.showing(progress.name))
        running = {}
        stack.callback(lambda: [_stop(process) for process in running.values()])
        for i, name in enumerate(names):
            running[name] = _start(name, arguments, port, _cores(i - 1, workers), logs, progress.name)
        deadline = time.monotonic() + 3600 * hours
        while any(process.poll() != 0 for process in running.values()):
            time.sleep(0.5)
            if time.monotonic() > deadline:
                raise RunError(f"the search was not finished within {hours:g} h; the same command goes on from there.")
            for i, (name, process) in enumerate(running.items()):
                if process.poll() in (None, 0):
                    continue
                if not left[name]:
                    raise RunError(f"the {name} of the search died {RESTARTS + 1} times; see {logs / name}.")
                left[name] -= 1
                print(f"{name} died; it is started again and goes on.", flush=True)
                _stop(process)
                running[name] = _start(name, arguments, port, _cores(i - 1, workers), logs, progress.name)


def _cores(worker, workers):
    """The cores of a worker: its share; all of them for the chief (-1), which only waits."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return cores if worker < 0 or not cores else cores[worker % len(cores) :: workers]


def _start(name, arguments, port, cores, logs, progress):
    variables = {"KERASTUNER_TUNER_ID": name, "KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(port)}
    with open(logs / name, "a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "search", *arguments],
            env=os.environ | variables | {"PROGRESS_LOG": progress, "SEARCH_PARENT": str(os.getpid())},
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


def main(arguments=None) -> int:
    """Command line; returns the exit status: 0 good, 1 refused, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="search", description="Search one model's hyperparameters in several processes.")
    parser.add_argument("--model", required=True, help="mlp, cnn, residual_cnn, modern_cnn or your own")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--hours", type=float, default=24, help="give up after so many")
    parser.add_argument("--profile", choices=execute.PROFILES, default="smoke")
    parser.add_argument("--data", default="auto")
    parser.add_argument("--set", type=execute.setting, action="append", default=[], metavar="NAME=VALUE")
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args(arguments)

    def command():
        planned = execute.plan(options.profile, options.data, dict(options.set))
        part = only_the_search(options.model, planned)
        if "KERASTUNER_TUNER_ID" in os.environ:
            return take_part(*part)
        if options.workers < 1:
            raise RunError(f"--workers {options.workers}: expected at least 1.")
        with execute.alone():
            together(options.workers, options.hours, arguments)
        print(f"The search for {options.model} is stored; `make book PROFILE={options.profile}` uses it.")

    return execute.exit_status(command, interrupted="Finished trials are kept; the same command goes on from there.")


if __name__ == "__main__":
    sys.exit(main())
