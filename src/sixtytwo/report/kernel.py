"""One chapter, executed through papermill; its output appears under its final name only if it passes the gate."""

import contextlib
import copy
import multiprocessing
import os
import re
import sys
import tempfile
import threading
import time

import nbformat

from sixtytwo.base import journal, machine, paths, progress
from sixtytwo.report import book, fingerprint, gate, outputs

ATTEMPTS = 3  # to start a kernel
CELL_TIMEOUT = {"smoke": 20 * 60, "draft": 3 * 3600, "paper": 24 * 3600}  # seconds


def execute(chapter, folder, profile) -> None:
    """Execute a planned chapter and write it, with what it used and made, to the folder of the run.

    Raises RunError, and leaves what there is in its folder `partial`.
    """
    path, notebook, chosen = chapter
    identity = fingerprint.fingerprint(chapter, folder)
    partial = folder / "partial" / path.name
    partial.parent.mkdir(exist_ok=True)
    notes = journal.journal_path(folder, path.stem)
    notes.unlink(missing_ok=True)
    (folder / "provenance.json").unlink(missing_ok=True)  # nobody publishes the run until its parts belong together again
    print(f"{path.name} …", flush=True)
    started = time.perf_counter()
    with showing(notes):
        _run_papermill(path, notebook, partial, chosen, CELL_TIMEOUT[profile])
    seconds = time.perf_counter() - started
    notebook = outputs.without_progress(nbformat.read(partial, as_version=4))
    kinds = ("model", "step", "malformed")
    noted = {kind: sorted({value for key, value in journal.read(notes) if key == kind}) for kind in kinds}
    found = gate.problems(notebook) or _journal_problems(notebook, notes, noted["malformed"])
    if found := found or gate.failed_trials(folder, noted["model"]):
        raise book.RunError(f"{path.name} was executed, but: {'; '.join(found)}; see {paths.shown(partial)}.")
    notebook.metadata["book"] = {
        **identity,
        "profile": profile,
        "parameters": chosen,
        "seconds": round(seconds, 1),
        "executed": machine.now(),
        "git_commit": machine.git_commit(),
        "models": noted["model"],
        "records": fingerprint.records(folder, noted["model"]),
        "store": noted["step"],
    }
    nbformat.write(outputs.tidied(notebook), partial)
    partial.replace(folder / "notebooks" / path.name)
    print(f"{path.name}: {seconds:.0f} s", flush=True)


def _journal_problems(notebook, notes, malformed):
    """What is wrong with the journal of an executed notebook."""
    if not notes.exists():
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        opened = "".join(f" (it has {call})" for call in re.findall(r"open_chapter\(.*?\)", code, re.DOTALL))
        wanted = f'add helpers.open_chapter(run_dir, "{notes.stem}") to its first cell of code{opened}'
        return [f"it does not say in {paths.shown(notes)} what it uses: {wanted}"]
    return [f"its journal {paths.shown(notes)} has a line that is no note: {line:.60}" for line in malformed]


def _run_papermill(path, notebook, partial, chosen, timeout):
    """Run a notebook with papermill; its error, in one sentence, as a RunError."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    from sixtytwo.report.own_kernel import own_kernel

    chatter = partial.with_suffix(".stderr")
    try:
        for attempt in range(ATTEMPTS):
            try:
                with _stderr_to(chatter), tempfile.TemporaryDirectory() as settings:
                    papermill.execute_notebook(
                        copy.deepcopy(notebook), partial, parameters=chosen, kernel_name="python3", language="python", progress_bar=False,
                        cwd=path.parent, start_timeout=120, execution_timeout=timeout, kernel_manager_class=own_kernel(settings),
                    )  # fmt: skip
                break
            except RuntimeError as error:  # Jupyter picks ports that are free, and another kernel may take one before this does
                if "before replying" not in str(error) or attempt == ATTEMPTS - 1:
                    raise
    except papermill.PapermillExecutionError as error:
        place = f"{path.name}, cell {error.exec_count}"
        raise book.RunError(f"{place}: {error.ename}: {error.evalue}; see {paths.shown(partial)}.") from error
    except DeadKernelError as error:
        raise book.RunError(f"{path.name}: the kernel died (out of memory, or killed); see {paths.shown(chatter)}.") from error
    except CellTimeoutError as error:
        raise book.RunError(f"{path.name}: a cell ran longer than {timeout} s; see {paths.shown(partial)}.") from error


@contextlib.contextmanager
def showing(notes):
    """Copy the progress that a chapter notes in its journal to the terminal while it runs: its lines, and its live bar.

    Bars of chapters that are executed side by side would overwrite each other: these have lines alone.
    """
    stop, live, alone = threading.Event(), journal.Live(), multiprocessing.parent_process() is None

    def follow():
        start, last = 0, False
        while not last:
            last = stop.wait(0.5)  # what was written until then is still shown
            noted, start = journal.read_on(notes, start)
            for kind, value in noted:
                if kind == "progress":
                    live.line(f"    {value}")
                if kind == "bar" and alone:
                    live.bar(value["share"], progress.text(value))
        live.close()

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
