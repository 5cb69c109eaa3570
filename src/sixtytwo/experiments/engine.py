"""Independent steps, computed side by side: on every core of this machine, or on the workers of a Dask cluster.

What a chapter wants is handed over together (`steps`, `compute`); Dask `distributed` places it. Without configuration that is a
cluster of this machine, with one worker per core; where Dask's own setting names the address of a scheduler
(DASK_SCHEDULER_ADDRESS, or `scheduler-address` in its configuration), that one. On one core, or for one task, no cluster is
started. Wherever a task runs, it has one thread, so that its result is the same to the bit, on the same kind of processor.

A worker needs this package and the address, and nothing else: images travel to it once, results and files come back, and this
process alone writes the store.
"""

import atexit
import contextlib
import dataclasses
import functools
import importlib
import logging
import pickle
import tempfile
import threading
import time
import uuid
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path

import cloudpickle
import dask.config
import dask.system
import psutil
import tensorflow as tf
import threadpoolctl
from distributed import Client, LocalCluster, as_completed, get_worker
from distributed.scheduler import KilledWorker
from distributed.system import MEMORY_LIMIT

from sixtytwo.base import journal, machine, progress, store
from sixtytwo.base.files import digest
from sixtytwo.data.loading import Data

PATIENCE = 10  # seconds until a scheduler must answer
WORKER_MEMORY = 1.2e9  # bytes that a worker needs for a training at full size
TOPIC = "sixtytwo-progress"
SETTINGS = {  # of Dask, for the cluster of this machine
    "distributed.scheduler.worker-saturation": 1.0,  # a task waits for the next free worker, not for one that may be slow
    "distributed.worker.memory.target": False,  # nothing goes to the disk
    "distributed.worker.memory.spill": False,
}


class EngineError(RuntimeError):
    """A task failed, or could not be placed; the message says which one, and why."""


@dataclasses.dataclass(frozen=True)
class Task:
    """A computation that depends on no other of its batch.

    Parameters
    ----------
    title : str
        What progress and errors call it.
    function : callable(**arguments)
        A function of this package; it may tell how far it is (`report`).
    arguments : dict, or callable() -> dict
        A callable is asked only if the task is computed. `Data` among them travel once.
    cost : float
        Estimated seconds on one thread: the longest start first.
    says : callable(result) -> str
        What the line of progress adds when the task is done.
    """

    title: str
    function: Callable
    arguments: dict | Callable[[], dict]
    cost: float = 1.0
    says: Callable = lambda result: ""


@dataclasses.dataclass(frozen=True)
class Step:
    """A task whose result is stored under `name` and `spec` (`store.cached`).

    Its function has one more argument, `folder`: what it writes there is stored with its result.
    """

    name: str
    spec: dict
    task: Task
    recipe: tuple | None = None  # how its images were made (`Data.recipe`)


@dataclasses.dataclass(frozen=True)
class _Outcome:
    result: object
    files: dict[str, bytes]
    seconds: float
    environment: dict

    def write(self, folder):
        """Put the files into a folder; returns the result."""
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return self.result


def steps(wanted, *, failures="raise") -> list[store.Entry]:
    """The stored entries of some steps, in their order; those that are missing are computed side by side and stored as they finish.

    With `failures="return"` there is the exception in the place of a step that failed; else the first one is raised, and what
    was finished until then is stored.

    Raises EngineError, and FloatingPointError for a training that diverged.
    """
    found = [store.find(step.name, step.spec) for step in wanted]
    missing = {}
    for i, step in enumerate(wanted):
        if found[i] is None:
            missing.setdefault(store.folder_name(step.name, step.spec), []).append(i)
    places = list(missing.values())

    def keep(task, outcome):
        step = wanted[places[task][0]]
        entry = store.cached(step.name, step.spec, outcome.write, made=outcome.environment, recipe=step.recipe)
        for i in places[task]:
            found[i] = entry

    tasks = [wanted[first].task for first, *_ in places]
    failed = _run(tasks, keep, found=len(wanted) - len(tasks), failures=failures, files=True)
    for task, error in failed.items():
        for i in places[task]:
            found[i] = error
    return found


def compute(tasks) -> list:
    """The results of some tasks, in their order, computed side by side; nothing is stored. Raises EngineError."""
    results = [None] * len(tasks)

    def keep(task, outcome):
        results[task] = outcome.result

    _run(tasks, keep, files=False)
    return results


def report(share, images=0):
    """Tell how far the task is that is running here: the share that is done, from 0 to 1, and images seen since the last call."""
    if (tell := getattr(_here, "tell", None)) is not None:
        tell(share, images)


_here = threading.local()
_one_at_a_time = threading.Lock()  # seeds and TensorFlow's settings belong to the process


def _perform(function, arguments, title, files, versions, tell):
    """Compute a task in this process; its outcome. Runs on a worker, or where the engine was called."""
    if (own := machine.versions()) != versions:
        names = [name for name in versions if own[name] != versions[name]]
        here, there = (", ".join(f"{name} {of[name]}" for name in names) for of in (own, versions))
        raise EngineError(f"a worker ({machine.name()}) has {here}, and this process {there}: install the same on both.")
    with _one_at_a_time, threadpoolctl.threadpool_limits(machine.THREADS), tempfile.TemporaryDirectory() as scratch:
        _here.tell = tell
        tell(0.0, 0)
        started = time.perf_counter()
        try:
            extra = {"folder": Path(scratch)} if files else {}
            result = function(**arguments, **extra)
        except (EngineError, FloatingPointError):  # these name the task
            raise
        except Exception as error:
            raise EngineError(f"{title}: {type(error).__name__}: {error}") from error
        finally:
            _here.tell = None
        seconds = time.perf_counter() - started
        written = {path.name: path.read_bytes() for path in Path(scratch).iterdir()}
    return _Outcome(result, written, seconds, machine.environment())


def _run(tasks, keep, *, found=0, failures="raise", files):
    """Compute tasks, the longest first; `keep(task, outcome)` is called as each is done. Returns failures by number of the task."""
    if not tasks:
        return {}
    client = _client() if _side_by_side(len(tasks)) else None
    workers = _count(client)
    order = sorted(range(len(tasks)), key=lambda i: -tasks[i].cost)
    with progress.Progress([task.cost for task in tasks], found=found, workers=workers) as shown:
        outcomes = _in_turn(tasks, order, files, shown) if client is None else _on_cluster(client, tasks, order, files, shown)
        failed = {}
        with contextlib.closing(outcomes):
            for i, outcome in outcomes:
                if isinstance(outcome, Exception):
                    if failures == "raise":
                        raise outcome
                    failed[i] = outcome
                    shown.finished(i, f"{tasks[i].title}: failed, {outcome}")
                    continue
                environment = outcome.environment | {"workers": workers}
                keep(i, dataclasses.replace(outcome, environment=environment))
                shown.finished(i, f"{tasks[i].title}: {outcome.seconds:.0f} s{tasks[i].says(outcome.result)}")
    return failed


def _in_turn(tasks, order, files, shown):
    """The number and the outcome, or the failure, of each task, computed here one after another."""
    versions = machine.versions()
    for i in order:
        try:
            tell = functools.partial(shown.advanced, i)
            yield i, _perform(tasks[i].function, _arguments(tasks[i]), tasks[i].title, files, versions, tell)
        except (EngineError, FloatingPointError) as error:
            yield i, error


def _on_cluster(client, tasks, order, files, shown):
    """The number and the outcome, or the failure, of each task as it is done on a cluster."""
    batch, versions, running = uuid.uuid4().hex[:8], machine.versions(), {}
    remote = _remote()

    def heard(event):
        _, (told, i, share, images) = event
        if told == batch:
            shown.advanced(i, share, images)

    client.subscribe_topic(TOPIC, heard)
    try:
        for rank, i in enumerate(order):
            arguments = _arguments(tasks[i])
            images = {name: value for name, value in arguments.items() if isinstance(value, Data)}
            rest = {name: value for name, value in arguments.items() if name not in images}
            call = cloudpickle.dumps((tasks[i].function, rest, tasks[i].title, files, versions, batch, i))
            sent = {name: _sent(client, data) for name, data in images.items()}
            future = client.submit(remote, "_on_worker", call, key=f"sixtytwo-{batch}-{i}", priority=-rank, **sent)
            running[future] = i
        for future in as_completed(running, loop=client.loop):
            yield running[future], _outcome(future, tasks[running[future]].title)
            future.release()
    except BaseException:
        _abandon(client, list(running))
        raise
    finally:
        with contextlib.suppress(Exception):  # the connection may be gone
            client.unsubscribe_topic(TOPIC)


def _outcome(future, title):
    """What a finished future holds, or the failure that says why it holds nothing."""
    try:
        return pickle.loads(future.result())
    except (EngineError, FloatingPointError) as error:
        return error
    except KilledWorker:
        return EngineError(f"{title}: its worker died again and again (out of memory, or killed).")
    except (ImportError, AttributeError) as error:
        return EngineError(f"{title}: a worker cannot load what it needs ({error}): install there what is installed here.")
    except Exception as error:
        if type(error).__name__.endswith("CancelledError"):
            return EngineError(f"{title}: the connection to the scheduler is lost; what was finished is stored.")
        return EngineError(f"{title}: {type(error).__name__}: {error}")


def _on_worker(call, **images):
    """Compute a task on a worker (called by `_remote`); its outcome, pickled."""
    function, arguments, title, files, versions, batch, i = pickle.loads(call)
    worker, told = get_worker(), [0.0, 0]
    key = worker.get_current_task()

    def tell(share, seen):
        if (task := worker.state.tasks.get(key)) is None or task.state == "cancelled":
            raise EngineError(f"{title}: nobody waits for it any more.")
        told[1] += seen
        if share in (0.0, 1.0) or time.monotonic() - told[0] >= progress.EVERY:
            worker.log_event(TOPIC, (batch, i, share, told[1]))
            told[:] = time.monotonic(), 0

    return pickle.dumps(_perform(function, arguments | images, title, files, versions, tell))


def _load(content):
    """An object sent to a worker (called by `_remote`)."""
    return pickle.loads(content)


def _remote():
    """What the scheduler gets to see: a function that travels by value, so that it needs no package, and asks the worker's."""
    module = __name__

    def call(name, *arguments, **named):
        return getattr(importlib.import_module(module), name)(*arguments, **named)

    return call


def _arguments(task):
    return task.arguments() if callable(task.arguments) else task.arguments


_images = weakref.WeakKeyDictionary()  # `Data` to its future: the workers keep images as long as this process does
_connection = contextlib.ExitStack()  # the client, and the cluster of this machine
_connected = None


def _sent(client, data):
    """The future of images on the workers: sent with the task that loads them, so that they come again if a worker is lost."""
    if data not in _images:
        about = [data.digest(), data.name, list(data.class_names)]
        content = cloudpickle.dumps(data)
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "10 GB"}):
            _images[data] = client.submit(_remote(), "_load", content, key=f"sixtytwo-images-{digest(about)[:16]}")
    return _images[data]


def _side_by_side(tasks):
    """Whether some tasks are worth a cluster, or are to run on the one that Dask's setting names."""
    return bool(_address()) or (tasks > 1 and local_workers() > 1) or not _has_one_thread()


def _has_one_thread():
    """Whether TensorFlow has one thread in this process: not if it was used before this package was imported."""
    return tf.config.threading.get_intra_op_parallelism_threads() == machine.THREADS


def _address():
    return dask.config.get("scheduler-address", None)


def local_workers() -> int:
    """Workers that this machine is good for: one per core that this process may use, if there is memory for them."""
    return max(1, min(dask.system.CPU_COUNT, machine.cores(), int(MEMORY_LIMIT // WORKER_MEMORY)))


def _client():
    """The client of the cluster, which is started, or connected to, when it is needed first. Raises EngineError."""
    global _connected
    if _connected is None:
        if address := _address():
            _connected = _connection.enter_context(_reached(address))
        else:
            _connected = _connection.enter_context(_started())
    return _connected


@contextlib.contextmanager
def _reached(address):
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise EngineError(
            f"no scheduler answers at {address} ({type(error).__name__}): start it (`dask scheduler`), or unset "
            "DASK_SCHEDULER_ADDRESS to compute on this machine."
        ) from error
    if not client.nthreads():
        journal.say(f"the scheduler at {address} has no worker yet: waiting for one (`dask worker {address} --nthreads 1`)")
        client.wait_for_workers(1)
    with client:
        yield client


@contextlib.contextmanager
def _started():
    """A cluster of this machine, which nobody else can connect to."""
    with dask.config.set(SETTINGS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"n_workers": local_workers(), "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        cluster = LocalCluster(**options, processes=True, security=True, silence_logs=logging.CRITICAL)
        client = Client(cluster, set_as_default=False)
    try:
        yield client
    finally:
        for nanny in cluster.workers.values():  # what its worker is at is not wanted any more
            with contextlib.suppress(psutil.Error, TypeError):
                psutil.Process(nanny.pid).kill()
        with contextlib.suppress(Exception):
            client.close(timeout=1)
        with contextlib.suppress(Exception):
            cluster.close(timeout=2)


def _count(client):
    """Tasks that run at a time."""
    return 1 if client is None else max(1, sum(client.nthreads().values()))


def _abandon(client, futures):
    """Cancel what is not finished; the workers of this machine are stopped, others notice it themselves (`_on_worker`)."""
    if all(future.done() for future in futures):
        return
    if _address():
        with contextlib.suppress(Exception):
            client.cancel(futures, force=True)
    else:
        close()


@atexit.register
def close():
    """Stop the workers of this machine, or leave the cluster; the next batch connects again."""
    global _connected
    _connected = None
    _images.clear()
    _connection.close()
