"""What a chapter reports while it runs, as data that the runner reads: its progress, and what it used and made.

A chapter opens its journal once (`open_chapter`); each line of `run_dir/journal/<chapter>.jsonl` is then one object with one
key: "progress" (a line of text), "step" (a stored step it used) or "model" (the key of a model that it recorded). A line that is
no such object, e.g. of a writer that was killed, is read as "malformed".
"""

import contextlib
import json

from sixtytwo.base import files, paths

SETTINGS = "run.json"  # in the folder of a run: what the runner tells the chapters

_journal = None
_live = None


def journal_path(run_dir, chapter):
    """Where a chapter of a run keeps its journal."""
    return paths.ROOT / run_dir / "journal" / f"{chapter}.jsonl"


def open_chapter(run_dir, chapter):
    """Start to note what a chapter does; call it once, before the chapter loads or trains anything.

    Parameters
    ----------
    run_dir : str
        Folder of the run, from the root of the checkout.
    chapter : str
        File name of the notebook without its suffix, e.g. "03_mlp".
    """
    global _journal, _live
    _journal, _live = journal_path(run_dir, chapter), None
    _journal.parent.mkdir(parents=True, exist_ok=True)
    _journal.touch()


def read(path) -> list[tuple[str, str]]:
    """The kind and the value of each line of a journal so far; none if it was never opened."""
    return read_on(path, 0)[0]


def read_on(path, start) -> tuple[list[tuple[str, str]], int]:
    """What `read` gives from the byte `start` on, and where to read on later: a line that is not whole yet is left for then."""
    if not path.exists():
        return [], start
    with open(path, "rb") as stream:
        stream.seek(start)
        *lines, rest = stream.read().split(b"\n")
        return [_noted(line) for line in lines], stream.tell() - len(rest)


def _noted(line):
    try:
        [(kind, value)] = json.loads(line).items()
    except (ValueError, AttributeError):
        return "malformed", line.decode(errors="replace")
    return kind, value


@contextlib.contextmanager
def telling(run_dir, **settings):
    """Have settings for the chapters of a run while it lasts: commit_steps, whether new steps go where they can be committed."""
    path = paths.ROOT / run_dir / SETTINGS
    files.write_json(path, settings)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def settings() -> dict:
    """What the runner tells the chapters of this run (`telling`); nothing in a notebook that is run by hand."""
    if _journal is None or not (path := _journal.parent.parent / SETTINGS).exists():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))


def note(kind, value):
    """Add a line to the journal, if one is open."""
    if _journal is not None:
        with open(_journal, "a", encoding="utf-8") as stream:
            stream.write(json.dumps({kind: value}) + "\n")


def say(line):
    """Show progress: in the journal, and as one live line of the notebook or on the terminal."""
    from IPython import display, get_ipython  # slow, and the runner does without

    global _live
    note("progress", line)
    if get_ipython() is None:
        print(line)
    elif _live is None:
        _live = display.display(display.Pretty(line), display_id=True, metadata={"progress": True})
    else:
        _live.update(display.Pretty(line), metadata={"progress": True})
