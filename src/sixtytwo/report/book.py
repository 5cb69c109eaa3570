"""The book as it is planned: its pages, its chapters, their parameters, and which of them run with which values."""

import ast
import os
from pathlib import Path
from typing import NamedTuple

import nbformat
import yaml

from sixtytwo.base import chapters as names
from sixtytwo.base import paths
from sixtytwo.data import download, emnist, idx, registry

PROFILES = ("smoke", "draft", "paper")


class RunError(RuntimeError):
    """The run cannot start or must not be trusted; the message says why and what to do."""


class Chapter(NamedTuple):
    """A notebook of the book and the values that a run gives to its parameters."""

    path: Path
    notebook: nbformat.NotebookNode
    chosen: dict


def listed_pages(folder) -> list[str]:
    """The pages named in the `_toc.yml` of a folder, in order, without suffix."""

    def files(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("file", "root"):
                    yield str(value)
                yield from files(value)
        elif isinstance(node, list):
            for item in node:
                yield from files(item)

    return list(files(yaml.safe_load((folder / "_toc.yml").read_text(encoding="utf-8"))))


def chapters() -> list[Path]:
    """The notebooks named in `_toc.yml`, in order, and after them those that a reader has added to `notebooks/`."""
    listed = [paths.ROOT / f"{name}.ipynb" for name in listed_pages(paths.ROOT) if name.startswith("notebooks/")]
    return listed + sorted(set((paths.ROOT / "notebooks").glob("*.ipynb")) - set(listed))


def parameters(notebook, path) -> dict:
    """The defaults in a notebook's cell tagged `parameters`, by name.

    Raises RunError if there is no such cell, more than one, or one that holds anything but `name = literal`.
    """
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise RunError(f"{path} has {len(tagged)} cells tagged 'parameters': expected one; tag the cell with the defaults.")
    try:
        return {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(tagged[0].source).body}
    except (AttributeError, ValueError, SyntaxError) as error:
        raise RunError(f"{path}: the cell tagged 'parameters' may only hold lines `name = literal` ({error}).") from error


def plan(profile, data="auto", overrides=None) -> list[Chapter]:
    """Which notebooks to run with which parameters; everything is validated before anything runs.

    Raises RunError for an unknown parameter name, a value of another type than the default, impossible data, and
    a key or title of a model, or a label of a figure, that two notebooks give.
    """
    if os.environ.get("EMNIST_DIR"):  # kernels start in another folder
        os.environ["EMNIST_DIR"] = str(Path(os.environ["EMNIST_DIR"]).resolve())
    own = {"profile": profile, "run_dir": f"_build/{profile}", "results_dir": f"_build/{profile}"}
    if reserved := {"dataset", *own} & set(overrides or {}):
        raise RunError(f"--set {', '.join(sorted(reserved))}: the runner decides this; use --profile and --data.")
    values = yaml.safe_load((paths.ROOT / "notebooks" / "profiles" / f"{profile}.yaml").read_text(encoding="utf-8"))
    values |= overrides or {}
    given = set(values)
    values |= {"dataset": _dataset(profile, data), **own}
    planned, known = [], set()
    for path in chapters():
        notebook = nbformat.read(path, as_version=4)
        defaults = parameters(notebook, path)
        known |= set(defaults)
        chosen = {name: values[name] for name in defaults if name in values}
        for name, value in chosen.items():
            if type(value) is not type(defaults[name]):
                raise RunError(
                    f"{name}={value!r} is a {type(value).__name__}, but {path.name} expects a {type(defaults[name]).__name__} "
                    f"such as {defaults[name]!r}; correct notebooks/profiles/{profile}.yaml or --set."
                )
        planned.append(Chapter(path, notebook, chosen))
    if unknown := given - known:
        raise RunError(
            f"no notebook has the parameter {', '.join(sorted(unknown))}: expected some of {', '.join(sorted(known))}."
        )
    if taken := [clash for path in chapters() for clash in names.clashes(path, chapters())]:
        raise RunError("; ".join(taken))
    return planned


def named(planned, names) -> list[Chapter]:
    """The planned chapters whose file names begin with one of these, e.g. "06". Raises RunError if one stands for none."""
    if unknown := [name for name in names if not any(chapter.path.name.startswith(name) for chapter in planned)]:
        raise RunError(f"no chapter's name begins with {' or '.join(unknown)}: expected numbers such as 06.")
    return [chapter for chapter in planned if chapter.path.name.startswith(tuple(names))]


def _dataset(profile, data):
    if data == "synthetic":
        if profile != "smoke":
            raise RunError(f"DATA=synthetic does not go with PROFILE={profile}: its numbers are about real EMNIST; use smoke.")
        return "synthetic"
    if data not in ("auto", "emnist", "emnist-byclass"):
        return _other_dataset(data)
    found = emnist.find()
    if found is None and data == "auto" and profile == "smoke":
        return "synthetic"
    if found is None:
        print("EMNIST is not on this machine yet: downloading 562 MB.", flush=True)
        download.download()
    return "emnist-byclass"


def _other_dataset(data):
    try:
        dataset = registry.resolve(data)
        registry.load(dataset, "train", 1)
    except (ValueError, idx.DataError) as error:
        raise RunError(f"DATA={data}: {error}") from error
    return dataset


def shown(path):
    return path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path


def contents(run_folder) -> dict:
    """The table of contents: `_toc.yml`, and the notebooks of a reader's own that this run has executed."""
    toc, listed = yaml.safe_load((paths.ROOT / "_toc.yml").read_text(encoding="utf-8")), pages()
    own = [path.stem for path in chapters() if f"notebooks/{path.stem}.html" not in listed]
    own = [{"file": f"notebooks/{name}"} for name in own if (run_folder / "notebooks" / f"{name}.ipynb").exists()]
    return toc | {"parts": [*toc["parts"], {"caption": "Your own", "chapters": own}]} if own else toc


def pages(folder=None) -> list[str]:
    """The HTML files that the table of contents in `folder`, or the book's, promises."""
    return ["index.html", *(f"{name}.html" for name in listed_pages(folder or paths.ROOT))]
