"""Every parameter of a chapter is in the key of each step that it feeds, and in no other.

A chapter runs here without training anything: each step that it asks for is noted, and answered with a published one of the
same name. Then each parameter is changed in turn.
"""

import json
import re

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import yaml
from conftest import ROOT

from sixtytwo.base import files, paths, store
from sixtytwo.experiments import engine, models
from sixtytwo.report import book

SMALL = {  # so that a chapter runs in seconds; the other values are those of the full run
    "dataset": "synthetic",
    "n_train": 700,
    "seeds": [0, 1],
    "modern_seeds": [0, 1],
    "study_seeds": [0, 1],
    "control_seeds": [0, 1],
    "ablation_seeds": [0, 1],
    "balancing_seeds": [0, 1],
    "learning_seeds": [0, 1],
    "grid_free": 1,
    "replays": 5,
    "search_rows": 300,
    "grid_rows": 300,
    "ablation_rows": 300,
    "ablation_limit": 3,
    "corruption_rows": 50,
    "learning_sizes": [100, 200, 300, 400],
    "resamples": 5,
}
# else one more, or other seeds; of fewer trials or settings the others stay as they are
CHANGED = {"n_train": 800, "max_trials": 9, "grid_free": 2, "ablation_limit": 2, "retrained": ["cnn"]}


def changed(name, value):
    """Another value of a parameter."""
    if name in CHANGED:
        return CHANGED[name]
    if isinstance(value, list):
        return [item + 1 if isinstance(item, int) else item / 2 for item in value]
    return value + 1


class Chapter:
    """A chapter whose steps are noted instead of computed."""

    def __init__(self, path, folder, monkeypatch):
        self.notebook = nbformat.read(path, as_version=4)
        values = yaml.safe_load((ROOT / "notebooks" / "profiles" / "paper.yaml").read_text(encoding="utf-8"))
        values |= SMALL | {"run_dir": str(folder), "results_dir": "book/reference", "profile": "smoke"}
        defaults = book.parameters(self.notebook, path)
        self.values = {name: values.get(name, default) for name, default in defaults.items()}
        self.folder = folder
        monkeypatch.setattr(store, "cached", self._noted)
        monkeypatch.setattr(engine, "steps", self._all_noted)
        monkeypatch.setattr(paths, "LOCAL", folder / "store")
        monkeypatch.setattr(models, "predictions", lambda run: np.zeros_like(self.scope["data"].y_validation))

    def steps(self, **values):
        """The names and keys of the steps that the chapter asks for, a set."""
        self.asked = set()
        scope = self.scope = {}
        for cell in self.notebook.cells:
            if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", []):
                exec(cell.source, scope)
            if "parameters" in cell.metadata.get("tags", []):
                scope |= self.values | values
        return self.asked

    def _all_noted(self, wanted, failures="raise"):
        return [self._noted(step.name, step.spec) for step in wanted]

    def _noted(self, name, spec, compute=None):
        """The answer to a step: what a published one of its name (for all trials, one point of a grid) found, under its own key."""
        key = files.digest(spec)[:16]
        self.asked.add((re.sub(r"seed\d+", "seed", name), f"{name}-{key}"))
        alike = "train-mlp-grid-seed0" if "-trial-" in name else re.sub(r"seed\d+", "seed0", name)
        found = next(path for path in sorted(paths.PUBLISHED.glob(f"{alike}-*")) if len(path.name) == len(alike) + 17)
        folder = paths.LOCAL / f"{name}-{key}"
        if not folder.exists():
            folder.parent.mkdir(exist_ok=True)
            folder.symlink_to(found)
        if name == "label-noise":  # its rows are those of 90,000 images
            (folder := self.folder / "noise").mkdir(exist_ok=True)
            np.savez(folder / "suspects.npz", rows=np.arange(3), read_as=np.arange(3))
        entry = json.loads((found / "entry.json").read_text(encoding="utf-8"))
        return store.Entry(folder, entry["result"], entry["files"], "", entry["environment"], spec, None)


def trained(*names):
    """A pattern for steps that train networks of these names."""
    return "|".join(f"train-{name}-seed" for name in names)


STUDIES = trained("cnn-augmented", "cnn-dropout", "cnn-shuffled", "cnn-transposed", "cnn-upright")
CONTROLS = trained("mlp-shuffled", "mlp-transposed", "mlp-upright")
LONG = trained(*(f"{key}-long" for key in ("mlp", "cnn", "residual_cnn")))
FEEDS = {  # a pattern for the steps that each parameter feeds; the replays see the scores of their grid, which are fixed here
    "03_mlp": {
        "n_train": "(train|raw-pixels).*",
        "epochs": trained("mlp", "mlp-winner", "mlp-relu", "mlp-tanh", "linear"),
        "batch_size": "(?!train-majority)train.*",
        "seeds": trained("mlp", "mlp-winner"),
        "max_trials": trained("mlp-trial") + "|replay.*",
        "search_rows": trained("mlp-trial") + "|raw-pixels|.*grid-seed",
        "search_epochs": trained("mlp-trial") + "|.*grid-seed",
        "study_seeds": trained("mlp-relu", "mlp-tanh"),
        "grid_free": "replay.*",
        "replays": "replay.*",
    },
    "04_cnn": {
        "n_train": "train.*",
        "epochs": trained("cnn", "cnn-winner"),
        "batch_size": "train.*",
        "seeds": trained("cnn", "cnn-winner"),
        "max_trials": trained("cnn-trial") + "|replay.*",
        "search_rows": trained("cnn-trial") + f"|{STUDIES}|{CONTROLS}",
        "search_epochs": trained("cnn-trial"),
        "study_seeds": STUDIES,
        "study_epochs": f"{STUDIES}|{CONTROLS}",
        "control_seeds": CONTROLS,
        "dropouts": trained("cnn-dropout"),
        "grid_free": "replay.*",
        "grid_rows": ".*grid-seed",
        "grid_epochs": ".*grid-seed",
        "replays": "replay.*",
    },
    "05_residual_cnn": {
        "n_train": ".*",
        "epochs": "(?!train-residual_cnn-trial)train.*|probes.*",
        "batch_size": ".*",
        "seeds": "(?!train-residual_cnn-trial)train.*|probes.*",
        "max_trials": trained("residual_cnn-trial"),
        "search_rows": trained("residual_cnn-trial") + "|gradients-seed",
        "search_epochs": trained("residual_cnn-trial") + "|gradients-seed",
        "study_seeds": "gradients-seed",
    },
    "06_modern_cnn": {
        "n_train": ".*",
        "modern_epochs": "ensemble.*|" + trained("modern_cnn", "modern_cnn-winner", "modern_small"),
        "modern_seeds": "(?!train-modern-ablation|train-modern_cnn-trial)(train|ensemble).*",
        "max_trials": trained("modern_cnn-trial"),
        "search_rows": trained("modern_cnn-trial"),
        "search_epochs": trained("modern_cnn-trial"),
        "ablation_rows": trained("modern-ablation"),
        "ablation_epochs": trained("modern-ablation"),
        "ablation_seeds": trained("modern-ablation"),
        "ablation_limit": trained("modern-ablation"),
        "small_epochs": trained("modern_small", "small-untaught"),
    },
    "07_limits": {
        "n_train": ".*",
        "retrained": "train-modern_cnn.*",
        "balancing_seeds": f"train-.*-(balanced|weights)-seed|{LONG}",
        "folds": "label-noise",
        "long_epochs": LONG,
        "search_rows": LONG,
        "corruption_rows": "robustness.*",
        "strengths": "robustness.*",
        "learning_sizes": ".*-learning-seed",
        "learning_seeds": ".*-learning-seed",
        "learning_steps": ".*-learning-seed",
    },
    "08_evaluation": {"n_test": "test-.*", "timing_rows": "time-epochs", "timing_repeats": "time-epochs"},
}
WITHOUT_STEP = {"dataset", "run_dir", "results_dir", "profile", "resamples"}


@pytest.fixture
def chapter(request, tmp_path, monkeypatch):
    matplotlib.use("agg")
    found = Chapter(ROOT / "notebooks" / f"{request.param}.ipynb", tmp_path, monkeypatch)
    yield found
    plt.close("all")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the answers are all alike
@pytest.mark.parametrize("chapter", FEEDS, indirect=True)
def test_changing_a_parameter_changes_the_keys_of_the_steps_that_it_feeds_and_no_others(chapter, request):
    feeds = FEEDS[request.node.callspec.params["chapter"]]
    assert set(feeds) == set(chapter.values) - WITHOUT_STEP, "every parameter feeds steps or is named as one that feeds none"
    before = chapter.steps()
    for name, pattern in feeds.items():
        after = chapter.steps(**{name: changed(name, chapter.values[name])})
        plt.close("all")
        fed = {step for step, _ in before if re.fullmatch(pattern, step)}
        assert fed, f"{name}: no step is called {pattern}"
        assert {step for step, _ in before - after} == fed, name
