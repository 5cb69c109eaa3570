"""A tiny book in a temporary folder, for the tests of the runner and of the promotion."""

import copy
import shutil

import nbformat
import pytest
import yaml
from conftest import ROOT

from sixtytwo.base import contracts, files, paths
from sixtytwo.report import book, command

GOOD_FIGURE = "import matplotlib.pyplot as plt\nfigure, axis = plt.subplots()"
FIGURE_METADATA = {"mystnb": {"figure": {"caption": "A line.", "name": "fig-line"}, "image": {"alt": "A line."}}}
OPENING = 'import helpers\nhelpers.open_chapter(run_dir, "{}")'
PARAMETERS = 'dataset = "auto"\nrun_dir = "_build/interactive"\nn = 1'


class Project:
    """A tiny book in a temporary folder, driven through the command line of the runner."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        monkeypatch.setattr(paths, "ROOT", folder)
        monkeypatch.setattr(paths, "REFERENCE", folder / "book" / "reference")
        monkeypatch.setattr(paths, "PUBLISHED", folder / "book" / "reference" / "store")
        monkeypatch.setattr(paths, "UNFINISHED", folder / "book" / "unfinished")
        monkeypatch.setattr(paths, "LOCAL", folder / "_build" / "store")
        monkeypatch.delenv("EMNIST_DIR", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        (folder / "notebooks" / "profiles").mkdir(parents=True, exist_ok=True)
        (folder / "book").mkdir(exist_ok=True)
        shutil.copy(ROOT / "book" / "claims.yml", folder / "book")
        (folder / "requirements.lock").write_text("")
        self.profile(n=2)

    def profile(self, **values):
        (self.folder / "notebooks" / "profiles" / "smoke.yaml").write_text(yaml.safe_dump(values))

    def chapter(self, *cells, name="01_first", parameters=PARAMETERS, opening=OPENING, metadata=None):
        """Write a chapter: its parameters, a cell that opens its journal, and these cells of code."""
        notebook = nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        if parameters is not None:
            notebook.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        notebook.cells.append(nbformat.v4.new_code_cell(opening.format(name)))
        notebook.cells += [nbformat.v4.new_code_cell(cell, metadata=metadata or {}) for cell in cells]
        nbformat.write(notebook, self.folder / "notebooks" / f"{name}.ipynb")
        toc = {
            "root": "book/index",
            "chapters": [{"file": f"notebooks/{p.stem}"} for p in sorted((self.folder / "notebooks").glob("*.ipynb"))],
        }
        (self.folder / "_toc.yml").write_text(yaml.safe_dump(toc))

    def run(self, *arguments):
        return command.main(["run", "--data", "synthetic", *arguments])

    @property
    def smoke(self):
        return self.folder / "_build" / "smoke"

    def output(self, name="01_first"):
        return self.smoke / "notebooks" / f"{name}.ipynb"

    def printed(self, name="01_first"):
        cells = nbformat.read(self.output(name), as_version=4).cells
        return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))

    def pretend(self, **values):
        """Change what the executed first chapter says about itself, e.g. the stored steps that it used."""
        notebook = nbformat.read(self.output(), as_version=4)
        notebook.metadata["book"] |= values
        nbformat.write(notebook, self.output())

    def write_results(self, profile="smoke", **models):
        """Pretend that the run has these models, each with so many parameters, and that the first chapter made "a"."""
        results = contracts.read(ROOT / "book" / "reference" / "results.json")
        known = results["models"]["majority"]
        results["models"] = {name: copy.deepcopy(known) | {"parameters": n} for name, n in models.items()}
        contracts.write(self.smoke / "results.json", results | {"profile": profile})
        for name in models:
            self.record(name)
            files.write_text(self.smoke / "models" / f"{name}.onnx", "{}")
        self.pretend(models=["a"])

    def record(self, name, *runs, **others):
        """Pretend that a network was recorded with these runs."""
        files.write_json(self.smoke / "models" / f"{name}.json", {"runs": runs} | others)

    def published_models(self):
        """The published models with the number of their parameters."""
        models = contracts.read(self.folder / "book" / "reference" / "results.json")["models"]
        return {name: model["parameters"] for name, model in models.items()}


@pytest.fixture
def project(tmp_path, monkeypatch):
    return Project(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def executed(tmp_path_factory):
    """The folder of a project whose one chapter was executed, on real data as it pretends."""
    folder = tmp_path_factory.mktemp("executed")
    with pytest.MonkeyPatch.context() as monkeypatch:
        project = Project(folder, monkeypatch)
        monkeypatch.setattr(book, "_dataset", lambda profile, data: "emnist-byclass")
        project.chapter("print(n)")
        assert project.run() == 0
    return folder


@pytest.fixture
def finished(executed, tmp_path, monkeypatch):
    """A finished run that may be promoted."""
    shutil.copytree(executed, tmp_path, dirs_exist_ok=True)
    project = Project(tmp_path, monkeypatch)
    monkeypatch.setattr(book, "_dataset", lambda profile, data: "emnist-byclass")
    project.write_results(a=1)
    return project
