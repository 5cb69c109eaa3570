"""What the engine does when something ends that should not: workers, scheduler, client; and when there is nothing to begin with."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import dask.config
import pytest
from clusters import Remote, group, local_workers, remote, started, until, using
from conftest import ROOT

from sixtytwo.base import paths
from sixtytwo.experiments import engine

pytestmark = pytest.mark.usefixtures("own_store")

TASKS = """
import os, signal
from sixtytwo.experiments import engine

def nap(seconds, name, folder):
    open(name, "w").close()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.1)
        engine.report(0.5)
    return {"worker": os.getpid()}

def step(name, seconds, cost=1.0):
    arguments = {"seconds": seconds, "name": os.path.join(os.getcwd(), f"began-{name}")}
    return engine.Step(name, {}, engine.Task(name, nap, arguments, cost))

engine.local_workers = engine.cluster.local_workers = lambda: 2
"""


def napping():
    """A function that travels by value, and sleeps in small pieces."""

    def nap(seconds, folder):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.1)
            engine.report(0.5)
        return {"worker": os.getpid()}

    return nap


def greedy():
    def eat(folder):
        eaten = []
        while True:
            eaten.append(bytearray(os.urandom(1 << 20)) * 20)
            time.sleep(0.05)

    return eat


def step(name, seconds=0.0, function=None):
    arguments = {} if function else {"seconds": seconds}
    return engine.Step(name, {}, engine.Task(name, function or napping(), arguments, seconds))


def stored():
    return sorted(path.name.rpartition("-")[0] for path in paths.LOCAL.glob("[!.]*"))


def wait_for_tasks(number, folder, program):
    """Wait until so many tasks of a program have begun."""

    def begun():
        assert program.poll() is None, (folder / "printed").read_text()
        return len(list(folder.glob("began-*"))) == number

    until(begun, 180)


class Background(threading.Thread):
    """Steps that are computed while the test does harm; `result` gives them, or raises what they raised."""

    def __init__(self, wanted):
        super().__init__(daemon=True)
        self.wanted, self.found, self.error = wanted, None, None
        self.start()

    def run(self):
        try:
            self.found = engine.steps(self.wanted)
        except Exception as error:
            self.error = error

    def result(self, seconds):
        self.join(seconds)
        assert not self.is_alive(), "it goes on"
        if self.error:
            raise self.error
        return self.found


def test_scheduler_that_does_not_answer_is_said_in_one_sentence(tmp_path):
    begun = time.monotonic()
    with using(Remote(tmp_path)), pytest.raises(engine.EngineError) as error:
        engine.compute([engine.Task("a task", len, {})])
    assert time.monotonic() - begun < 15
    assert str(error.value).startswith("no scheduler answers at tcp://127.0.0.1:") and str(error.value).count(". ") == 0


@pytest.mark.slow
def test_cluster_without_workers_is_said_and_waited_for(tmp_path, capsys):
    with remote(tmp_path, workers=0) as cluster, using(cluster):
        until(lambda: "Scheduler at" in (tmp_path / "machine0.log").read_text())
        waiting = Background([step("a")])
        said = until(lambda: capsys.readouterr().out)
        assert f"has no worker yet: waiting for one (`dask worker {cluster.address} --nthreads 1`)" in said
        cluster.worker()
        assert len(waiting.result(120)) == 1


@pytest.mark.slow
def test_worker_with_another_version_of_the_package_is_refused_with_both(tmp_path):
    other = tmp_path / "other"
    shutil.copytree(ROOT / "src", other, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    with open(other / "sixtytwo" / "experiments" / "fitting.py", "a", encoding="utf-8") as stream:
        stream.write("# changed\n")
    digest = "[0-9a-f]{12}"
    refused = rf"a worker \(.*\) has sixtytwo ({digest}), and this process sixtytwo (?!\1){digest}: install the same on both"
    with remote(tmp_path, workers=0) as cluster, using(cluster):
        cluster.worker(PYTHONPATH=str(other))
        with pytest.raises(engine.ClusterError, match=refused):
            engine.steps([step("a")], failures="return")


@pytest.mark.slow
def test_killed_scheduler_is_said_what_was_finished_is_stored_and_the_next_call_goes_on(tmp_path):
    wanted = [step("short"), step("long", 300.0)]
    with remote(tmp_path) as cluster, using(cluster):
        running = Background(wanted)
        until(lambda: stored() == ["short"], 120)
        cluster.processes[0].kill()
        begun = time.monotonic()
        with pytest.raises(engine.ClusterError, match="the connection to the scheduler is lost; what was finished is stored"):
            running.result(30)
        assert time.monotonic() - begun < 15
        cluster.stop()
        cluster.scheduler()
        cluster.worker()
        assert len(engine.steps([step("short"), step("other")])) == 2
        assert stored() == ["other", "short"]


@pytest.mark.slow
def test_scheduler_that_went_away_between_two_batches_is_reached_again(tmp_path):
    with remote(tmp_path, workers=1) as cluster, using(cluster):
        engine.steps([step("first")])
        cluster.stop()
        with pytest.raises(engine.ClusterError):
            engine.steps([step("second")])
        cluster.scheduler()
        cluster.worker()
        engine.steps([step("second")])
        assert stored() == ["first", "second"]


@pytest.mark.slow
def test_task_that_nobody_waits_for_any_more_ends_on_its_worker(tmp_path):
    with remote(tmp_path, workers=1) as cluster, using(cluster):
        with pytest.raises(engine.EngineError, match="bad: "):
            engine.steps([step("long", 200.0), step("bad", function=len)])
        engine.close()
        assert Background([step("next")]).result(100)  # its only worker is free again


@pytest.mark.slow
def test_worker_out_of_memory_is_named_by_its_training():
    engine.close()
    limits = {"distributed.worker.memory.terminate": 0.1, "distributed.scheduler.allowed-failures": 1}
    with pytest.MonkeyPatch.context() as patch, dask.config.set(limits):
        for module in (engine, engine.cluster):
            patch.setattr(module, "local_workers", lambda: 2)
        good, hungry = engine.steps([step("good"), step("hungry", function=greedy())], failures="return")
    engine.close()
    assert good.result["worker"] != os.getpid()
    assert str(hungry) == "hungry: its worker died again and again (out of memory, or killed)."


@pytest.mark.slow
def test_killed_client_leaves_no_process(tmp_path):
    client = started(tmp_path, f"{TASKS}\nengine.steps([step('a', 300.0), step('b', 300.0)])")
    wait_for_tasks(2, tmp_path, client)
    workers = local_workers(client.pid)
    assert len(workers) == 2
    client.kill()
    client.wait()
    until(lambda: not any(worker.is_running() for worker in workers) and not group(client), 5)


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["the program", "its group, as a terminal does"])
def test_interrupted_program_stops_its_workers_and_stores_no_half(whom, tmp_path):
    code = f"""{TASKS}
try:
    engine.steps([step('a', 0.0, cost=2.0), step('b', 300.0), step('c', 300.0)])
except KeyboardInterrupt:
    sys.exit(130)"""
    program = started(tmp_path, code)
    wait_for_tasks(3, tmp_path, program)
    os.kill(program.pid, signal.SIGINT) if whom == "the program" else os.killpg(program.pid, signal.SIGINT)
    begun = time.monotonic()
    assert program.wait(timeout=30) == 130, (tmp_path / "printed").read_text()
    until(lambda: not group(program), 5)
    assert time.monotonic() - begun < 5
    assert [path.name.rpartition("-")[0] for path in (tmp_path / "store").iterdir()] == ["a"]
    assert "Traceback" not in (tmp_path / "printed").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.2, 0.7, 1.5, 3.0])
def test_interrupt_while_the_workers_start_leaves_none_and_the_next_batch_runs(seconds, tmp_path):
    code = f"""{TASKS}
def interrupt():
    time.sleep({seconds})
    os.kill(os.getpid(), signal.SIGINT)
import threading
threading.Thread(target=interrupt).start()
try:
    engine.steps([step('a', 60.0), step('b', 60.0)])
    sys.exit("it was not interrupted")
except KeyboardInterrupt:
    pass
import psutil
time.sleep(5)
left = [child for child in psutil.Process().children(recursive=True) if "resource_tracker" not in str(child.cmdline())]
assert not left, left
assert len(engine.steps([step('c', 0.0), step('d', 0.0)])) == 2"""
    program = started(tmp_path, code)
    assert program.wait(timeout=300) == 0, (tmp_path / "printed").read_text()


@pytest.mark.slow
def test_tensorflow_with_more_threads_in_this_process_changes_nothing(tmp_path):
    training = """
import hashlib, keras
from sixtytwo.data import loading
from sixtytwo.experiments import engine, training, models
def build(hp):
    image = keras.Input((28, 28, 1))
    x = keras.layers.Flatten()(keras.layers.Conv2D(16, 3, activation="relu")(image))
    model = keras.Model(image, keras.layers.Dense(62, "softmax")(keras.layers.Dropout(0.2)(x)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
data = loading.load_train("synthetic", 1000)
run = training.train(training.Training(build, {}, data, name="x", seed=0, epochs=1))
weights = models.load_model(run).get_weights()
Path(sys.argv[0]).with_name("found").write_text(hashlib.sha256(b"".join(w.tobytes() for w in weights)).hexdigest())
"""
    before = "import tensorflow as tf\ntf.config.threading.set_intra_op_parallelism_threads(4)\ntf.ones(3) + 1\n"
    found = []
    for name, code in (("plain", training), ("threads", before + training)):
        folder = tmp_path / name
        folder.mkdir()
        program = started(folder, code)
        assert program.wait(timeout=400) == 0, (folder / "printed").read_text()
        found.append((folder / "found").read_text())
    assert found[0] == found[1]


@pytest.mark.slow
def test_address_of_a_scheduler_is_dasks_own_setting(tmp_path):
    with remote(tmp_path, workers=1) as cluster:
        code = f"{TASKS}\n[entry] = engine.steps([step('a', 0.0)])\nassert entry.result['worker'] != os.getpid()"
        program = started(tmp_path, code, DASK_SCHEDULER_ADDRESS=cluster.address)
        assert program.wait(timeout=200) == 0, (tmp_path / "printed").read_text()


@pytest.mark.slow
def test_program_without_the_usual_guard_is_told_so(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import time\n" + TASKS + "\nengine.compute([engine.Task('a', len, {})] * 2)")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, env=environment, timeout=400, check=False
    )
    assert done.returncode == 1
    assert 'needs the line `if __name__ == "__main__":`' in done.stderr
