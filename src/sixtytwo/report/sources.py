"""The sources of chapters as people have them: read, or refused in one sentence before anything is executed."""

import ast
import importlib.util
import json
import re
import urllib.parse

import nbformat

from sixtytwo.base import paths
from sixtytwo.report import dependencies


class RunError(RuntimeError):
    """The run cannot start or must not be trusted; the message says why and what to do."""


MARKER = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)  # of a merge that was not finished
PASTED = (  # into Markdown, and by people who then gave it a width
    re.compile(r"!\[(?P<alt>[^]]*)\]\(<?attachment:(?P<name>[^)\s>]+)[^)]*\)"),
    re.compile(r"""<img(?P<before>[^>]*) src=["']attachment:(?P<name>[^"']+)["'](?P<after>[^>]*)>"""),
)
INSTALLER = re.compile(r"\b(pip3?|conda|mamba)\b.*\binstall\b")


def read(path) -> nbformat.NotebookNode:
    """A notebook, of format 4, with an id for each cell. Raises RunError if the file holds none."""
    if problem := _problem_of_file(path):
        raise RunError(f"{paths.shown(path)} {problem}.")
    found = json.loads(_text(path)) | {"nbformat_minor": 5}
    seen = set()
    for number, cell in enumerate(found["cells"]):
        if not cell.get("id") or cell["id"] in seen:
            cell["id"] = f"cell-{number}"  # the same again, if it is read again
        seen.add(cell["id"])
    try:
        nbformat.validate(found)
    except nbformat.ValidationError as error:
        reason = str(error).splitlines()[0]
        raise RunError(f"{paths.shown(path)} is no whole notebook ({reason}): save it again in Jupyter.") from error
    notebook = nbformat.v4.reads(json.dumps(found))
    for cell in notebook.cells:
        cell.source = cell.source.replace("\r\n", "\n")
    return notebook


def _text(path):
    return path.read_text(encoding="utf-8-sig")


def _problem_of_file(path) -> str | None:
    """What is wrong with the file of a notebook, and what to do."""
    try:
        text = _text(path)
    except OSError as error:
        return f"cannot be read ({error.strerror}): restore it, or take it out of notebooks/ and _toc.yml"
    except UnicodeDecodeError:
        return "is no text in UTF-8, as a notebook is: replace it, or take it out of the folder"
    if not text.strip():
        return "is empty: save a notebook there, or take it out of the folder"
    if text.lstrip().startswith("<!") or text.lstrip()[:5].lower() == "<html":
        return "is a web page, not a notebook: download the file itself (on GitHub, `Raw`)"
    if MARKER.search(text):
        return "has the markers of a merge (<<<<<<<): take one of its two sides, e.g. with `git checkout --ours`"
    try:
        found = json.loads(text)
    except ValueError as error:
        return f"is no notebook: it is not JSON ({error})"
    version = found.get("nbformat") if isinstance(found, dict) else None
    if version != 4:
        remedy = "open it in JupyterLab and save it" if isinstance(version, int) else "replace it, or take it out of the folder"
        return f"is no notebook of format 4 (nbformat: {version}): {remedy}"
    cells = found.get("cells")
    if not (isinstance(cells, list) and all(isinstance(part, dict) for part in (found.get("metadata"), *cells))):
        return "is no whole notebook (it lacks cells or metadata): save it again in Jupyter"
    return None


def check(path, notebook) -> None:
    """Raise RunError if a notebook cannot be a chapter, as far as its source tells."""
    if problem := next(_problems(path, notebook), None):
        raise RunError(f"{paths.shown(path)} {problem}.")


def _problems(path, notebook):
    about = notebook.metadata
    language = about.get("kernelspec", {}).get("language") or about.get("language_info", {}).get("name") or "python"
    if language.lower() not in ("python", "ipython"):
        yield f"is written in {language}: chapters are executed by Python"
    for number, cell in enumerate(notebook.cells, 1):
        if MARKER.search(cell.source):
            yield f"has the markers of a merge (<<<<<<<) in cell {number}: take one of its two sides"
        if "injected-parameters" in cell.metadata.get("tags", []):
            yield f"has a cell that papermill injected (cell {number}): it is a copy that was executed; delete that cell"
        if lost := [name for name in _pasted(cell) if name not in cell.get("attachments", {})]:
            yield f"shows the pasted picture {lost[0]} in cell {number}, but does not hold it: paste it again"
    yield from _problems_of_code(path, notebook)


def _pasted(cell):
    """The names of the pictures that were pasted into a cell of Markdown."""
    found = [found for pattern in PASTED for found in pattern.finditer(cell.source)] if cell.cell_type == "markdown" else []
    return [urllib.parse.unquote(picture["name"]) for picture in found]


def _problems_of_code(path, notebook):
    calls = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        try:
            tree = ast.parse(dependencies.translated(cell.source))
        except SyntaxError as error:
            if not cell.source.startswith("%%"):  # another language
                yield f"has a cell that is no Python (cell {number}, line {error.lineno}: {error.msg})"
            continue
        called = [node for node in _outside_colab(tree) if isinstance(node, ast.Call)]
        calls += [call for call in called if ast.unparse(call.func).rpartition(".")[2] == "open_chapter"]
        if cell.source.startswith("%%"):  # such as %%writefile
            continue
        if any(isinstance(call.func, ast.Name) and call.func.id == "input" for call in called):
            yield f"waits for input (cell {number}), which nobody gives when it is executed: make it a parameter"
        if any(map(_installs, called)):
            yield f"installs packages (cell {number}), but all chapters share them: add them to requirements.txt instead"
        if missing := _not_installed(tree, path.parent):
            yield f"imports {', '.join(missing)} (cell {number}), which is not installed: add it to requirements.txt, or do without"
    yield from _problems_of_journal(path, calls)


def _problems_of_journal(path, calls):
    wanted = f'add helpers.open_chapter(run_dir, "{path.stem}") to its first cell of code'
    if not calls:
        yield f"does not say in the journal of the run what it uses: {wanted}"
    for call in calls:
        named = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "chapter")]
        if any(isinstance(name, ast.Constant) and name.value != path.stem for name in named):
            remedy = "and give its models keys of their own, or take it out of its folder if it is a copy"
            yield f"opens the journal of another chapter: {wanted} (it has {ast.unparse(call)}), {remedy}"


def _installs(call):
    """Whether a call is a line such as `%pip install …` or `!pip install …`."""
    words = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return "get_ipython()" in ast.unparse(call.func) and INSTALLER.search(" ".join(words)) is not None


def _outside_colab(tree):
    """The nodes of some code, but for what it does in Colab alone."""
    waiting = [tree]
    while waiting:
        node = waiting.pop(0)
        if not (isinstance(node, ast.If) and "google.colab" in ast.unparse(node.test)):
            yield node
            waiting += ast.iter_child_nodes(node)


def _not_installed(tree, folder):
    """What the first level of some code imports that neither Python nor a folder has."""
    names = [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    top = sorted({name.partition(".")[0] for name in names})
    beside = {found.stem for found in folder.iterdir()}
    return [name for name in top if name not in beside and importlib.util.find_spec(name) is None]
