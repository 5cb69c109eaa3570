"""The runner: validates before it runs, catches every way a notebook can go wrong, repeats nothing needlessly."""

import base64
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import PIL.Image
import pytest
import yaml
from conftest import ROOT

import execute

GOOD_FIGURE = "import matplotlib.pyplot as plt\nfigure, axis = plt.subplots()"
FIGURE_METADATA = {"mystnb": {"figure": {"caption": "A line.", "name": "fig-line"}, "image": {"alt": "A line."}}}


class Project:
    """A tiny book in a temporary folder, driven through the runner's command line."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        monkeypatch.setattr(execute, "ROOT", folder)
        monkeypatch.setattr(execute, "REFERENCE", folder / "book" / "reference")
        monkeypatch.setattr(execute.store, "UNFINISHED", folder / "book" / "unfinished")
        monkeypatch.delenv("EMNIST_DIR", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        (folder / "notebooks" / "profiles").mkdir(parents=True)
        (folder / "requirements.lock").write_text("")
        self.profile(n=2)

    def profile(self, **values):
        (self.folder / "notebooks" / "profiles" / "smoke.yaml").write_text(yaml.safe_dump(values))

    def chapter(self, *cells, name="01_first", parameters='dataset = "auto"\nn = 1', metadata=None):
        notebook = nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        if parameters is not None:
            notebook.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        notebook.cells += [nbformat.v4.new_code_cell(cell, metadata=metadata or {}) for cell in cells]
        nbformat.write(notebook, self.folder / "notebooks" / f"{name}.ipynb")
        toc = {
            "root": "book/index",
            "chapters": [{"file": f"notebooks/{p.stem}"} for p in sorted((self.folder / "notebooks").glob("*.ipynb"))],
        }
        (self.folder / "_toc.yml").write_text(yaml.safe_dump(toc))

    def run(self, *arguments):
        return execute.main(["--data", "synthetic", *arguments])

    def output(self, name="01_first"):
        return self.folder / "_build" / "smoke" / "notebooks" / f"{name}.ipynb"

    def printed(self, name="01_first"):
        cells = nbformat.read(self.output(name), as_version=4).cells
        return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


@pytest.fixture
def project(tmp_path, monkeypatch):
    return Project(tmp_path, monkeypatch)


# --- good runs


def test_notebooks_that_a_reader_adds_come_after_those_of_the_book(tmp_path, monkeypatch):
    (tmp_path / "_toc.yml").write_text("root: index\nparts: [{chapters: [{file: notebooks/02_b}, {file: notebooks/01_a}]}]")
    (tmp_path / "notebooks" / "template").mkdir(parents=True)
    for name in ("00_mine", "01_a", "02_b", "template/my_model"):
        (tmp_path / "notebooks" / f"{name}.ipynb").touch()
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    assert [path.stem for path in execute.chapters()] == ["02_b", "01_a", "00_mine"]


def test_chapter_runs_with_the_values_of_the_profile(project):
    project.chapter("print(dataset, n)")
    assert project.run() == 0
    assert "synthetic 2" in project.printed()


def test_chatter_on_stderr_is_not_kept(project):
    project.chapter("import sys; print('kept'); print('chatter', file=sys.stderr)")
    assert project.run() == 0
    assert "kept" in project.printed() and "chatter" not in project.printed()


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


def test_chapter_that_reads_results_runs_again_when_they_change(project, capsys):
    writer = "import json, pathlib\npathlib.Path('../_build/smoke/models').mkdir(exist_ok=True)\n"
    writer += "pathlib.Path('../_build/smoke/models/a.json').write_text(json.dumps({'search': None, 'n': %d}))"
    reader = {"parameters": 'dataset = "auto"\nresults_dir = "x"', "name": "08_reader"}
    project.chapter(writer % 1)
    project.chapter("print(results_dir)", **reader)
    assert project.run() == 0
    project.chapter(writer % 2)
    assert project.run() == 0
    assert "2 of 2 chapters executed" in capsys.readouterr().out.splitlines()[-1]


def test_model_of_a_removed_chapter_is_forgotten(project):
    models = project.folder / "_build" / "smoke" / "models"
    models.mkdir(parents=True)
    (models / "ghost.json").write_text('{"search": null}')
    (models / ".export").mkdir()  # an export that was killed
    project.chapter("print(n)")
    assert project.run() == 0
    assert not list(models.iterdir())


def test_provenance_names_code_environment_and_chapters(project):
    project.chapter("print(n)")
    project.run()
    found = json.loads((project.folder / "_build" / "smoke" / "provenance.json").read_text())
    assert found["profile"] == "smoke" and found["dataset"] == "synthetic"
    assert found["chapters"]["01_first"]["parameters"] == {"dataset": "synthetic", "n": 2}
    assert {"python", "keras", "cpu", "git_commit"} <= set(found["environment"])


# --- refused before anything runs


def refused(project, capsys, words, *arguments):
    assert project.run(*arguments) == 1
    message = capsys.readouterr().err
    assert message.startswith("Error: ") and all(word in message for word in words), message
    assert not project.output().exists()


def test_unknown_parameter_is_refused(project, capsys):
    project.profile(n=2, nn=3)
    project.chapter("print(n)")
    refused(project, capsys, ["nn", "expected some of"])


def test_parameter_of_another_type_is_refused(project, capsys):
    project.profile(n="two")
    project.chapter("print(n)")
    refused(project, capsys, ["n='two' is a str", "expects a int"])


def test_parameter_that_the_runner_decides_is_refused(project, capsys):
    assert project.run("--set", "run_dir=elsewhere") == 1
    assert "--set run_dir: the runner decides this" in capsys.readouterr().err


def test_missing_parameters_tag_is_refused(project, capsys):
    project.chapter("print(1)", parameters=None)
    refused(project, capsys, ["01_first.ipynb", "0 cells tagged 'parameters'"])


def test_parameters_cell_with_code_is_refused(project, capsys):
    project.chapter("print(n)", parameters="n = 1 + len('a')")
    refused(project, capsys, ["may only hold lines"])


@pytest.mark.parametrize("profile", ["draft", "paper"])
def test_synthetic_data_do_not_go_with_full_profiles(project, capsys, profile):
    (project.folder / "notebooks" / "profiles" / f"{profile}.yaml").write_text("n: 1")
    project.chapter("print(n)")
    refused(project, capsys, ["DATA=synthetic does not go with"], "--profile", profile)


def test_emnist_dir_without_data_is_refused(project, capsys, monkeypatch):
    monkeypatch.setenv("EMNIST_DIR", str(project.folder))
    project.chapter("print(n)")
    assert execute.main([]) == 1
    assert "holds no EMNIST ByClass" in capsys.readouterr().err


def test_second_run_at_the_same_time_is_refused(project, capsys):
    project.chapter("print(n)")
    with execute.alone():
        refused(project, capsys, ["another run is working"])


# --- bad runs

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
    monkeypatch.setitem(execute.CELL_TIMEOUT, "smoke", 4 if fault == "too slow" else 60)
    project.chapter("print('good')")
    assert project.run() == 0
    cell, words = BAD_CELLS[fault]
    project.chapter(cell, "print('after')")
    assert project.run() == 1
    assert words in capsys.readouterr().err
    assert "good" in project.printed()
    assert (project.folder / "_build" / "smoke" / "partial" / "01_first.ipynb").exists()
    assert not (project.folder / "_build" / "smoke" / "provenance.json").exists(), "half a run is not published"


def test_captioned_figure_passes_and_is_kept_with_a_palette(project):
    project.chapter(GOOD_FIGURE, metadata=FIGURE_METADATA)
    assert project.run() == 0
    outputs = nbformat.read(project.output(), as_version=4).cells[-1].outputs
    [encoded] = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    with PIL.Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        assert picture.mode == "P" and min(picture.size) > 100


def test_figure_that_draws_nothing_or_two_things_is_refused(project, capsys):
    project.chapter("x = 1", metadata=FIGURE_METADATA)
    assert project.run() == 1
    assert "draws no image for the figure fig-line" in capsys.readouterr().err
    project.chapter(GOOD_FIGURE + "\naxis.get_title()", metadata=FIGURE_METADATA)
    assert project.run() == 1
    assert "shows 2 outputs" in capsys.readouterr().err


def test_failed_trial_stops_the_run(project, capsys):
    record = '{"search": {"trials": 10, "completed": 9}}'
    cell = "import pathlib, store\nfolder = pathlib.Path('../_build/smoke/models')\nfolder.mkdir(exist_ok=True)\n"
    cell += "store.log('model:cnn')\n"  # as `results.record` does
    project.chapter(cell + f"written = (folder / 'cnn.json').write_text('{record}')")
    assert project.run() == 1
    assert "1 of 10 trials of the cnn search failed" in capsys.readouterr().err


def test_gate_sees_cells_that_never_ran(project):
    project.chapter("print(1)", "print(2)")
    project.run()
    notebook = nbformat.read(project.output(), as_version=4)
    assert execute.problems(notebook) == []
    notebook.cells[-1].execution_count = None
    assert execute.problems(notebook) == ["code cell 4 has execution count None"]
    notebook.cells[-1].execution_count = 4
    notebook.cells[-1].outputs = [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]
    assert execute.problems(notebook) == ["code cell 4 has an error output"]


def test_interrupt_gives_a_clean_message_and_status_130(project):
    project.chapter("import time; time.sleep(60)")
    code = f"import execute, pathlib, sys; execute.ROOT = pathlib.Path({str(project.folder)!r}); sys.exit(execute.main(['--data', 'synthetic']))"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert "01_first" in process.stdout.readline()
    time.sleep(5)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in message and "Traceback" not in message
    assert not project.output().exists()


@pytest.mark.parametrize(("handler", "status"), [(signal.SIG_DFL, 130), (signal.SIG_IGN, 0)], ids=["terminal", "nohup"])
def test_closed_terminal_ends_a_run_unless_nohup_was_asked_for(handler, status):
    before = signal.signal(signal.SIGHUP, handler)
    try:
        assert execute.exit_status(lambda: os.kill(os.getpid(), signal.SIGHUP), interrupted="") == status
        assert signal.getsignal(signal.SIGHUP) == handler
    finally:
        signal.signal(signal.SIGHUP, before)


# --- promotion


@pytest.fixture
def finished(project, monkeypatch):
    """A finished run that may be promoted: real data are pretended."""
    monkeypatch.setattr(execute, "_dataset", lambda profile, data: "emnist-byclass")
    project.chapter("print(n)")
    assert project.run() == 0
    write_results(project, a=1)
    return project


def write_results(project, profile="smoke", **models):
    folder = project.folder / "_build" / "smoke"
    (folder / "results.json").write_text(json.dumps({"profile": profile, "models": models}))
    (folder / "models").mkdir(exist_ok=True)
    for name, suffix in itertools.product(models, (".json", ".onnx")):
        (folder / "models" / f"{name}{suffix}").write_text("{}")
    notebook = nbformat.read(project.output(), as_version=4)
    notebook.metadata["book"]["models"] = ["a"]
    nbformat.write(notebook, project.output())


def test_promotion_replaces_the_reference_in_one_step(finished):
    execute.promote("smoke")
    reference = finished.folder / "book" / "reference"
    assert (reference / "notebooks" / "01_first.ipynb").exists() and (reference / "provenance.json").exists()
    assert [path.name for path in (finished.folder / "book").iterdir()] == ["reference"]


def test_one_chapter_is_promoted_with_its_own_entries_only(finished):
    execute.promote("smoke")
    write_results(finished, a=2, b=3)
    execute.promote("smoke", only=["01"])
    published = json.loads((finished.folder / "book" / "reference" / "results.json").read_text())
    assert published["models"] == {"a": 2}


def test_one_chapter_of_another_profile_is_refused(finished):
    execute.promote("smoke")
    write_results(finished, profile="draft", a=2)
    with pytest.raises(execute.RunError, match="promote all chapters"):
        execute.promote("smoke", only=["01"])
    published = json.loads((finished.folder / "book" / "reference" / "results.json").read_text())
    assert published["models"] == {"a": 1}


def test_stale_run_is_not_promoted(finished):
    finished.chapter("print(n + 1)")
    with pytest.raises(execute.RunError, match="not up to date"):
        execute.promote("smoke")
    assert not (finished.folder / "book" / "reference").exists()


def test_promotion_cut_between_its_renames_is_healed(finished):
    execute.promote("smoke")
    book = finished.folder / "book"
    (book / "reference").rename(book / ".reference-old")
    execute.promote("smoke")
    assert [path.name for path in book.iterdir()] == ["reference"]


def test_promotion_of_a_whole_run_drops_what_it_no_longer_has(finished):
    execute.promote("smoke")
    reference = finished.folder / "book" / "reference"
    for name in ("notebooks/00_gone.ipynb", "models/gone.onnx", "verdicts/00_gone.json"):
        (reference / name).parent.mkdir(exist_ok=True)
        (reference / name).write_bytes(finished.output().read_bytes())
    execute.promote("smoke")
    assert not list(reference.rglob("*gone*")) and (reference / "models" / "a.onnx").exists()


def test_model_that_a_promoted_chapter_no_longer_writes_is_dropped(finished):
    execute.promote("smoke")
    notebook = nbformat.read(finished.output(), as_version=4)
    notebook.metadata["book"]["models"] = ["b"]
    nbformat.write(notebook, finished.output())
    write = finished.folder / "_build" / "smoke" / "results.json"
    write.write_text(json.dumps({"profile": "smoke", "models": {"b": 2}}))
    execute.promote("smoke", only=["01"])
    reference = finished.folder / "book" / "reference"
    assert json.loads((reference / "results.json").read_text())["models"] == {"b": 2}
    assert not (reference / "models" / "a.onnx").exists()


def test_chapter_that_does_not_exist_is_not_promoted(finished, capsys):
    assert finished.run("--promote", "--chapters", "77") == 1
    assert "begins with 77: nothing was promoted" in capsys.readouterr().err


def test_damaged_step_is_not_promoted(finished, monkeypatch, tmp_path):
    monkeypatch.setattr(execute.store, "LOCAL", tmp_path / "local")
    entry = execute.store.cached("step", {}, lambda folder: {})
    notebook = nbformat.read(finished.output(), as_version=4)
    notebook.metadata["book"]["store"] = [entry.folder.name]
    nbformat.write(notebook, finished.output())
    (entry.folder / "entry.json").write_text("{}")
    with pytest.raises(execute.RunError, match="missing or damaged"):
        execute.promote("smoke")
    assert not (finished.folder / "book" / "reference").exists()


@pytest.mark.parametrize("scored", [True, False])
def test_weights_of_a_search_winner_are_published_until_they_are_scored(finished, monkeypatch, tmp_path, scored):
    monkeypatch.setattr(execute.store, "LOCAL", tmp_path / "local")

    def weights(folder):
        (folder / "model.keras").write_text("")
        return {}

    steps = ["train-a-winner-seed0", "train-a-seed0", *(["test-a-winner-seed0"] if scored else [])]
    entries = [execute.store.cached(step, {}, weights).folder.name for step in steps]
    notebook = nbformat.read(finished.output(), as_version=4)
    notebook.metadata["book"]["store"] = entries
    nbformat.write(notebook, finished.output())
    execute.promote("smoke")
    winner, seed = (execute.REFERENCE / "store" / name / "model.keras" for name in entries[:2])
    assert winner.exists() == (not scored) and seed.exists()


def test_full_disk_keeps_the_old_reference(finished, small_disk, capsys, monkeypatch):
    monkeypatch.setattr(execute, "REFERENCE", small_disk / "reference")
    execute.promote("smoke")
    before = sorted(path.relative_to(small_disk) for path in small_disk.rglob("*"))
    (finished.folder / "_build" / "smoke" / "models" / "a.onnx").write_bytes(bytes(1_000_000))
    assert finished.run("--promote") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert sorted(path.relative_to(small_disk) for path in small_disk.rglob("*")) == before


@pytest.mark.parametrize("profile", ["draft", "paper"])
def test_promotion_moves_finished_steps_and_only_the_full_run_drops_the_others(finished, monkeypatch, profile):
    monkeypatch.setenv("STORE_COMMITTED", "1")
    used, other = (execute.store.cached(step, {}, lambda folder: {}).folder for step in ("used", "other"))
    notebook = nbformat.read(finished.output(), as_version=4)
    notebook.metadata["book"]["store"] = [used.name]
    nbformat.write(notebook, finished.output())
    profiles = finished.folder / "notebooks" / "profiles"
    (profiles / f"{profile}.yaml").write_text((profiles / "smoke.yaml").read_text())
    (finished.folder / "_build" / "smoke").rename(finished.folder / "_build" / profile)
    execute.promote(profile)
    assert (execute.REFERENCE / "store" / used.name).exists() and not used.exists()
    assert other.exists() == (profile == "draft")


def test_too_large_a_reference_is_refused(finished, monkeypatch):
    monkeypatch.setattr(execute, "SIZE_LIMIT", 100)
    with pytest.raises(execute.RunError, match="more than 100"):
        execute.promote("smoke")
    assert not (finished.folder / "book" / "reference").exists()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
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
    cores = {(project.folder / "_build" / "smoke" / name).read_text() for name in "ab"}
    assert len(cores) == 2 and all("," not in core for core in cores)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGKILL])
def test_chapters_side_by_side_end_with_the_run_and_leave_no_lock(told, project):
    started = "import pathlib, time\nwritten = pathlib.Path('../_build/smoke/NAME').write_text('')\ntime.sleep(60)"
    for i, name in enumerate("ab"):
        project.chapter(started.replace("NAME", name), name=f"0{i + 1}_{name}")
    code = f"import execute, pathlib, sys; execute.ROOT = pathlib.Path({str(project.folder)!r}); sys.exit(execute.main(['--data', 'synthetic']))"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, env=environment)
    deadline = time.monotonic() + 60
    while not all((project.folder / "_build" / "smoke" / name).exists() for name in "ab"):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    process.send_signal(told)
    _, message = process.communicate(timeout=20)  # workers hold the pipe, too
    assert process.returncode == (130 if told == signal.SIGINT else -told) and "Traceback" not in message
    time.sleep(1)  # the lock goes a moment after the pipe
    with execute.alone():
        assert not list((project.folder / "_build" / "smoke" / "notebooks").iterdir())
