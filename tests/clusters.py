"""Dask's scheduler and workers as processes of their own, and programs that use the engine, for its tests."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import dask.config
import psutil

from sixtytwo.experiments import engine

WORKER = "from multiprocessing.spawn import spawn_main"  # of the cluster of this machine, in its command line
FORBIDDING = """
import sys

class Forbidding:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("sixtytwo", "helpers", "tensorflow", "keras"):
            raise ImportError(f"{name} is not for the scheduler")

sys.meta_path.insert(0, Forbidding())
"""


class Remote:
    """A cluster of other "machines": each process in an empty folder of its own, with an empty home and without EMNIST."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.address = f"tcp://127.0.0.1:{server.getsockname()[1]}"

    def scheduler(self):
        """Start the scheduler, which must do without this package and TensorFlow."""
        forbidding = self.folder / "forbidding"
        forbidding.mkdir(exist_ok=True)
        (forbidding / "sitecustomize.py").write_text(FORBIDDING)
        port = self.address.rpartition(":")[2]
        return self._start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard", PYTHONPATH=str(forbidding))

    def worker(self, **variables):
        return self._start("worker", self.address, "--nthreads", "1", "--no-dashboard", **variables)

    def _start(self, *command, **variables):
        folder = self.folder / f"machine{len(self.processes)}"
        folder.mkdir()
        hidden = {"EMNIST_DIR", "PYTHONPATH", "XDG_CACHE_HOME"}
        environment = {name: value for name, value in os.environ.items() if name not in hidden and not name.startswith("DASK")}
        environment |= {"HOME": str(folder), **variables}
        with open(self.folder / f"{folder.name}.log", "w", encoding="utf-8") as printed:
            streams = {"stdout": printed, "stderr": subprocess.STDOUT}
            process = subprocess.Popen([sys.executable, "-m", "dask", *command], cwd=folder, env=environment, **streams)
        self.processes.append(process)
        return process

    def stop(self):
        for process in self.processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                    one.kill()
            process.wait()


@contextlib.contextmanager
def remote(folder, workers=2):
    """A scheduler and workers on loopback."""
    cluster = Remote(folder)
    try:
        cluster.scheduler()
        for _ in range(workers):
            cluster.worker()
        yield cluster
    finally:
        cluster.stop()


@contextlib.contextmanager
def using(cluster):
    """Have the engine of this process use a remote cluster, as with DASK_SCHEDULER_ADDRESS."""
    engine.close()
    try:
        with dask.config.set({"scheduler-address": cluster.address}):
            yield
    finally:
        engine.close()


def started(folder, code, **variables):
    """A program that runs `code` with a store of its own, in a group of its own; what it prints goes to the file `printed`."""
    indented = "\n".join(f"    {line}" for line in code.strip().splitlines())
    program = folder / "program.py"
    program.write_text(f"{PROLOGUE.format(store=str(folder / 'store'))}\nif __name__ == '__main__':\n{indented}\n")
    with open(folder / "printed", "w", encoding="utf-8") as printed:
        streams = {"stdout": printed, "stderr": subprocess.STDOUT}
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)} | variables
        command = [sys.executable, str(program)]
        return subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **streams)


PROLOGUE = """
import sys
import time
from pathlib import Path
from sixtytwo.base import paths
paths.LOCAL = paths.PUBLISHED = paths.UNFINISHED = Path({store!r})
"""


def until(condition, seconds=60):
    """Wait until a condition holds, and give what it gave; fails if it does not in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


def local_workers(process_id):
    """The processes of the workers that a process has started, youngest last."""
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(process_id).children(recursive=True)
        return [child for child in children if _is_worker(child)]
    return []


def _is_worker(process):
    with contextlib.suppress(psutil.Error):
        return any(WORKER in part for part in process.cmdline())
    return False


def group(process):
    """The processes that live in the group of a program."""
    found = []
    for one in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.Error):
            if os.getpgid(one.pid) == process.pid and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
    return found
