"""The tables of the page *Cost and speed*, from `benchmarks/results.json` (`make bench`)."""

import json
import operator

from sixtytwo.base import paths
from sixtytwo.report import markdown

MODELS = {"mlp": "MLP", "cnn": "CNN", "residual_cnn": "Residual CNN", "modern_cnn": "Modern CNN"}

GOAL = {">=": (operator.ge, "≥"), "<=": (operator.le, "≤")}

TITLES = {
    "fit_vs_keras": "Training, book ÷ plain Keras, {}",
    "fit_vs_torch": "Training, book ÷ PyTorch, {}",
    "peak_share": "Training, share of the peak, {}",
    "time_to_085_ratio": "Time to 0.85 accuracy, paper's recipe ÷ fast recipe",
    "rss_gb_100k": "Peak memory, 100,000 images (GB)",
    "rss_gb_697932": "Peak memory, 697,932 images (GB)",
    "engine_vs_sequential": "Eight trainings, engine ÷ one after another, {}",
    "engine_vs_torch": "Eight trainings, engine ÷ PyTorch, {}",
    "engine_start_s": "Start of two workers, until both train (s)",
    "worker_rss_gb": "Peak memory of a worker, 90,000 images (GB)",
    "draft_speedup": "`make book PROFILE=draft`, one after another ÷ by the engine",
    "site_s": "`make site` (s)",
    "noop_s": "`make book`, nothing changed (s)",
    "prose_s": "`make book`, prose changed (s)",
    "chapter_s": "`make book`, code of one chapter changed (s)",
    "book_s": "`make book`, from nothing (s)",
}

BY_MODEL = {  # table: its columns, and the measurement in them of each model
    "training": {
        "Book, images/s": "fit_book_{}",
        "Plain Keras, images/s": "fit_keras_{}",
        "PyTorch, images/s": "fit_torch_{}",
        "Book ÷ Keras": "fit_vs_keras_{}",
        "Book ÷ PyTorch": "fit_vs_torch_{}",
        "Share of peak": "peak_share_{}",
    },
    "mixed": {
        "Book, images/s": "fit_mixed_{}",
        "PyTorch, images/s": "fit_torch_mixed_{}",
        "Book, mixed ÷ float32": "fit_mixed_vs_float32_{}",
        "Book, mixed ÷ plain Keras": "fit_mixed_vs_keras_{}",
        "Book ÷ PyTorch, both mixed": "fit_mixed_vs_torch_mixed_{}",
    },
    "engine": {
        "Engine, images/s": "engine_{}",
        "One after another, images/s": "sequential_{}",
        "PyTorch, images/s": "torch_{}",
        "Engine ÷ one after another": "engine_vs_sequential_{}",
        "Engine ÷ PyTorch": "engine_vs_torch_{}",
    },
    "inference": {
        "Keras, 1 image": "infer_keras_1_{}",
        "ONNX Runtime, 1 image": "infer_onnx_1_{}",
        "Keras, 512": "infer_keras_512_{}",
        "ONNX Runtime, 512": "infer_onnx_512_{}",
    },
}

ONE_ROW = {  # table: its columns, and the measurement in them
    "time_to_accuracy": {
        "Paper's recipe, s": "time_to_085_paper",
        "Fast recipe, s": "time_to_085_fast",
        "Ratio": "time_to_085_ratio",
    },
    "workers": {
        "Start of two workers, s": "engine_start_s",
        "Peak memory of a worker, GB": "worker_rss_gb",
    },
    "draft": {
        "One after another, s": "draft_before_s",
        "By the engine, s": "draft_s",
        "Ratio": "draft_speedup",
    },
}

BUILDING = ("book_s", "chapter_s", "prose_s", "noop_s", "site_s")


def tables(entries=None, goals=None) -> dict[str, str]:
    """Markdown tables by name; each cell is the median with smallest and largest value."""
    folder = paths.ROOT / "benchmarks"
    entries = json.loads((folder / "results.json").read_text(encoding="utf-8")) if entries is None else entries
    goals = json.loads((folder / "goals.json").read_text(encoding="utf-8")) if goals is None else goals
    found = {entry["name"]: entry for entry in entries}
    goal_rows = [_goal(name, *goal, found) for name, goal in goals.items()]
    building = [[TITLES[name].removesuffix(" (s)"), _cell(found, name)] for name in BUILDING]
    return {
        "environment": _environment(entries),
        "goals": markdown.table(["Measure", "Goal", "Measured", "Reached"], goal_rows),
        "operations": _operations(found),
        "memory": _memory(found),
        "building": markdown.table(["Command", "Seconds"], building),
        **{name: _by_model(found, columns) for name, columns in BY_MODEL.items()},
        **{
            name: markdown.table(list(columns), [[_cell(found, c) for c in columns.values()]])
            for name, columns in ONE_ROW.items()
        },
    }


def _by_model(found, columns):
    rows = [[title, *(_cell(found, name.format(key)) for name in columns.values())] for key, title in MODELS.items()]
    return markdown.table(["Model", *columns], [row for row in rows if any(row[1:])])


def _operations(found):
    kinds = [name.removeprefix("busy_").removesuffix("_cnn") for name in found if name.startswith("busy_")]
    kinds = [kind for kind in kinds if not kind.endswith("_residual")]
    rows = [
        [kind.replace("_", " "), *(_cell(found, f"busy_{kind}_{key}") for key in ("cnn", "residual_cnn"))] for kind in kinds
    ]
    return markdown.table(["Share of busy time", "CNN", "Residual CNN"], rows)


def _memory(found):
    sizes = [name.removeprefix("rss_gb_") for name in found if name.startswith("rss_gb_")]
    columns = ("rss_gb", "load_s", "epoch_us_per_image")
    rows = [[size, *(_cell(found, f"{column}_{size}") for column in columns)] for size in sizes]
    return markdown.table(["Images", "Peak memory, GB", "Loading, s", "Epoch of the MLP, µs per image"], rows)


def _goal(name, sign, bar, found):
    model = next((key for key in sorted(MODELS, key=len, reverse=True) if name.endswith(f"_{key}")), None)
    title = TITLES[name.removesuffix(f"_{model}") if model else name].format(MODELS.get(model, ""))
    meets, symbol = GOAL[sign]
    reached = "" if name not in found else "yes" if meets(found[name]["median"], bar) else "**no**"
    return [title, f"{symbol} {bar}", _cell(found, name), reached]


def _environment(entries):
    days = sorted({entry["measured"][:10] for entry in entries})
    machines, commits = (sorted(set(part)) for part in zip(*(entry["environment"].split(", commit ") for entry in entries)))
    return f"Measured on {', '.join(days)} with {'; '.join(machines)}; at commit {', '.join(commits)}.\n"


def _cell(found, name):
    if (entry := found.get(name)) is None:
        return ""
    return "{} ({} to {})".format(*(_short(entry[end]) for end in ("median", "low", "high")))


def _short(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
