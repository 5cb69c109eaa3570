"""The book as it is planned: its pages, its chapters, their parameters, and which of them run with which values."""

import os
from pathlib import Path
from typing import NamedTuple

import nbformat
import yaml

from sixtytwo.base import chapters as names
from sixtytwo.base import paths
from sixtytwo.base.parameters import ParameterError, check, declared
from sixtytwo.data import download, emnist, idx, loading, registry
from sixtytwo.report import sources
from sixtytwo.report.sources import RunError

PROFILES = ("smoke", "draft", "paper")


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

    return list(files(_settings(folder / "_toc.yml")))


def _settings(path) -> dict:
    """What a file of settings in YAML holds. Raises RunError if it does not hold `name: value`."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise RunError(f"{paths.shown(path)} cannot be read: expected YAML with lines `name: value` ({reason}).") from error
    if not isinstance(found, dict):
        raise RunError(f"{paths.shown(path)} holds no settings: expected YAML with lines `name: value`.")
    return found


def chapters() -> list[Path]:
    """The notebooks named in `_toc.yml`, in order, and after them those that a reader has added to `notebooks/`."""
    listed = [paths.ROOT / f"{name}.ipynb" for name in listed_pages(paths.ROOT) if name.startswith("notebooks/")]
    return listed + sorted(set((paths.ROOT / "notebooks").glob("[!.]*.ipynb")) - set(listed))


def parameters(notebook, path) -> dict:
    """The defaults in a notebook's cell tagged `parameters`, by name.

    Raises RunError if there is no such cell, more than one, or one that holds anything but `name = literal`.
    """
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        remedy = "tag the cell with the defaults, or take the notebook out of its folder"
        raise RunError(f"{paths.shown(path)} has {len(tagged)} cells tagged 'parameters': expected one; {remedy}.")
    try:
        return declared(tagged[0].source)
    except ParameterError as error:
        raise RunError(f"{paths.shown(path)}: the cell tagged 'parameters' {error}.") from error


def plan(profile, data="auto", overrides=None) -> list[Chapter]:
    """Which notebooks to run with which parameters; everything is validated before anything runs.

    Raises RunError for a notebook that cannot be a chapter (`sources`), an unknown parameter name, a value of another type than
    the default, impossible data, and a key or title of a model, or a label of a figure, that two notebooks give.
    """
    if os.environ.get("EMNIST_DIR"):  # kernels start in another folder
        os.environ["EMNIST_DIR"] = str(emnist.folder().absolute())
    own = {"profile": profile, "run_dir": f"_build/{profile}", "results_dir": f"_build/{profile}"}
    if reserved := {"dataset", *own} & set(overrides or {}):
        raise RunError(f"--set {', '.join(sorted(reserved))}: the runner decides this; use --profile and --data.")
    values = _settings(paths.ROOT / "notebooks" / "profiles" / f"{profile}.yaml") | (overrides or {})
    given = set(values)
    values |= {"dataset": _dataset(profile, data), **own}
    planned, known = [], set()
    for path in chapters():
        notebook = sources.read(path)
        sources.check(path, notebook)
        defaults = parameters(notebook, path)
        known |= set(defaults)
        chosen = {name: values[name] for name in defaults if name in values}
        try:
            check(chosen, defaults, path.name)
        except ParameterError as error:
            raise RunError(f"{error}; correct notebooks/profiles/{profile}.yaml or --set.") from error
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
        loading.load_train(dataset, loading.FEWEST)
    except (ValueError, idx.DataError) as error:
        raise RunError(f"DATA={data}: {error}") from error
    return dataset


def contents(run_folder) -> dict:
    """The table of contents: `_toc.yml`, and the notebooks of a reader's own that this run has executed."""
    toc, listed = _settings(paths.ROOT / "_toc.yml"), pages()
    own = [path.stem for path in chapters() if f"notebooks/{path.stem}.html" not in listed]
    own = [{"file": f"notebooks/{name}"} for name in own if (run_folder / "notebooks" / f"{name}.ipynb").exists()]
    return toc | {"parts": [*toc["parts"], {"caption": "Your own", "chapters": own}]} if own else toc


def pages(folder=None) -> list[str]:
    """The HTML files that the table of contents in `folder`, or the book's, promises."""
    return ["index.html", *(f"{name}.html" for name in listed_pages(folder or paths.ROOT))]
