"""What a chapter reports while it runs, as data that the runner reads: its progress, and what it used and made.

A chapter opens its journal once (`open_chapter`); each line of `run_dir/journal/<chapter>.jsonl` is then one object with one
key: "progress" (a line of text), "bar" (how far a batch is, `base/progress.py`), "step" (a stored step it used) or "model" (the
key of a model that it recorded). A line that is no such object, e.g. of a writer that was killed, is read as "malformed".
"""

import contextlib
import contextvars
import json
import sys

from tqdm import tqdm

from sixtytwo.base import chapters, files, parameters, paths

SETTINGS = "run.json"  # in the folder of a run: what the runner tells the chapters

_journal = None


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

    Raises ParameterError if papermill gave the chapter a parameter that it does not have, or a value of another type, and
    ValueError if the notebook, as it is saved, gives a model the key or title of another chapter's, or a figure its name:
    before anything is trained.
    """
    global _journal
    parameters.check_injected(_cells(), chapter)
    if taken := chapters.clashes_of(chapter):
        raise ValueError("; ".join(taken))
    _journal = journal_path(run_dir, chapter)
    _journal.parent.mkdir(parents=True, exist_ok=True)
    _journal.touch()


def _cells():
    """The sources of the cells that a program has run in this process; none if a person runs them, in any order."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or getattr(getattr(shell, "kernel", None), "_allow_stdin", False):  # a program answers no question
        return []
    return [source for source in shell.user_ns.get("In", []) if source]


def owner_of(run_dir, key) -> str | None:
    """Another chapter, which is still in the book, that has recorded a model under a key in this run; None if there is none."""
    others = sorted((paths.ROOT / run_dir / "journal").glob("*.jsonl"))
    for other in (path for path in others if path != _journal and chapters.notebook(path.stem).exists()):
        if ("model", key) in read(other):
            return other.stem
    return None


def has_recorded(key) -> bool:
    """Whether this chapter has recorded a model under a key, now or when it was executed before."""
    return _journal is not None and ("model", key) in read(_journal)


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
    """Show a line of progress: in the journal, and in the notebook or on the terminal."""
    note("progress", line)
    Live().line(line)


class Live:
    """A live bar, and the lines above it: in a notebook an output of the cell that is running, else on the terminal.

    In a notebook only the last line is kept, and the output is marked, for the page leaves it out. Where nobody watches, in
    a log file, there are lines and no bar.
    """

    BAR = "{percentage:3.0f}%|{bar:20}| {desc}"

    def __init__(self):
        from IPython import get_ipython  # slow, and the runner does without

        self._notebook, self._handle, self._last, self._drawn = get_ipython() is not None, None, "", ""
        self._terminal = None
        # Jupyter keeps the running cell in a context variable; in a thread of an earlier cell, e.g. Dask's, it is that cell.
        self._cell = contextvars.copy_context()

    def line(self, line):
        """Show a line that stays."""
        self._last = line
        if self._notebook:
            self._display()
        else:
            tqdm.write(f"{line}\n", end="")  # at once: another chapter may write at the same time

    def bar(self, share, text):
        """Draw the bar anew: the share that is done, from 0 to 1, and what stands beside it."""
        if self._notebook:
            self._drawn = tqdm.format_meter(share, 1, 0, bar_format=self.BAR, prefix=text)
            self._display()
            return
        if self._terminal is None:  # `disable=None`: only on a terminal; the runner sends stderr to a file
            how = {"file": sys.stdout, "disable": None, "leave": False, "dynamic_ncols": True}
            self._terminal = tqdm(total=1, bar_format=self.BAR, **how)
        self._terminal.n = share
        self._terminal.set_description_str(text, refresh=True)

    def close(self):
        """Remove the bar; the lines stay."""
        if self._terminal is not None:
            self._terminal.close()
        if self._drawn:
            self._drawn = ""
            self._display()

    def _display(self):
        self._cell.copy().run(self._display_here)  # a copy, since only one thread at a time can be in a context

    def _display_here(self):
        from IPython import display

        content = display.Pretty("\n".join(filter(None, (self._last, self._drawn))))
        if self._handle is None:
            self._handle = display.display(content, display_id=True, metadata={"progress": True})
        else:
            self._handle.update(content, metadata={"progress": True})
