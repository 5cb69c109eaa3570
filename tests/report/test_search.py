"""A search in several processes: the same result as in one, whoever is killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sixtytwo.base import journal
from sixtytwo.report import book, command, search

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
SIZES = {"n_train": 2000, "search_rows": 1000, "search_epochs": 2, "max_trials": 5}
COMMAND = [sys.executable, "-m", "sixtytwo.report.command", "search", "--workers", "2"]
COMMAND += ["--model", "cnn", "--data", "synthetic", *(f"--set={name}={value}" for name, value in SIZES.items())]


@pytest.fixture(scope="module")
def alone(checkout):
    """The trials of a search in one process: hyperparameters and validation accuracy."""
    code = f"search.take_part(search.only_the_search('cnn', book.plan('smoke', 'synthetic', {SIZES})))"
    checkout(sys.executable, "-c", f"from sixtytwo.report import book, search; {code}")
    return taken(checkout)


def taken(checkout):
    """The trials of the one stored search of this size, which is removed."""
    found = {
        path.parent: json.loads(path.read_text()) for path in (checkout.folder / "_build").glob("store/search-cnn-*/entry.json")
    }
    [folder] = [path for path, entry in found.items() if entry["spec"]["max_trials"] == SIZES["max_trials"]]
    table = found[folder]["result"]["table"]
    folder.rename(checkout.folder / "_build" / f"taken-{time.monotonic()}")
    return [(row["hyperparameters"], row["status"], row["val_accuracy"]) for row in table]


def until(condition, seconds=120):
    """Wait for something that must happen."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def processes(checkout, name):
    """The process groups that play a part of the search in this checkout."""
    wanted = f"KERASTUNER_TUNER_ID={name}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            if wanted in variables and f"PYTHONPATH={checkout.folder}/src".encode() in variables:
                yield os.getpgid(int(folder.name))
        except (OSError, ProcessLookupError):
            continue


@pytest.mark.slow
def test_two_workers_give_what_one_process_gives(checkout, alone):
    _, printed = checkout(*COMMAND)
    assert printed.count("cnn search: trial") == 5  # the progress of all processes
    found = taken(checkout)
    assert [status for _, status, _ in found] == ["COMPLETED"] * 5
    assert [values for values, _, _ in found] == [values for values, _, _ in alone]
    assert [accuracy for _, _, accuracy in found] == pytest.approx([accuracy for _, _, accuracy in alone], abs=0.02)


def test_process_of_a_search_ends_with_the_one_that_started_it():
    worker = "from sixtytwo.report import search; import sys; print('working', flush=True); search._end_with(int(sys.argv[1]))"
    start = f"subprocess.Popen([sys.executable, '-c', {worker!r}, str(os.getpid())], start_new_session=True, stdout=subprocess.PIPE)"
    parent = f"import os, subprocess, sys; {start}.stdout.readline()"
    # The worker inherits standard error, so that `run` waits for it as well.
    subprocess.run([sys.executable, "-c", parent], stderr=subprocess.PIPE, timeout=60, check=True)


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["worker-1", "chief"])
def test_search_goes_on_if_a_process_is_killed(victim, checkout, alone):
    def kill():
        trials = checkout.folder / "_build" / "store" / "searches"
        until(lambda: list(trials.glob("cnn-*/trial_1")))  # the second trial has begun
        os.killpg(next(processes(checkout, victim)), signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    _, printed = checkout(*COMMAND)
    killer.join()
    assert f"{victim} died; it is started again" in printed
    found = taken(checkout)
    assert [status for _, status, _ in found] == ["COMPLETED"] * 5
    assert [values for values, _, _ in found] == [values for values, _, _ in alone]


def test_unknown_model_is_named(capsys):
    assert command.main(["search", "--model", "resnet", "--data", "synthetic"]) == 1
    assert "no chapter searches for a model 'resnet': expected mlp" in capsys.readouterr().err


def test_search_of_a_chapter_without_the_parameter_run_dir_is_followed_in_the_folder_of_the_run(project):
    project.chapter('helpers.search(build, data, name="mine")', parameters='dataset = "auto"\nn = 1')
    part = search.only_the_search("mine", book.plan("smoke", "synthetic"))
    with pytest.raises(book.RunError, match="not finished within 0 h"):
        search.together(part, project.smoke, 1, 0, ["search", "--model", "mine"])
    assert not (project.smoke / journal.SETTINGS).exists()


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_running_after_an_interrupt(told, checkout):
    running = subprocess.Popen(COMMAND, cwd=checkout.folder, env=checkout.environment, stderr=subprocess.PIPE, text=True)
    until(lambda: list(processes(checkout, "worker-0")))
    running.send_signal(told)
    assert "the same command goes on from there" in running.communicate(timeout=60)[1] and running.returncode == 130
    assert [*processes(checkout, "worker-0"), *processes(checkout, "chief")] == []
