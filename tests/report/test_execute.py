"""The runner repeats nothing needlessly, and stops at every way a notebook can go wrong."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT
from projects import GOOD_FIGURE

from sixtytwo.base import contracts, journal
from sixtytwo.report import book, execute, fingerprint, kernel

TWO_CORES = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="needs two cores"
)


def test_chapter_runs_with_the_values_of_the_profile(project):
    project.chapter("print(dataset, n, run_dir)")
    assert project.run() == 0
    assert "synthetic 2 _build/smoke" in project.printed()


def test_set_overrides_the_profile(project):
    project.chapter("print(dataset, n)")
    assert project.run("--set", "n=7") == 0
    assert "synthetic 7" in project.printed()


def test_unchanged_chapter_is_not_executed_again_and_changed_code_is(project, capsys):
    project.chapter("print(n)")
    project.chapter("print(n)", name="02_second")
    assert project.run() == 0
    assert project.run() == 0
    assert "0 of 2 chapters executed" in capsys.readouterr().out
    project.chapter("print(n + 1)", name="02_second")
    assert project.run() == 0
    assert "1 of 2 chapters executed" in capsys.readouterr().out


def test_chapter_that_only_draws_differently_is_executed_again_when_it_is_named(project, capsys):
    project.chapter("print(n)")
    assert project.run() == 0
    project.pretend(drawing="as it was yesterday")
    assert project.run() == 0
    printed = capsys.readouterr().out
    assert "0 of 1 chapters executed" in printed and '01_first: figures drawn by older code; with CHAPTERS="01"' in printed
    assert project.run("--chapters", "01") == 0
    printed = capsys.readouterr().out
    assert "1 of 1 chapters executed" in printed and "older code" not in printed


def test_chapter_that_reads_results_runs_again_when_they_change(project, capsys):
    writer = "import json, pathlib\npathlib.Path('../_build/smoke/models').mkdir(exist_ok=True)\n"
    writer += "pathlib.Path('../_build/smoke/models/a.json').write_text(json.dumps({'search': None, 'n': %d}))"
    reader = {"parameters": 'dataset = "auto"\nrun_dir = "x"\nresults_dir = "x"', "name": "08_reader"}
    project.chapter(writer % 1)
    project.chapter("print(results_dir)", **reader)
    assert project.run() == 0
    project.chapter(writer % 2)
    assert project.run() == 0
    assert "2 of 2 chapters executed" in capsys.readouterr().out.splitlines()[-1]


def test_model_of_a_removed_chapter_is_forgotten(project):
    models = project.smoke / "models"
    models.mkdir(parents=True)
    (models / "ghost.json").write_text('{"search": null}')
    (models / ".export").mkdir()  # an export that was killed
    project.chapter("print(n)")
    assert project.run() == 0
    assert not list(models.iterdir())


def test_provenance_names_code_environment_and_chapters(project):
    project.chapter("print(n)")
    project.run()
    found = contracts.read(project.smoke / "provenance.json")
    assert found["profile"] == "smoke" and found["dataset"] == "synthetic"
    assert found["chapters"]["01_first"]["parameters"] == {"dataset": "synthetic", "n": 2, "run_dir": "_build/smoke"}
    assert {"src/helpers.py", "src/sixtytwo/base/store.py", "requirements.lock"} <= set(found["sources"])


PALETTE, TABLES = "src/sixtytwo/drawing/palette.py", "src/sixtytwo/drawing/tables.py"


def sources(project):
    return contracts.read(project.smoke / "provenance.json")["sources"]


def test_provenance_does_not_claim_todays_drawing_while_older_figures_are_kept(project):
    for name in ("01_first", "02_second"):
        project.chapter("print(n)", name=name)
    assert project.run() == 0
    found = contracts.read(project.smoke / "provenance.json")
    now = found["sources"].copy()
    found["sources"] |= {PALETTE: "of yesterday", TABLES: "of yesterday"}
    contracts.write(project.smoke / "provenance.json", found)
    project.pretend(drawing="as it was yesterday")
    project.chapter("print(n + 1)", name="02_second")
    assert project.run() == 0
    assert sources(project) == now | {PALETTE: "of yesterday"}
    (project.smoke / "provenance.json").unlink()  # as after a run that failed
    assert project.run() == 0
    assert PALETTE not in sources(project) and TABLES in sources(project)
    assert project.run("--chapters", "01") == 0
    assert sources(project) == now


@pytest.mark.parametrize("spoiled", ["[", "{}"], ids=["unreadable", "older"])
def test_provenance_that_cannot_be_read_is_written_again(spoiled, project):
    project.chapter("print(n)")
    assert project.run() == 0
    path = project.smoke / "provenance.json"
    good = path.read_text()
    path.write_text(spoiled)
    assert project.run() == 0
    assert contracts.read(path)["chapters"] == json.loads(good)["chapters"]


@pytest.mark.parametrize(("cell", "status"), [("print(n)", 0), ("1 / 0", 1)])
def test_settings_of_a_run_do_not_outlive_it(cell, status, project):
    project.chapter(cell)
    assert project.run() == status
    assert not (project.smoke / journal.SETTINGS).exists()


def test_second_run_at_the_same_time_is_refused(project, capsys):
    project.chapter("print(n)")
    with execute.alone():
        assert project.run() == 1
    assert "another run is working" in capsys.readouterr().err
    assert not project.output().exists()
    assert project.run() == 0


BAD_CELLS = {
    "exception": ("1 / 0", "ZeroDivisionError"),
    "exit": ("import sys; sys.exit(0)", "did not complete"),
    "dead kernel": ("import os; os._exit(0)", "kernel died"),
    "killed kernel": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "kernel died"),
    "figure without caption": (GOOD_FIGURE, "without caption"),
    "too slow": ("import time; time.sleep(60)", "longer than 4 s"),
}


@pytest.mark.parametrize("fault", BAD_CELLS)
def test_bad_chapter_stops_the_run_and_keeps_the_good_output(fault, project, capsys, monkeypatch):
    monkeypatch.setitem(kernel.CELL_TIMEOUT, "smoke", 4 if fault == "too slow" else 60)
    project.chapter("print('good')")
    assert project.run() == 0
    cell, words = BAD_CELLS[fault]
    project.chapter(cell, "print('after')")
    assert project.run() == 1
    assert words in capsys.readouterr().err
    assert "good" in project.printed()
    assert (project.smoke / "partial" / "01_first.ipynb").exists()
    assert not (project.smoke / "provenance.json").exists(), "half a run is not published"


@TWO_CORES
def test_independent_chapters_run_side_by_side_each_on_its_own_core(project):
    meet = """import os, pathlib, time
here, other = (pathlib.Path("../_build/smoke") / name for name in ("NAME", "OTHER"))
written = here.write_text(str(os.sched_getaffinity(0)))
until = time.time() + 60
while not other.exists():
    assert time.time() < until, "the other chapter never ran"
    time.sleep(0.05)"""
    project.chapter(meet.replace("NAME", "a").replace("OTHER", "b"), name="01_first")
    project.chapter(meet.replace("NAME", "b").replace("OTHER", "a"), name="02_second")
    assert project.run() == 0
    cores = {(project.smoke / name).read_text() for name in "ab"}
    assert len(cores) == 2 and all("," not in core for core in cores)


def start(project):
    """The run of a project as a process of its own."""
    command = [sys.executable, "-m", "sixtytwo.report.command", "run", "--data", "synthetic"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=project.folder, env=environment, text=True, **streams)


def wait_for(process, *paths):
    deadline = time.monotonic() + 240
    while not all(path.exists() for path in paths):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)


def test_interrupt_gives_a_clean_message_and_status_130(project):
    project.chapter("import pathlib, time\nwritten = pathlib.Path('../_build/smoke/a').write_text('')\ntime.sleep(60)")
    process = start(project)
    wait_for(process, project.smoke / "a")
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in message and "Traceback" not in message
    assert not project.output().exists()


@TWO_CORES
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGKILL])
def test_chapters_side_by_side_end_with_the_run_and_leave_no_lock(told, project):
    started = "import pathlib, time\nwritten = pathlib.Path('../_build/smoke/NAME').write_text('')\ntime.sleep(60)"
    for i, name in enumerate("ab"):
        project.chapter(started.replace("NAME", name), name=f"0{i + 1}_{name}")
    process = start(project)
    wait_for(process, *(project.smoke / name for name in "ab"))
    process.send_signal(told)
    _, message = process.communicate(timeout=20)  # workers hold the pipe, too
    assert process.returncode == (130 if told == signal.SIGINT else -told) and "Traceback" not in message
    with execute.alone():
        assert not list((project.smoke / "notebooks").iterdir())


RECORDING = """
from sixtytwo.base import files, journal, paths
files.write_json(paths.ROOT / run_dir / "models" / "a.json", {"search": None, "n": n})
journal.note("model", "a")
"""


def test_chapter_whose_record_is_lost_or_replaced_is_executed_again(project):
    project.chapter(RECORDING)
    assert project.run() == 0
    [chapter] = book.plan("smoke", "synthetic")
    record = project.smoke / "models" / "a.json"
    whole = record.read_text()
    assert not fingerprint.outdated(chapter, project.smoke)
    record.write_text("{}")  # of another chapter
    assert "fingerprint" in fingerprint.outdated(chapter, project.smoke)
    record.unlink()
    assert "fingerprint" in fingerprint.outdated(chapter, project.smoke)
    assert project.run() == 0
    assert record.read_text() == whole and not fingerprint.outdated(chapter, project.smoke)
