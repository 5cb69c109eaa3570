"""What happens where a task is computed: in this process, or on a worker of a Dask cluster."""

import dataclasses
import pickle
import tempfile
import threading
import time
import zlib
from pathlib import Path

import tensorflow as tf
import threadpoolctl
from distributed import get_worker

from sixtytwo.base import machine, progress

TOPIC = "sixtytwo-progress"  # of Dask's events


class EngineError(RuntimeError):
    """A task failed, or could not be placed; the message says which one, and why."""


class ClusterError(EngineError):
    """It was not the fault of the task: the cluster cannot be used as it is."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a task gave: its result, the files it wrote, and where and in how many seconds it did so."""

    result: object
    files: dict[str, bytes]
    seconds: float
    environment: dict

    def write(self, folder):
        """Put the files into a folder; returns the result."""
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return self.result


_here = threading.local()
_one_at_a_time = threading.Lock()  # seeds and TensorFlow's settings belong to the process


def report(share, images=0):
    """Tell how far the task is that is running here: the share that is done, from 0 to 1, and images seen since the last call."""
    if (tell := getattr(_here, "tell", None)) is not None:
        tell(share, images)


def perform(function, arguments, *, title, files, tell) -> Outcome:
    """Compute a task in this process. Raises EngineError, or the FloatingPointError of a training that diverged."""
    with _one_at_a_time, threadpoolctl.threadpool_limits(machine.THREADS), tempfile.TemporaryDirectory() as scratch:
        _here.tell = tell
        tell(0.0, 0)
        started = time.perf_counter()
        try:
            result = function(**arguments, **({"folder": Path(scratch)} if files else {}))
        except (EngineError, FloatingPointError):  # these name the task
            raise
        except Exception as error:
            raise EngineError(f"{title}: {type(error).__name__}: {error}") from error
        finally:
            _here.tell = None
        seconds = time.perf_counter() - started
        written = {path.name: path.read_bytes() for path in Path(scratch).iterdir()}
    return Outcome(result, written, seconds, machine.environment())


def has_one_thread() -> bool:
    """Whether TensorFlow has one thread in this process: not if it was used before this package was imported."""
    return tf.config.threading.get_intra_op_parallelism_threads() == machine.THREADS


def on_worker(about, call, **images):
    """Compute a task on a worker of Dask (called by the name of this function); its outcome, pickled."""
    _refuse_others(about["versions"])
    function, arguments, title, files = pickle.loads(call)
    worker, told = get_worker(), [0.0, 0]
    key = worker.get_current_task()

    def tell(share, seen):
        if (task := worker.state.tasks.get(key)) is None or task.state == "cancelled":
            raise EngineError(f"{title}: nobody waits for it any more.")
        told[1] += seen
        if share in (0.0, 1.0) or time.monotonic() - told[0] >= progress.EVERY:
            worker.log_event(TOPIC, (about["batch"], about["task"], share, told[1]))
            told[:] = time.monotonic(), 0

    return pickle.dumps(perform(function, arguments | images, title=title, files=files, tell=tell))


def load(content):
    """An object that was sent to a worker, pickled and compressed (called by the name of this function)."""
    return pickle.loads(zlib.decompress(content))


def _refuse_others(versions):
    """Refuse to compute for a process that has other versions than this worker."""
    own = machine.versions()
    if names := [name for name in versions if own.get(name) != versions[name]]:
        here, there = (", ".join(f"{name} {of.get(name)}" for name in names) for of in (own, versions))
        remedy = "install the same on both, and start both anew"
        raise ClusterError(f"a worker ({machine.name()}) has {here}, and this process {there}: {remedy}.")
    if not has_one_thread():
        raise ClusterError(f"a worker ({machine.name()}) has used TensorFlow with several threads before: start it anew.")
