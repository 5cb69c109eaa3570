"""The engine on the workers of this machine: what it hands out, in which order, and what it gives back."""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import keras
import pytest
from clusters import local_workers, until
from tiny import VALUES, build

from sixtytwo.base import paths
from sixtytwo.data.loading import Data
from sixtytwo.experiments import engine, training

pytestmark = pytest.mark.usefixtures("own_store")


@pytest.fixture
def two_workers(monkeypatch):
    """A machine with two cores."""
    for module in (engine, engine.cluster):
        monkeypatch.setattr(module, "local_workers", lambda: 2)


def task(function, cost=1.0, title="a task", **arguments):
    return engine.Task(title, function, arguments, cost)


def step(name, function, **arguments):
    return engine.Step(name, {"arguments": arguments}, task(function, title=name, **arguments))


def functions():
    """Functions for tasks, which travel by value, as those of a notebook do."""

    def double(number):
        return 2 * number

    def kept(number, folder):
        (folder / "number.txt").write_text(str(number))
        return {"number": number}

    def noted(notes, folder):
        with open(notes, "a", encoding="utf-8") as stream:
            stream.write("computed\n")
        return {}

    def nap(seconds, **_):
        begun = time.time()
        time.sleep(seconds)
        return os.getpid(), begun, time.time()

    def fails(folder):
        raise ValueError("not today")

    def fails_after(stored, number, folder):
        while len(list(Path(stored).glob("*"))) < number:
            time.sleep(0.05)
        raise ValueError("not today")

    return double, kept, noted, nap, fails, fails_after


double, kept, noted, nap, fails, fails_after = functions()


def test_one_core_or_one_task_starts_no_process(monkeypatch):
    engine.close()
    assert engine.compute([task(nap, seconds=0)])[0][0] == os.getpid()
    monkeypatch.setattr(engine, "local_workers", lambda: 1)
    assert [pid for pid, *_ in engine.compute([task(nap, seconds=0)] * 2)] == [os.getpid()] * 2
    assert multiprocessing.active_children() == []


def test_results_come_in_the_order_of_the_request(two_workers):
    assert engine.compute([task(double, cost, number=i) for i, cost in enumerate((1, 5, 3, 9))]) == [0, 2, 4, 6]


def test_files_of_a_step_are_stored_with_its_result(two_workers):
    entries = engine.steps([step(f"step{i}", kept, number=i) for i in range(2)])
    assert [(entry.result, entry.path("number.txt").read_text()) for entry in entries] == [
        ({"number": i}, str(i)) for i in (0, 1)
    ]
    assert [entry.environment["workers"] for entry in entries] == [2, 2]


def test_steps_that_are_stored_are_not_computed_again_and_the_same_step_once(two_workers, tmp_path):
    notes = str(tmp_path / "notes")
    first = engine.steps([step("found", noted, notes=notes)])
    wanted = [step(name, noted, notes=notes) for name in ("found", "twice", "once", "twice")]
    found, *rest = engine.steps(wanted)
    assert found == first[0] and rest[0] == rest[2]
    assert (tmp_path / "notes").read_text().count("computed") == 3


def test_longest_start_first_and_no_worker_is_idle(two_workers, data):
    engine.compute([task(nap, seconds=0.5, data=data)] * 2)  # both workers have loaded what they need
    lengths = [0.2, 0.9, 0.3, 0.4]
    napped = engine.compute([task(nap, length, seconds=length, data=data) for length in lengths])
    begun = sorted(range(4), key=lambda i: napped[i][1])
    assert set(begun[:2]) == {1, 3} and begun[2:] == [2, 0]
    assert napped[1][0] not in {napped[i][0] for i in (0, 2, 3)}, "the longest has a worker of its own"


def test_images_travel_once_to_each_worker(two_workers, data, tmp_path):
    arrivals = tmp_path / "arrivals"

    class Counted(Data):
        def __setstate__(self, state):
            with open(arrivals, "a", encoding="utf-8") as stream:
                stream.write(f"{os.getpid()}\n")
            self.__dict__.update(state)

    counted = Counted(**{name: getattr(data, name) for name in data.__dataclass_fields__} | {"name": "counted"})
    for _ in range(2):
        engine.compute([task(nap, seconds=0.3, data=counted)] * 4)
        time.sleep(3)  # Dask looks every two seconds for what it could clear away
    arrived = arrivals.read_text().split()
    assert len(arrived) == len(set(arrived)) == 2


def test_failed_step_keeps_its_place_and_the_others_are_stored(two_workers):
    wanted = [step("good", kept, number=1), step("bad", fails), step("better", kept, number=2)]
    good, bad, better = engine.steps(wanted, failures="return")
    assert (good.result["number"], better.result["number"]) == (1, 2)
    assert isinstance(bad, engine.EngineError) and str(bad) == "bad: ValueError: not today"


def test_after_a_failure_what_was_finished_is_stored_and_the_next_batch_runs(two_workers):
    wanted = [step(name, kept, number=1) for name in ("good", "better")]
    wanted += [step("bad", fails_after, stored=str(paths.LOCAL), number=2), step("long", nap, seconds=60)]
    started = time.monotonic()
    with pytest.raises(engine.EngineError, match="bad: ValueError: not today"):
        engine.steps(wanted)
    assert time.monotonic() - started < 50, "nobody waits for what is not wanted any more"
    assert sorted(path.name.rpartition("-")[0] for path in paths.LOCAL.iterdir()) == ["better", "good"]
    assert engine.compute([task(double, number=1)] * 2) == [2, 2]


def test_what_cannot_be_sent_is_named(two_workers):
    with pytest.raises(engine.EngineError, match=r"^a task: what it needs cannot be sent to a worker \(.*lock"):
        engine.compute([task(double, number=threading.Lock())] * 2)


class Fickle(keras.layers.Layer):
    """Works where it is handed over, and fails on a worker."""

    def call(self, x):
        if multiprocessing.parent_process() is not None:
            raise ValueError("this cell is wrong")
        return x


def fickle(hp):
    built = build(hp)
    model = keras.Model(built.inputs, Fickle()(built.output))
    model.compile(built.optimizer.__class__(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_code_that_fails_on_a_worker_is_named_with_the_model_and_the_seed(two_workers, data):
    wanted = [training.Training(fickle, VALUES, data, name="mine", seed=seed, epochs=1) for seed in (3, 4)]
    first, second = training.train(wanted, failures="return")
    for seed, error in ((3, first), (4, second)):
        assert str(error).startswith(f"mine, seed {seed}: ValueError: ") and "this cell is wrong" in str(error)


def test_training_that_diverges_on_a_worker_is_an_error(two_workers, data):
    def bad(hp):
        return build(hp, rate=(0.01, 1e38))

    values = VALUES | {"learning_rate": 1e38}
    wanted = [training.Training(bad, values, data, name="bad", seed=seed, epochs=3) for seed in (0, 1)]
    with pytest.raises(FloatingPointError, match=r"training bad, seed \d diverged"):
        training.train(wanted)
    assert not list(paths.LOCAL.glob("train-*"))


def test_killed_worker_is_replaced_and_its_task_stored_once(two_workers):
    finished = []
    wanted = [step(f"step{i}", nap, seconds=2 + i) for i in range(2)]
    waiting = threading.Thread(target=lambda: finished.extend(engine.steps(wanted)))
    engine.compute([task(double, number=1)] * 2)
    waiting.start()
    time.sleep(1)
    victim = until(lambda: local_workers(os.getpid()))[0]
    os.kill(victim.pid, signal.SIGKILL)
    waiting.join(timeout=60)
    assert len(finished) == 2 and {entry.result[0] for entry in finished}.isdisjoint({victim.pid})
    assert len(list(paths.LOCAL.iterdir())) == 2
