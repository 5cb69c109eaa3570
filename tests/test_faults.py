"""A run that is killed, again and again, ends with the results of one that was left alone."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from conftest import Checkout

from sixtytwo.base import contracts, machine

KILLS = 30
KERNEL, WORKER = b"ipykernel", b"spawn_main"
CHAPTER = """
import helpers
import keras
helpers.open_chapter(run_dir, "01_tiny")
data = helpers.load_train(dataset, n_train)
def build(hp):
    inputs = keras.Input((784,), name="input")
    x = keras.layers.Dense(hp.Choice("units", [4, 8, 16]), "relu")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax", name="output")(x))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
search = helpers.search(build, data, name="tiny", max_trials=2, rows=200, epochs=2)
wanted = [helpers.Training(build, search["best"], data, name="tiny", seed=seed, epochs=2) for seed in range(3)]
runs = helpers.train(wanted)
path = helpers.record(run_dir, "tiny", title="Tiny", build=build, values=search["best"], runs=runs, data=data, search=search)
"""


@pytest.fixture
def tiny(tmp_path):
    """A checkout whose only chapter searches and trains a tiny network."""
    checkout = Checkout(tmp_path)
    for path in (tmp_path / "notebooks").glob("*.ipynb"):
        path.unlink()
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}})
    defaults = 'dataset = "auto"\nn_train = 300\nrun_dir = "_build/interactive"'
    notebook.cells = [
        nbformat.v4.new_code_cell(defaults, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(CHAPTER.strip()),
    ]
    nbformat.write(notebook, tmp_path / "notebooks" / "01_tiny.ipynb")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: notebooks/01_tiny\n")
    (tmp_path / "notebooks" / "profiles" / "smoke.yaml").write_text("n_train: 300\n")
    return checkout


def start(checkout):
    command = [sys.executable, "-m", "sixtytwo.report.command", "run", "--profile", "smoke", "--data", "synthetic"]
    with open(checkout.folder / ".git" / "printed", "w", encoding="utf-8") as printed:
        streams = {"stdout": printed, "stderr": subprocess.STDOUT}
        return subprocess.Popen(command, cwd=checkout.folder, env=checkout.environment, start_new_session=True, **streams)


def processes(checkout, *what):
    """The process numbers of what a run of this checkout has started: KERNEL, its notebook's, or WORKER, those of its engine."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, variables = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue
        ours = f"PYTHONPATH={checkout.folder}/src".encode() in variables.split(b"\0")
        if ours and any(name in command for name in what):
            found.append(int(folder.name))
    return found


def results(checkout):
    """What the run found, without times."""
    record = json.loads((checkout.smoke / "models" / "tiny.json").read_text())
    runs = [{name: run[name] for name in ("seed", "validation", "history", "entry")} for run in record["runs"]]
    table = [{name: row[name] for name in ("hyperparameters", "status", "val_accuracy")} for row in record["search"]["table"]]
    return runs, table, record["search"]["best"]


def kill(checkout, running, dice):
    """Kill the runner, the kernel, or one of the engine's workers, without which the run goes on."""
    victims = [processes(checkout, KERNEL), processes(checkout, WORKER), []]
    if found := dice.choice(victims):
        with contextlib.suppress(ProcessLookupError):
            os.kill(dice.choice(found), signal.SIGKILL)
    else:
        os.killpg(running.pid, signal.SIGKILL)


needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")


@pytest.mark.slow
@needs_proc
def test_killed_thirty_times_the_run_ends_as_if_left_alone(tiny):
    started = time.monotonic()
    assert start(tiny).wait(timeout=300) == 0
    usual, undisturbed = time.monotonic() - started, results(tiny)
    dice, kills = random.Random(0), 0
    shutil.rmtree(tiny.folder / "_build")
    while kills < KILLS:
        running, killed = start(tiny), False
        try:
            running.wait(timeout=dice.uniform(0, usual))
        except subprocess.TimeoutExpired:
            killed = True
            kill(tiny, running, dice)
        kills += killed
        if running.wait(timeout=300) == 0 or not killed:
            assert running.returncode == 0, (tiny.folder / ".git" / "printed").read_text()
            assert results(tiny) == undisturbed
            shutil.rmtree(tiny.folder / "_build")  # finished: once more from nothing
    assert start(tiny).wait(timeout=300) == 0
    assert results(tiny) == undisturbed
    assert not list((tiny.folder / "_build" / "store").glob(".new-*"))


@pytest.mark.slow
@needs_proc
@pytest.mark.skipif(machine.cores() < 2, reason="one core starts no workers")
def test_interrupted_run_says_so_and_leaves_no_process(tiny):
    running = start(tiny)
    while not processes(tiny, WORKER):
        assert running.poll() is None, "it ended without workers"
        time.sleep(0.1)
    time.sleep(3)
    os.kill(running.pid, signal.SIGINT)
    assert running.wait(timeout=30) == 130
    ended = time.monotonic()
    while processes(tiny, KERNEL, WORKER):
        assert time.monotonic() - ended < 5
        time.sleep(0.1)
    assert "Interrupted. What was finished is stored" in (tiny.folder / ".git" / "printed").read_text()


def test_checkout_that_cannot_be_written_is_named(tiny, small_disk):
    target = small_disk / "book"
    shutil.copytree(tiny.folder / "notebooks", target / "notebooks")
    (target / "book").mkdir()
    for name in ("_toc.yml", "requirements.lock"):
        (target / name).write_bytes((tiny.folder / name).read_bytes()[:1000])
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    command = [sys.executable, "-m", "sixtytwo.report.command", "run", "--data=synthetic"]
    done = subprocess.run(command, env=tiny.environment, cwd=target, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Read-only file system" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_killed_promotion_leaves_the_old_or_the_new_reference(tiny):
    assert start(tiny).wait(timeout=300) == 0
    reference = tiny.folder / "book" / "reference"
    published = contracts.read(reference / "results.json")
    tiny_model = {"tiny": published["models"]["majority"]}
    contracts.write(tiny.smoke / "results.json", published | {"profile": "smoke", "models": tiny_model})
    shutil.rmtree(reference)
    code = """
from sixtytwo.report import book, execute, promote
book._dataset = lambda profile, data: "synthetic"
with execute.alone():
    promote.promote("smoke")
    print("once", flush=True)
    while True:
        promote.promote("smoke")
"""
    dice, command = random.Random(0), [sys.executable, "-c", code]
    for _ in range(10):
        running = subprocess.Popen(command, env=tiny.environment, cwd=tiny.folder, stdout=subprocess.PIPE, text=True)
        while "once" not in (line := running.stdout.readline()):
            assert line, "the promotion ended"
        time.sleep(dice.uniform(0, 0.3))
        running.kill()
        running.wait()
        whole = reference if reference.exists() else reference.with_name(".reference-old")  # the next run takes it back
        names = {str(path.relative_to(whole)) for path in whole.rglob("*") if path.is_file()}
        assert {"notebooks/01_tiny.ipynb", "models/tiny.onnx", "results.json", "provenance.json", "verdicts.json"} <= names
        assert sum(name.endswith("entry.json") for name in names) == 5  # two trials and three seeds


@pytest.mark.slow
def test_killed_build_leaves_the_site_that_was_there(checkout):
    build = [sys.executable, "-m", "sixtytwo.report.command", "site"]
    checkout(*build)
    html, page = checkout.folder / "_build" / "site" / "html", checkout.folder / "book" / "glossary.md"
    dice, original = random.Random(0), page.read_text()
    before = (html / "book" / "glossary.html").read_bytes()
    try:
        page.write_text(original + "\n\nA fresh sentence.\n")
        for _ in range(5):
            running = subprocess.Popen(build, env=checkout.environment, cwd=checkout.folder, start_new_session=True)
            time.sleep(dice.uniform(1, 8))
            assert running.poll() is None, "it was finished before it was killed"
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            assert (html / "book" / "glossary.html").read_bytes() == before
        checkout(*build)
        assert "A fresh sentence." in (html / "book" / "glossary.html").read_text()
    finally:
        page.write_text(original)
