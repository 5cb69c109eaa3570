"""What pages and README show of a run, as Markdown tables: results, costs, status."""

import statistics

from sixtytwo.data import emnist
from sixtytwo.findings.paper import FLOOR, NETWORKS
from sixtytwo.report import markdown

_STATUS_NOTE = (
    "Machine and minutes are those of the last execution; steps from the store took none of them and name their own machine."
)


def headline(results) -> str:
    """The main results, from `results.json`."""
    rows = []
    for group, models in grouped(results).items():
        rows.append([f"*{group}*", "", "", ""])
        for model in models:
            low, high = model["accuracy_interval"]
            paper = model["paper"].get("accuracy")
            rows.append(
                [
                    markdown.plain(model["title"]),
                    f"{over_seeds(model, 'accuracy'):.3f} ({low:.3f} to {high:.3f})",
                    "" if paper is None else f"{paper:.2f}",
                    f"{model['parameters']:,}",
                ]
            )
    head = ["Model", "Accuracy (95% interval over test images)", "Paper's", "Parameters"]
    return f"{markdown.table(head, rows)}\n{_about(results)}"


def grouped(results) -> dict[str, list]:
    """The models of `results.json`, most accurate first, by what they are to the paper; no group is empty."""
    models = sorted(results["models"].items(), key=lambda item: -over_seeds(item[1], "accuracy"))
    groups = {"The paper's networks": [], "Beyond the paper": [], "Floors": []}
    for key, model in models:
        beyond = "Floors" if key in FLOOR else "Beyond the paper"
        groups["The paper's networks" if key in NETWORKS else beyond].append(model)
    return {group: found for group, found in groups.items() if found}


def comparison(results, limits) -> str:
    """What each model gives and costs, from `results.json` and `07_limits.json`."""
    head = ["Model", "Accuracy", "Balanced", "Worse images", "Parameters"]
    head += ["File, MB", "One image, ms", "Batch, ms", "Training, min"]
    rows = []
    for key, model in results["models"].items():
        latency = model["latency_ms"] or {}
        rows.append(
            [
                markdown.plain(model["title"]),
                *(f"{over_seeds(model, name):.3f}" for name in ("accuracy", "balanced_accuracy")),
                f"{limits[key]['robust_accuracy']:.3f}" if key in limits else "",
                f"{model['parameters']:,}",
                f"{model['onnx_bytes'] / 1e6:.1f}" if model["onnx_bytes"] else "",
                *(f"{latency[name]:.2g}" if latency else "" for name in ("one", "batch")),
                f"{model['cpu_minutes']:.1f}" if model["cpu_minutes"] else "",
            ]
        )
    return markdown.table(head, rows) + "\n" + _about(results)


def over_seeds(model, metric) -> float:
    """The mean of a test metric over the seeds of a model of `results.json`."""
    return statistics.fmean(run["test"][metric] for run in model["runs"])


def _about(results):
    data, seeds = results["data"], {len(model["runs"]) for model in results["models"].values()}
    seeds = f"{min(seeds)} to {max(seeds)} seeds" if len(seeds) > 1 else f"{max(seeds)} seed{'s' if max(seeds) > 1 else ''}"
    what = f"{data['n_train'] + data['n_validation']:,} training and {data['n_test']:,} test images"
    kinds = {"synthetic": "Synthetic stand-in data", emnist.REFERENCE_NAME: "EMNIST ByClass, reference split"}
    kind = kinds.get(data["name"], f"Data set {markdown.plain(data['name'])}")
    return f"{kind}: {what}; {seeds} per model; profile `{results['profile']}`.\n"


def status(provenance, changed, computed) -> str:
    """What a run was made with, from `provenance.json`; `changed` names the files of code that differ by now, `computed` says
    who computed its stored steps."""
    run = {name: provenance[name] for name in ("profile", "dataset", "executed")} | provenance["environment"]
    titles = {"dataset": "data"}
    facts = [[titles.get(name, name.replace("_", " ")), markdown.plain(str(value))] for name, value in run.items()]
    chapters = [
        [f"{{doc}}`/notebooks/{name}`", done["executed"], f"{done['seconds'] / 60:.1f}", f"`{done['git_commit']}`"]
        for name, done in provenance["chapters"].items()
    ]
    code = "The modules and the lock are those that the chapters were executed with."
    if changed:
        named = ", ".join(f"`{name}`" for name in changed)
        code = f"These files have changed since the chapters were executed: {named}."
    parts = [
        markdown.table(["", ""], facts, left=(0, 1)),
        "## Chapters\n",
        markdown.table(["Chapter", "Executed (UTC)", "Minutes", "Commit"], chapters, left=(0, 1, 3)),
        f"{_STATUS_NOTE}\n",
        f"{computed}\n",
        "## Code\n",
        f"{code}\n",
    ]
    return "\n".join(parts)
