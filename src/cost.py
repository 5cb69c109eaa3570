"""The tables of the page *Cost and speed*, from `benchmarks/results.json` (`make bench`)."""

import json
import operator

import store

BENCHMARKS = store.ROOT / "benchmarks"
MODELS = {"mlp": "MLP", "cnn": "CNN", "residual_cnn": "Residual CNN", "modern_cnn": "Modern CNN"}
GOAL = {">=": operator.ge, "<=": operator.le}
TITLES = {
    "fit_vs_keras": "Training, book ÷ plain Keras, {}",
    "fit_vs_torch": "Training, book ÷ PyTorch, {}",
    "peak_share": "Training, share of the peak, {}",
    "time_to_085_ratio": "Time to 0.85 accuracy, paper's recipe ÷ fast recipe",
    "rss_gb_100k": "Peak memory, 100,000 images (GB)",
    "rss_gb_697932": "Peak memory, 697,932 images (GB)",
    "site_s": "`make site` (s)",
    "noop_s": "`make book`, nothing changed (s)",
    "prose_s": "`make book`, prose changed (s)",
    "chapter_s": "`make book`, code of one chapter changed (s)",
    "book_s": "`make book`, from nothing (s)",
}


def tables(entries=None, goals=None) -> dict[str, str]:
    """Markdown tables by name; each cell is the median with smallest and largest value."""
    entries = json.loads((BENCHMARKS / "results.json").read_text()) if entries is None else entries
    goals = json.loads((BENCHMARKS / "goals.json").read_text()) if goals is None else goals
    found = {entry["name"]: entry for entry in entries}
    sizes = [name.removeprefix("rss_gb_") for name in found if name.startswith("rss_gb_")]
    kinds = [name.removeprefix("busy_").removesuffix("_cnn") for name in found if name.startswith("busy_")]
    kinds = [kind for kind in kinds if not kind.endswith("_residual")]

    def cell(name):
        entry = found.get(name)
        return "" if entry is None else "{} ({} to {})".format(*map(_short, (entry["median"], entry["low"], entry["high"])))

    def grid(head, rows):
        lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
        return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"

    def by_model(columns):
        rows = [[title, *(cell(name.format(key)) for name in columns.values())] for key, title in MODELS.items()]
        return grid(
            ["Model", *columns],
            [row for row in rows if any(row[1:])],
        )

    return {
        "environment": _environment(entries),
        "goals": grid(["Measure", "Goal", "Measured", "Reached"], [_goal(name, goals[name], found, cell) for name in goals]),
        "training": by_model(
            {
                "Book, images/s": "fit_book_{}",
                "Plain Keras, images/s": "fit_keras_{}",
                "PyTorch, images/s": "fit_torch_{}",
                "Book ÷ Keras": "fit_vs_keras_{}",
                "Book ÷ PyTorch": "fit_vs_torch_{}",
                "Share of peak": "peak_share_{}",
            }
        ),
        "mixed": by_model(
            {
                "Book, images/s": "fit_mixed_{}",
                "PyTorch, images/s": "fit_torch_mixed_{}",
                "Book, mixed ÷ float32": "fit_mixed_vs_float32_{}",
                "Book, mixed ÷ plain Keras": "fit_mixed_vs_keras_{}",
                "Book ÷ PyTorch, both mixed": "fit_mixed_vs_torch_mixed_{}",
            }
        ),
        "operations": grid(
            ["Share of busy time", "CNN", "Residual CNN"],
            [[kind.replace("_", " "), cell(f"busy_{kind}_cnn"), cell(f"busy_{kind}_residual_cnn")] for kind in kinds],
        ),
        "inference": by_model(
            {
                "Keras, 1 image": "infer_keras_1_{}",
                "ONNX Runtime, 1 image": "infer_onnx_1_{}",
                "Keras, 512": "infer_keras_512_{}",
                "ONNX Runtime, 512": "infer_onnx_512_{}",
            }
        ),
        "memory": grid(
            ["Images", "Peak memory, GB", "Loading, s", "Epoch of the MLP, µs per image"],
            [[size, cell(f"rss_gb_{size}"), cell(f"load_s_{size}"), cell(f"epoch_us_per_image_{size}")] for size in sizes],
        ),
        "time_to_accuracy": grid(
            ["Paper's recipe, s", "Fast recipe, s", "Ratio"],
            [[cell("time_to_085_paper"), cell("time_to_085_fast"), cell("time_to_085_ratio")]],
        ),
        "searching": grid(
            ["One worker, all cores, s", "One worker per core, s", "Ratio"],
            [[cell("search_one_s"), cell("search_many_s"), cell("search_speedup")]],
        ),
        "building": grid(
            ["Command", "Seconds"],
            [[TITLES[n].removesuffix(" (s)"), cell(n)] for n in ("book_s", "chapter_s", "prose_s", "noop_s", "site_s")],
        ),
    }


def plan(results) -> str:
    """What the study would cost on all 697,932 images of ByClass, as a Markdown table, from `results.json`.

    Processor hours of the published training of one seed, scaled with the images; the rest is multiplication.
    """
    data, seeds, trials = results["data"], 5, 100
    images = 697_932 * 9 / 10
    lines = ["| Model | One seed, h | Five seeds, h | 100 trials of 5 epochs on all images, h | Wall-clock on 100 cores, h |"]
    lines += ["|---|--:|--:|--:|--:|"]
    for key, model in results["models"].items():
        epochs = len(model["runs"][0]["history"].get("loss", ()))
        if key in ("majority", "linear") or not epochs or not model["cpu_minutes"]:
            continue
        hours = model["cpu_minutes"] / 60 * images / data["n_train"]
        search = hours * 5 / epochs * trials
        cells = (hours, seeds * hours, search, (seeds * hours + search) / 100)
        lines.append(f"| {model['title']} | " + " | ".join(f"{value:,.1f}" for value in cells) + " |")
    return "\n".join(lines) + "\n"


def _goal(name, goal, found, cell):
    sign, bar = goal
    model = next((key for key in sorted(MODELS, key=len, reverse=True) if name.endswith("_" + key)), None)
    title = TITLES[name.removesuffix(f"_{model}") if model else name].format(MODELS.get(model, ""))
    reached = "" if name not in found else "yes" if GOAL[sign](found[name]["median"], bar) else "**no**"
    return [title, f"{'≥' if sign == '>=' else '≤'} {bar}", cell(name), reached]


def _environment(entries):
    days = sorted({entry["measured"][:10] for entry in entries})
    machines, commits = (sorted(set(part)) for part in zip(*(entry["environment"].split(", commit ") for entry in entries)))
    return f"Measured on {', '.join(days)} with {'; '.join(machines)}; at commit {', '.join(commits)}.\n"


def _short(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
