"""The workers: a Dask cluster of this machine, or the one whose scheduler Dask's own setting names."""

import atexit
import contextlib
import importlib
import logging
import multiprocessing
import warnings
import weakref
import zlib

import cloudpickle
import dask.config
import dask.system
from dask.task_spec import Task
from distributed import Client, LocalCluster
from distributed.system import MEMORY_LIMIT

from sixtytwo.base import journal, machine
from sixtytwo.base.files import digest
from sixtytwo.experiments import worker
from sixtytwo.experiments.worker import ClusterError

PATIENCE = 10  # seconds until a scheduler must answer
WORKER_MEMORY = 2.5e9  # bytes that a worker needs: up to 2.4 GB were seen in the searches of the published run
SETTINGS = {  # of Dask, for the cluster of this machine
    "distributed.scheduler.worker-saturation": 1.0,  # a task waits for the next free worker, not for one that may be slow
    "distributed.scheduler.active-memory-manager.start": False,  # which takes images away between two batches
    "distributed.worker.memory.target": False,  # nothing goes to the disk
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,  # TensorFlow gives nothing back: a worker that pauses would pause for ever
}
WORKER_PROCESS = "Dask Worker process (from Nanny)"  # Dask's name for it
HINT = 'a script that trains needs the line `if __name__ == "__main__":` around its calls'
LOST = "the connection to the scheduler is lost; what was finished is stored"
LARGE = {"distributed.admin.large-graph-warning-threshold": "10 GB"}  # images are meant to be sent

_images = weakref.WeakKeyDictionary()  # `Data` to its future: the workers keep images as long as this process does
_connection = contextlib.ExitStack()  # the client, and the cluster of this machine
_client = None


def address() -> str | None:
    """The address of a scheduler that is to be used instead of a cluster of this machine."""
    return dask.config.get("scheduler-address", None)


def local_workers() -> int:
    """Workers that this machine is good for: one per core that this process may use, if there is memory for them."""
    return max(1, min(dask.system.CPU_COUNT, machine.cores(), int(MEMORY_LIMIT // WORKER_MEMORY)))


def connected() -> Client:
    """The client of the cluster, which is started, or connected to, when it is needed first. Raises ClusterError."""
    global _client
    if _client is not None and _client.status != "running":  # its scheduler went away
        close()
    if _client is None:
        _client = _connection.enter_context(_reached(address()) if address() else _started())
    if size(_client) == 0:
        place = address()
        journal.say(f"the scheduler at {place} has no worker yet: waiting for one (`dask worker {place} --nthreads 1`)")
    return _client


@atexit.register
def close():
    """Stop the workers of this machine, or leave the cluster; the next batch connects again."""
    global _client
    _client = None
    _images.clear()
    _connection.close()


@contextlib.contextmanager
def _reached(place):
    try:
        client = Client(place, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # the last for a tls:// address without certificates
        raise ClusterError(
            f"no scheduler answers at {place} ({type(error).__name__}): start it (`dask scheduler`), or unset "
            "DASK_SCHEDULER_ADDRESS to compute on this machine."
        ) from error
    with _left(client):
        yield client


@contextlib.contextmanager
def _started():
    """A cluster of this machine, which nobody else can connect to."""
    workers = local_workers()
    options = {"threads_per_worker": 1, "memory_limit": MEMORY_LIMIT // workers, "dashboard_address": None}
    options |= {"processes": True, "security": True, "silence_logs": logging.CRITICAL}
    with contextlib.ExitStack() as stack:
        with dask.config.set(SETTINGS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cluster = LocalCluster(n_workers=0, **options)
            stack.callback(_stop, cluster)  # from now on, so that an interrupted start leaves no process
            cluster.scale(workers)
            try:
                cluster.sync(_complete, cluster)
            except Exception as error:
                raise ClusterError(f"the workers of this machine did not start ({error}); {HINT}.") from error
        yield stack.enter_context(_left(Client(cluster, set_as_default=False)))


async def _complete(cluster):
    """Wait until all workers of a cluster run, or one has failed to."""
    await cluster


@contextlib.contextmanager
def _left(client):
    """Leave a cluster in the end, even one that does not answer."""
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=1)


def _stop(cluster):
    """Stop the workers of this machine at once: what they are at is not wanted any more."""
    for nanny in list(cluster.workers.values()):
        nanny.close_gracefully()  # does not start its worker again
    for process in multiprocessing.active_children():
        if process.name == WORKER_PROCESS:
            process.kill()
    with contextlib.suppress(Exception):
        cluster.close(timeout=2)


def size(client) -> int:
    """Tasks that run at a time; none yet if no worker has come. Raises ClusterError."""
    try:
        return sum(client.nthreads().values())
    except Exception as error:  # of many kinds, as the connection ends
        raise ClusterError(f"{LOST}.") from error


def submit(client, about, call, images, *, key, priority):
    """Have `call` computed by a worker, with images (`Data` by name) that travel there once; returns its future."""
    sent = {name: _sent(client, data) for name, data in images.items()}
    # A "data producer" waits at the scheduler for the next free worker, wherever its images are; another task would be given
    # in advance to the worker that has them.
    task = Task(key, _remote(), "on_worker", about, call, _data_producer=True, **sent)
    return client.get({key: task}, key, sync=False, priority=priority)


def _sent(client, data):
    """The future of images on the workers: sent with the task that loads them, so that they come again if a worker is lost."""
    if data not in _images or _images[data].status not in ("pending", "finished"):
        about = [data.digest(), data.name, list(data.class_names)]
        with dask.config.set(LARGE):
            key = f"sixtytwo-images-{digest(about)[:16]}"
            # compressed, because a worker keeps what it was sent beside the images that it makes of it
            _images[data] = client.submit(_remote(), "load", zlib.compress(cloudpickle.dumps(data), level=1), key=key)
    return _images[data]


def _remote():
    """What the scheduler gets to see: a function that travels by value, so that it needs no package, and asks the worker's."""
    module = worker.__name__

    def call(name, *arguments, **named):
        return getattr(importlib.import_module(module), name)(*arguments, **named)

    return call
