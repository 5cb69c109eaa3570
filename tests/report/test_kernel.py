"""One chapter: what is kept of its output, and what the runner learns from its journal."""

import base64
import io
import os
import tempfile

import nbformat
import PIL.Image
import pytest
from projects import FIGURE_METADATA, GOOD_FIGURE
from terminal import printed, screen

from sixtytwo.base import paths

STEP = "from sixtytwo.base import journal, store\nstep = store.cached('step', {}, lambda folder: {})"


def kept(project):
    return nbformat.read(project.output(), as_version=4).metadata["book"]


def test_chatter_on_stderr_is_not_kept(project):
    project.chapter("import sys; print('kept'); print('chatter', file=sys.stderr)")
    assert project.run() == 0
    assert "kept" in project.printed() and "chatter" not in project.printed()


def test_captioned_figure_passes_and_is_kept_with_a_palette(project):
    project.chapter(GOOD_FIGURE, metadata=FIGURE_METADATA)
    assert project.run() == 0
    outputs = nbformat.read(project.output(), as_version=4).cells[-1].outputs
    [encoded] = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    with PIL.Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        assert picture.mode == "P" and min(picture.size) > 100


def test_progress_is_shown_on_the_terminal_and_does_not_stay_on_the_page(project, capfd):
    say = "from sixtytwo.base import journal\nfor i in range(3):\n    journal.say(f'epoch {i}')"
    project.chapter(say, f"{say}\n{GOOD_FIGURE}", metadata=FIGURE_METADATA | {"tags": []})
    project.chapter(say, "print('kept')")
    assert project.run() == 0
    printed = capfd.readouterr().out
    assert all(f"    epoch {i}\n" in printed for i in range(3))
    assert "kept" in project.printed() and "epoch" not in project.output().read_text().replace("journal.say(f'epoch", "")


def test_progress_does_not_count_as_the_figure_of_its_cell(project):
    say = "from sixtytwo.base import journal\njournal.say('epoch 1')\n"
    project.chapter(say + GOOD_FIGURE, metadata=FIGURE_METADATA)
    assert project.run() == 0


def test_steps_and_models_of_a_chapter_are_those_of_its_last_execution(project):
    model = "import pathlib\nfolder = pathlib.Path('../_build/smoke/models')\nfolder.mkdir(exist_ok=True)\n"
    model += "written = (folder / 'a.json').write_text('{\"search\": null}')\njournal.note('model', 'a')"
    project.chapter(STEP, model)
    assert project.run() == 0
    found = kept(project)
    [step] = [path.name for path in paths.LOCAL.iterdir()]
    assert found["store"] == [step] and found["models"] == ["a"]
    project.chapter("print(n)")
    assert project.run() == 0
    assert kept(project)["store"] == kept(project)["models"] == []


@pytest.mark.parametrize(("commit_steps", "place"), [(True, "UNFINISHED"), (False, "LOCAL")])
def test_chapters_store_where_the_runner_says(project, commit_steps, place):
    from sixtytwo.report import execute

    project.chapter(STEP)
    execute.run("smoke", "synthetic", commit_steps=commit_steps)
    assert [path.name.rpartition("-")[0] for path in getattr(paths, place).iterdir()] == ["step"]


def test_chapter_that_never_opened_its_journal_is_refused_with_the_line_to_add(project, capsys):
    project.chapter("print(n)", opening="import helpers\nif n > 5:\n    helpers.open_chapter(run_dir, '01_first')")
    assert project.run() == 1
    assert 'add helpers.open_chapter(run_dir, "01_first")' in capsys.readouterr().err
    assert not project.output().exists()


def test_chapter_that_opened_another_journal_is_told_which(project, capsys):
    project.chapter("print(n)", opening='import helpers\nname = "03_mlp"\nhelpers.open_chapter(\n    run_dir, name\n)')
    assert project.run() == 1
    message = capsys.readouterr().err
    assert 'add helpers.open_chapter(run_dir, "01_first")' in message and "(it has open_chapter(" in message


def test_malformed_line_of_a_journal_is_named_and_progress_goes_on(project, capfd):
    cell = "from sixtytwo.base import journal\nwith open(journal._journal, 'a') as stream:\n    n = stream.write('{half\\n')\n"
    project.chapter(f"{cell}journal.say('epoch 2')")
    assert project.run() == 1
    printed = capfd.readouterr()
    assert "01_first.jsonl has a line that is no note: {half" in printed.err and "epoch 2" in printed.out


def test_kernel_whose_port_was_taken_is_started_again(project, monkeypatch):
    import papermill

    execute, tries = papermill.execute_notebook, []

    def taken(*args, **kwargs):
        tries.append(args)
        if len(tries) == 1:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return execute(*args, **kwargs)

    monkeypatch.setattr(papermill, "execute_notebook", taken)
    project.chapter("print(n)")
    assert project.run() == 0 and len(tries) == 2


SHOWING = """
import concurrent.futures, multiprocessing, pathlib, time
from sixtytwo.base import journal
from sixtytwo.report import kernel

def chapter(name):
    notes = pathlib.Path({folder!r}) / name
    journal._journal = notes
    with kernel.showing(notes):
        for done in range(4):
            state = {"total": 4, "done": done, "found": 0, "running": 1, "share": done / 4, "images_per_second": 0, "left": None}
            journal.note("bar", state)
            time.sleep(0.6)
            journal.note("progress", f"{name} {done}: done")
"""


def test_terminal_shows_the_live_bar_of_a_chapter_below_its_lines(tmp_path):
    text = printed(SHOWING.replace("{folder!r}", repr(str(tmp_path))) + "chapter('a')")
    assert screen(text) == [f"    a {i}: done" for i in range(4)]
    state = "2 of 4 done"
    *lines, bar = screen(text[: text.index(state) + len(state)])
    assert lines == [f"    a {i}: done" for i in range(2)] and bar.startswith(" 50%|")


def test_chapters_side_by_side_show_lines_alone(tmp_path):
    code = "fork = multiprocessing.get_context('fork')\nwith concurrent.futures.ProcessPoolExecutor(2, fork) as pool:\n"
    text = printed(SHOWING.replace("{folder!r}", repr(str(tmp_path))) + code + "    list(pool.map(chapter, 'ab'))")
    assert sorted(screen(text)) == sorted(f"    {name} {i}: done" for name in "ab" for i in range(4))
    assert "|" not in text


WRITES = "import tempfile\nwith tempfile.TemporaryFile() as stream:\n    stream.write(bytes(1_000_000))"


def test_full_disk_of_temporary_files_is_one_sentence_and_nothing_is_trusted(project, small_disk, capsys, monkeypatch):
    project.chapter("print(n)", WRITES)
    monkeypatch.setenv("TMPDIR", str(small_disk))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert project.run() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "01_first.ipynb, cell 5: OSError" in said and "No space left on device" in said
    assert not project.output().exists() and not (project.smoke / "provenance.json").exists()


def test_machine_without_room_for_any_temporary_file_is_told_what_to_do(project, small_disk, capsys, monkeypatch):
    project.chapter("print(n)")
    (small_disk / "filling").write_bytes(bytes(os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(small_disk)])
    assert project.run() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "No usable temporary directory" in said and "name another in TMPDIR" in said
