"""What a chapter notes while it runs is data that the runner can read, also while it is written."""

import subprocess
import sys

import nbclient
import nbformat
import pytest
from terminal import printed, screen

from sixtytwo.base import journal, paths, store


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """The journal of a chapter that was opened in a folder of its own."""
    monkeypatch.setattr(journal, "_journal", None)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    journal.open_chapter("_build/smoke", "03_mlp")
    return journal.journal_path("_build/smoke", "03_mlp")


def test_chapter_that_has_noted_nothing_has_opened_its_journal(opened):
    assert opened.exists() and journal.read(opened) == []


def test_notes_come_back_in_order_with_their_kinds(opened, capsys):
    journal.note("step", "train-mlp-seed0-1234")
    journal.say("MLP, seed 0: epoch 1/10 – naïve")
    journal.note("model", "mlp")
    assert journal.read(opened) == [
        ("step", "train-mlp-seed0-1234"),
        ("progress", "MLP, seed 0: epoch 1/10 – naïve"),
        ("model", "mlp"),
    ]
    assert "epoch 1/10" in capsys.readouterr().out


def test_line_that_is_still_being_written_is_left_for_later(opened):
    journal.note("model", "mlp")
    with open(opened, "a", encoding="utf-8") as stream:
        stream.write('{"model": "cn')
    assert journal.read(opened) == [("model", "mlp")]


def test_step_that_is_looked_for_is_noted(opened, own_store):
    entry = store.cached("step", {}, lambda folder: {})
    assert journal.read(opened) == [("step", entry.folder.name)]


def test_reading_goes_on_where_it_stopped(opened):
    journal.note("model", "naïve")
    noted, start = journal.read_on(opened, 0)
    assert noted == [("model", "naïve")] and start == opened.stat().st_size
    journal.note("model", "cnn")
    assert journal.read_on(opened, start) == ([("model", "cnn")], opened.stat().st_size)


@pytest.mark.parametrize("line", ['{"model": "cn{"model": "cnn"}', "3", "{}"])
def test_malformed_line_is_told_from_notes(line, opened):
    with open(opened, "a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")
    journal.note("model", "mlp")
    assert journal.read(opened) == [("malformed", line), ("model", "mlp")]


def test_settings_of_a_run_reach_its_chapters_while_it_lasts(opened):
    assert journal.settings() == {}
    with pytest.raises(KeyboardInterrupt), journal.telling("_build/smoke", commit_steps=True):
        assert journal.settings() == {"commit_steps": True}
        raise KeyboardInterrupt
    assert journal.settings() == {}


def test_notebook_without_a_journal_notes_nothing_and_has_no_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "_journal", None)
    journal.note("model", "mlp")
    assert journal.settings() == {} and not list(tmp_path.iterdir())


def test_journal_that_was_never_opened_is_empty(tmp_path):
    assert journal.read(tmp_path / "03_mlp.jsonl") == []


BATCH = """
from sixtytwo.base import progress

def run(name):
    with progress.Progress([1.0, 3.0], found=1) as shown:
        for i in range(2):
            shown.advanced(i, 0.0)
            shown.finished(i, f"{name} {i}: done")
"""


def test_terminal_shows_one_live_bar_below_the_lines_of_what_has_finished():
    text = printed(f"{BATCH}\nrun('first')\nrun('second')")
    assert screen(text) == ["first 0: done", "first 1: done", "second 0: done", "second 1: done"], "the bar has gone"
    state = "1 of 2 done (1 more found)"
    *lines, bar = screen(text[: text.index(state, text.index("second 0")) + len(state)])
    assert lines == ["first 0: done", "first 1: done", "second 0: done"]
    assert bar.startswith(" 25%|")


def test_file_gets_lines_and_no_bar():
    done = subprocess.run([sys.executable, "-c", f"{BATCH}\nrun('a')"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("a 0: done\na 1: done\n", "")


BATCH_OF_A_CELL = """
with progress.Progress([1.0, 1.0]) as shown:
    for i in range(2):
        other.submit(shown.advanced, i, 0.5).result()
        shown.finished(i, f"{name} {{i}}: done")
"""


def test_notebook_shows_progress_below_the_cell_that_makes_it_also_from_another_thread():
    threaded = "from concurrent.futures import ThreadPoolExecutor\nother = ThreadPoolExecutor(1)\n" + BATCH
    cells = [
        f"{threaded}other.submit(run, 'hidden').result()",
        *(BATCH_OF_A_CELL.format(name=name) for name in "ab"),
        "print(1)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    for name, cell in zip("ab", notebook.cells[1:3], strict=True):
        [shown] = cell.outputs
        assert shown.metadata["progress"] and shown.data["text/plain"] == f"{name} 1: done"
    assert [output.output_type for output in notebook.cells[3].outputs] == ["stream"]


def test_each_cell_has_its_own_progress_if_an_earlier_cell_started_the_thread_that_tells_of_it():
    started = f"""
import asyncio, threading
{BATCH}
loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
queue = asyncio.Queue()

async def tell():  # like Dask's client, in the context of this cell for ever
    while True:
        told, done = await queue.get()
        told()
        done.set()

asyncio.run_coroutine_threadsafe(tell(), loop)

def elsewhere(told):
    done = threading.Event()
    loop.call_soon_threadsafe(queue.put_nowait, (told, done))
    done.wait()
"""
    cell = """
with progress.Progress([1.0]) as shown:
    progress.EVERY = 0
    elsewhere(lambda: shown.advanced(0, 0.5, images=1))
    elsewhere(lambda: shown.finished(0, "done elsewhere"))
"""
    seen = []

    class Client(nbclient.NotebookClient):
        def process_message(self, message, cell, cell_index):
            seen.append((message["msg_type"], cell_index))
            return super().process_message(message, cell, cell_index)

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (started, cell)])
    Client(notebook, timeout=60, kernel_name="python3").execute()
    assert len([1 for message, index in seen if message == "update_display_data" and index == 1]) >= 3
    [shown] = notebook.cells[1].outputs
    assert shown.data["text/plain"] == "done elsewhere"
