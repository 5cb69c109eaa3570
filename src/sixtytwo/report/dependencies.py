"""Which modules of the package a chapter depends on, found from its imports and theirs; nothing is imported for it."""

import ast
import functools
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

PACKAGE = Path(__file__).resolve().parents[1]
DOOR = "helpers"


def modules_of(chapter, notebook) -> dict[str, Path]:
    """The modules that the code of a chapter depends on, transitively, with their files, by name.

    A chapter uses what it takes from the door, `helpers.NAME`, and what it imports from the package. The rules of a chapter
    are found by its name: `judge` imports them while it runs.
    """
    code = "\n\n".join(_plain(cell.source) for cell in notebook.cells if cell.cell_type == "code")
    found, waiting = {}, [*_taken_from_door(code), *_imports(code)]
    while waiting:
        name = waiting.pop()
        if name in found or (path := _file(name)) is None:
            continue
        found[name] = path
        waiting += _imports(path.read_text(encoding="utf-8"))
        if name == "sixtytwo.findings.judge":
            waiting.append(f"sixtytwo.findings.rules.{chapter.partition('_')[2]}")
    return dict(sorted(found.items()))


@functools.cache
def _plain(source):
    """The code of a cell in Python; nothing if it is another language."""
    try:
        code = translated(source)
        ast.parse(code)
    except SyntaxError:
        return ""
    return code


@functools.cache
def translated(source):
    """The code of a cell, with what only a notebook understands (!, %, ?) translated; may raise SyntaxError."""
    if source.startswith("%%"):  # what follows %%time is Python
        source = source.partition("\n")[2]
    return TransformerManager().transform_cell(source)


def _taken_from_door(code):
    """The modules of what code takes from the door."""
    offered = _door((PACKAGE.parent / f"{DOOR}.py").read_text(encoding="utf-8"))
    door = {name: f"sixtytwo.{module}" for module, names in offered.items() for name in names}
    return [door.get(name) for name in _names_from_door(code)]


@functools.cache
def _names_from_door(code):
    """The names that code takes from the door."""
    nodes = list(ast.walk(ast.parse(code)))
    called = {DOOR}  # import helpers as h
    called |= {alias.asname for node in nodes if isinstance(node, ast.Import) for alias in node.names if alias.name == DOOR}
    taken = [alias.name for node in nodes if isinstance(node, ast.ImportFrom) and node.module == DOOR for alias in node.names]
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in called:
            taken.append(node.attr)
        if isinstance(node, ast.Name) and "*" in taken:
            taken.append(node.id)
    return taken


@functools.cache
def _door(text):
    """The names that the door offers, by module."""
    [listed] = (
        node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.keyword) and node.arg == "submod_attrs"
    )
    return ast.literal_eval(listed)


@functools.cache
def _imports(code) -> list[str]:
    """The names that code imports from the package: of modules, of subpackages, and of what is in them."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def _file(name):
    """The file of a module of the package; None for every other name."""
    if not name or name.partition(".")[0] != PACKAGE.name:
        return None
    path = PACKAGE.parent.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)
