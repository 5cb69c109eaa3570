"""What the notebooks of the book give names to: models, by key and title, and figures and tables. Each name belongs to one.

It is read from their text, so that two of the same name are noticed before anything is executed.
"""

import ast
import functools
import json
from typing import NamedTuple

from sixtytwo.base import paths


class Name(NamedTuple):
    """A name that a notebook gives: its kind ("key", "title" or "label") and its text."""

    kind: str
    text: str


REMEDY = {
    "key": "give the model another key, wherever it stands",
    "title": "give the model another title in helpers.record",
    "label": "give the figure or table another name in the metadata of its cell",
}


def notebook(chapter):
    """Where the notebook of a chapter is, by its name without suffix."""
    return paths.ROOT / "notebooks" / f"{chapter}.ipynb"


def names(path) -> tuple[Name, ...]:
    """The names that a notebook gives, as often as it gives them; none if the file is no notebook.

    The keys of models that it records in a loop are known for chapters of the published run.
    """
    return _names(path, path.stat().st_mtime_ns) if path.exists() else ()


@functools.lru_cache(maxsize=256)
def _names(path, changed):
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        trees = [tree for cell in code if (tree := _parsed("".join(cell["source"])))]
        labels = [cell["metadata"].get("mystnb", {}).get("figure", {}).get("name") for cell in code]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # others say what is wrong with it
        return ()
    return (*_recorded(trees), *_published(path), *(Name("label", label) for label in labels if label))


def _published(path):
    """The keys of the models that a chapter of the published run has recorded."""
    try:
        text = (paths.REFERENCE / "notebooks" / path.name).read_text(encoding="utf-8")
        return [Name("key", key) for key in json.loads(text)["metadata"]["book"]["models"]]
    except (OSError, ValueError, KeyError):
        return []


def clashes(wanted, others) -> list[str]:
    """A sentence for each name that the notebook `wanted` gives and one of `others` gives as well, or that it gives twice."""
    own, found = names(wanted), []
    elsewhere = {name: other.name for other in reversed(others) if other != wanted for name in names(other)}
    for name in dict.fromkeys(own):
        twice = own.count(name) > 1 and name.kind == "label"  # a cell may record a model again
        if (other := elsewhere.get(name)) or twice:
            of = f"belongs to {other}" if other else "is given twice"
            found.append(f"{wanted.name}: the {name.kind} {name.text!r} {of}; {REMEDY[name.kind]}")
    return found


def clashes_of(chapter) -> list[str]:
    """The clashes of a chapter of the book with those before and after it; none if it is no notebook of the book."""
    path = notebook(chapter)
    return clashes(path, sorted(path.parent.glob("*.ipynb"))) if path.exists() else []


def _parsed(source):
    lines = ("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError:
        return None


def _recorded(trees):
    """Keys and titles in calls of `helpers.record`, as far as they are written out or are names of what is."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    values = {
        node.targets[0].id: node.value.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant)
    }
    found = []
    for call in (node for node in nodes if isinstance(node, ast.Call) and _is_record(node.func)):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        given |= {"key": call.args[1]} if len(call.args) > 1 else {}
        for kind in ("key", "title"):
            node = given.get(kind)
            text = node.value if isinstance(node, ast.Constant) else values.get(getattr(node, "id", None))
            found += [Name(kind, text)] if isinstance(text, str) else []
    return found


def _is_record(function):
    return isinstance(function, ast.Attribute) and function.attr == "record" and getattr(function.value, "id", "") == "helpers"
