"""The parameters of a chapter: what its cell of defaults declares, and whether the values of a run fit them."""

import ast
import contextlib

INJECTED = "# Parameters\n"  # how the cell begins that papermill puts below the one with the defaults


class ParameterError(ValueError):
    """A parameter does not exist, or its value does not fit; the message says what was given, and what was expected."""

    def _render_traceback_(self):  # in a notebook, where the message says it all
        return [f"ParameterError: {self}"]


def declared(source) -> dict:
    """The defaults in the source of a cell, by name.

    Raises ParameterError if the cell holds anything but `name = literal` and `name: annotation = literal`.
    """
    try:
        return dict(map(_default, ast.parse(source).body))
    except (ValueError, SyntaxError) as error:
        raise ParameterError(f"may only hold lines `name = literal` ({error})") from error


def filled_in(source, values) -> str:
    """The source of a cell of defaults with the values of a run in their places; its comments stay."""
    lines = source.encode().splitlines()
    for node in ast.parse(source).body:
        name, old = _default(node)[0], node.value
        if name in values and values[name] != _default(node)[1]:
            first, last = old.lineno - 1, old.end_lineno - 1
            new = lines[first][: old.col_offset] + repr(values[name]).encode() + lines[last][old.end_col_offset :]
            lines[first : last + 1] = [new] + [b""] * (last - first)  # the numbers of lines stay
    return b"\n".join(lines).decode()


def _default(node):
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            with contextlib.suppress(ValueError):
                return name, ast.literal_eval(node.value)
    raise ValueError(f"line {node.lineno}: {ast.unparse(node).splitlines()[0]}")


def check(values, defaults, chapter) -> None:
    """Raise ParameterError if a value has no default in a chapter, or does not fit its default."""
    if unknown := sorted(set(values) - set(defaults)):
        known = ", ".join(sorted(defaults))
        raise ParameterError(f"{chapter} has no parameter {', '.join(unknown)}: expected some of {known}")
    for name, value in values.items():
        if not _fits(value, default := defaults[name]):
            given = f"{name}={value!r} is a {_kind(value)}"
            raise ParameterError(f"{given}, but {chapter} expects a {_kind(default)} such as {default!r}")


def _fits(value, default):
    if isinstance(default, list) and isinstance(value, list):
        return all(_fits(item, default[0]) for item in value) if default else True
    return default is None or type(value) is type(default) or (type(value), type(default)) == (int, float)


def _kind(value):
    kinds = sorted({type(item).__name__ for item in value}) if isinstance(value, list) else []
    return f"list of {' and '.join(kinds)}" if kinds else type(value).__name__


def check_injected(cells, chapter) -> None:
    """Raise ParameterError if papermill injected what does not fit; `cells` are the sources of those that were run so far."""
    marked = [number for number, cell in enumerate(cells) if cell.startswith(INJECTED)][:2]
    if not marked:
        return
    injected = marked[-1] if marked[-1] == marked[0] + 1 else marked[0]  # the first may be the notebook's own
    values = _literals(cells[injected])
    if injected and (defaults := _literals(cells[injected - 1])):
        check(values, defaults, chapter)
    own = {name for cell in cells[injected + 1 :] for name in _literals(cell)}
    if injected == 0 and (lost := sorted(own & set(values))):
        remedy = "tag its cell with the defaults `parameters`"
        raise ParameterError(f"{chapter} sets {', '.join(lost)} itself, whatever papermill is told: {remedy}")


def _literals(source):
    with contextlib.suppress(ParameterError):
        return declared(source)
    return {}
