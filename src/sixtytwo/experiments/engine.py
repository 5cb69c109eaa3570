"""Independent steps, computed side by side: on every core of this machine, or on the workers of a Dask cluster.

What a chapter wants is handed over together (`steps`, `compute`); Dask `distributed` places it. Without configuration that is a
cluster of this machine, with one worker per core; where Dask's own setting names the address of a scheduler
(DASK_SCHEDULER_ADDRESS, or `scheduler-address` in its configuration), that one. On one core, or for one task, no cluster is
started. Wherever a task runs, it has one thread, so that its result is the same to the bit, on the same kind of processor.

A worker needs this package and the address, and nothing else: images travel to it once, results and files come back, and this
process alone writes the store.
"""

import concurrent.futures
import contextlib
import dataclasses
import functools
import pickle
import uuid
from collections.abc import Callable

import cloudpickle
from distributed import as_completed
from distributed.scheduler import KilledWorker

from sixtytwo.base import machine, progress, store
from sixtytwo.data.loading import Data
from sixtytwo.experiments import cluster
from sixtytwo.experiments.cluster import close, local_workers
from sixtytwo.experiments.worker import TOPIC, ClusterError, EngineError, has_one_thread, perform, report

__all__ = ["ClusterError", "EngineError", "Step", "Task", "close", "compute", "local_workers", "report", "steps"]


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


def steps(wanted, *, failures="raise") -> list[store.Entry]:
    """The stored entries of some steps, in their order; those that are missing are computed side by side and stored as they finish.

    With `failures="return"` there is the exception in the place of a step that failed; else the first one is raised, and what
    was finished until then is stored.

    Raises EngineError, and FloatingPointError for a training that diverged.
    """
    entries = [store.find(step.name, step.spec) for step in wanted]
    found = sum(entry is not None for entry in entries)
    missing = {}
    for i, step in enumerate(wanted):
        if entries[i] is None:
            missing.setdefault(store.folder_name(step.name, step.spec), []).append(i)
    places = list(missing.values())

    def keep(task, outcome):
        step = wanted[places[task][0]]
        entry = store.cached(step.name, step.spec, outcome.write, made=outcome.environment, recipe=step.recipe)
        for i in places[task]:
            entries[i] = entry

    failed = _run([wanted[first].task for first, *_ in places], keep, found=found, failures=failures, files=True)
    for task, error in failed.items():
        for i in places[task]:
            entries[i] = error
    return entries


def compute(tasks) -> list:
    """The results of some tasks, in their order, computed side by side; nothing is stored. Raises EngineError."""
    results = [None] * len(tasks)

    def keep(task, outcome):
        results[task] = outcome.result

    _run(tasks, keep, files=False)
    return results


def _run(tasks, keep, *, found=0, failures="raise", files):
    """Compute tasks, the longest first; `keep(task, outcome)` is called as each is done. Returns failures by number of the task."""
    if not tasks:
        return {}
    side_by_side = cluster.address() or (len(tasks) > 1 and local_workers() > 1) or not has_one_thread()
    client = cluster.connected() if side_by_side else None
    failed, order = {}, sorted(range(len(tasks)), key=lambda i: -tasks[i].cost)
    workers = cluster.size(client) if client else 1
    with progress.Progress([task.cost for task in tasks], found=found, workers=workers) as shown:
        outcomes = _on_cluster(client, tasks, order, files, shown) if client else _in_turn(tasks, order, files, shown)
        with contextlib.closing(outcomes):
            for i, outcome in outcomes:
                if isinstance(outcome, Exception):
                    if failures == "raise" or isinstance(outcome, ClusterError):
                        raise outcome
                    failed[i] = outcome
                    shown.finished(i, f"{tasks[i].title}: failed, {outcome}")
                    continue
                environment = outcome.environment | {"workers": shown.workers}
                keep(i, dataclasses.replace(outcome, environment=environment))
                shown.finished(i, f"{tasks[i].title}: {outcome.seconds:.0f} s{tasks[i].says(outcome.result)}")
    return failed


def _in_turn(tasks, order, files, shown):
    """The number and the outcome, or the failure, of each task, computed here one after another."""
    for i in order:
        task, tell = tasks[i], functools.partial(shown.advanced, i)
        try:
            yield i, perform(task.function, _arguments(task), title=task.title, files=files, tell=tell)
        except (EngineError, FloatingPointError) as error:
            yield i, error


def _on_cluster(client, tasks, order, files, shown):
    """The number and the outcome, or the failure, of each task as it is done on a cluster."""
    batch, running = uuid.uuid4().hex[:8], {}

    def heard(event):
        _, (told, i, share, images) = event
        if told == batch:
            shown.advanced(i, share, images)

    client.subscribe_topic(TOPIC, heard)
    try:
        for rank, i in enumerate(order):
            about = {"batch": batch, "task": i, "versions": machine.versions()}
            running[_submitted(client, tasks[i], files, about, priority=-rank)] = i
        for future in as_completed(running, loop=client.loop):
            i = running.pop(future)
            outcome = _outcome(future, tasks[i].title)
            with contextlib.suppress(ClusterError):  # the next outcome will tell
                shown.workers = max(1, cluster.size(client))  # some may have come, or gone
            yield i, outcome
    except BaseException:
        if running:  # what is not finished is not wanted any more
            cluster.close()
        raise


def _submitted(client, task, files, about, priority):
    """The future of a task that was handed to a cluster."""
    arguments = _arguments(task)
    images = {name: value for name, value in arguments.items() if isinstance(value, Data)}
    rest = {name: value for name, value in arguments.items() if name not in images}
    try:
        call = cloudpickle.dumps((task.function, rest, task.title, files))
    except Exception as error:
        raise EngineError(f"{task.title}: what it needs cannot be sent to a worker ({error}).") from error
    return cluster.submit(client, about, call, images, key=f"sixtytwo-{about['batch']}-{about['task']}", priority=priority)


def _outcome(future, title):
    """What a finished future holds, or the failure that says why it holds nothing."""
    try:
        return pickle.loads(future.result())
    except (EngineError, FloatingPointError) as error:
        return error
    except KilledWorker:
        return EngineError(f"{title}: its worker died again and again (out of memory, or killed).")
    except (ImportError, AttributeError) as error:
        return ClusterError(f"{title}: a worker cannot load what it needs ({error}): install there what is installed here.")
    except concurrent.futures.CancelledError:
        return ClusterError(f"{title}: {cluster.LOST}.")
    except Exception as error:
        return EngineError(f"{title}: {type(error).__name__}: {error}")


def _arguments(task):
    return task.arguments() if callable(task.arguments) else task.arguments
