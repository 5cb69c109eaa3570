"""Builds the HTML of a run: stages pages and executed notebooks, runs Jupyter Book strictly, checks what came out.

    python -m publish --execute --profile smoke    # `make book`: executes what has changed, then _build/smoke/html
    python -m publish --site                       # `make site`: the published run in book/reference, _build/site/html
    python -m publish --readme                     # write the published results into README.md

Prose, captions and tags come from `notebooks/`; outputs come from the executed copies, whose code must be the same.
"""

import argparse
import base64
import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import onnx
import yaml

import cost
import drawing
import emnist
import execute
import store
import verdicts
from palette import colour

ROOT = store.ROOT
RUNTIME = Path(sys.prefix) / "node_modules" / "onnxruntime-web" / "dist"  # installed by make, from package-lock.json
RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
SHOWN_AGAIN = ("fig-answer", "fig-pareto")  # figures of chapters that other pages include
NO_FINDINGS = "A reduced run or other data decide nothing about the paper: the findings come with the full run.\n"
README_MARKS = ("<!-- results: written by `python -m publish --readme` -->", "<!-- end of results -->")


class PublishError(execute.RunError):
    """The site cannot be built or must not be published; the message says why and what to do."""


# --- pages -------------------------------------------------------------------------------------------------------


def merge(source, executed, name):
    """A page from a source notebook (prose, captions, tags) and its executed copy (outputs, injected parameters).

    Raises PublishError if their code cells differ: outputs must come from the code that is shown.
    """
    ran = [cell for cell in executed.cells if cell.cell_type == "code"]
    injected = [cell for cell in ran if "injected-parameters" in cell.metadata.get("tags", [])]
    ran = [cell for cell in ran if cell not in injected]
    shown = [cell for cell in source.cells if cell.cell_type == "code"]
    if [cell.source for cell in shown] != [cell.source for cell in ran]:
        raise PublishError(f"the code of {name} has changed since it was executed: execute it again.")
    outputs = iter(ran)
    page = nbformat.from_dict(source)
    page.metadata["book"] = executed.metadata["book"]
    cells = []
    for cell in page.cells:
        cells.append(cell)
        if cell.cell_type != "code":
            continue
        done = next(outputs)
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
        if "parameters" in cell.metadata.get("tags", []) and injected:
            cell.metadata["tags"] = [*cell.metadata["tags"], "hide-input"]
            cells += injected
        if "hide-input" in cell.metadata.get("tags", []):
            shown = cell.metadata.setdefault("mystnb", nbformat.from_dict({}))
            shown["code_prompt_show"] = shown["code_prompt_hide"] = prompt(cell)
    page.cells = cells
    return page


def prompt(cell) -> str:
    """What a folded code cell does, for the line that unfolds it."""
    if "parameters" in cell.metadata["tags"]:
        return "Parameters, to change when you run it yourself"
    if decided := sorted(set(re.findall(r'"([CR]\d\d)"', cell.source))):
        return "The code that decides " + ", ".join(decided)
    kind = "figure" if "image/png" in str(cell.outputs) else "table" if "text/html" in str(cell.outputs) else "step"
    return f"The code of this {kind}"


def figures(page) -> dict[str, bytes]:
    """The figures of an executed chapter as PNG, by name, for pages that show them again."""
    found = {}
    for cell in page.cells:
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                found[name] = base64.b64decode(output.data["image/png"])
    return found


def headline(results) -> str:
    """The main results as a Markdown table, from `results.json`."""
    lines = ["| Model | Accuracy (95% interval) | Paper's | Parameters |", "|---|--:|--:|--:|"]
    for model in results["models"].values():
        accuracies = [run["test"]["accuracy"] for run in model["runs"]]
        low, high = model["accuracy_interval"]
        paper = model.get("paper", {}).get("accuracy")
        lines.append(
            f"| {model['title']} | {sum(accuracies) / len(accuracies):.3f} ({low:.3f} to {high:.3f}) "
            f"| {'' if paper is None else f'{paper:.2f}'} | {model['parameters']:,} |"
        )
    return "\n".join(lines) + "\n\n" + _about(results)


def comparison(results, limits) -> str:
    """What each model gives and costs, as a Markdown table, from `results.json` and `07_limits.json`."""
    heads = [
        "Model",
        "Accuracy",
        "Balanced",
        "Worse images",
        "Parameters",
        "File, MB",
        "One image, ms",
        "Batch, ms",
        "Training, min",
    ]
    lines = ["| " + " | ".join(heads) + " |", "|---" + "|--:" * (len(heads) - 1) + "|"]
    for key, model in results["models"].items():
        runs, latency = model["runs"], model["latency_ms"] or {}
        cells = [
            model["title"],
            *(f"{sum(run['test'][name] for run in runs) / len(runs):.3f}" for name in ("accuracy", "balanced_accuracy")),
            f"{limits[key]['robust_accuracy']:.3f}" if key in limits else "",
            f"{model['parameters']:,}",
            f"{model['onnx_bytes'] / 1e6:.1f}" if model["onnx_bytes"] else "",
            *(f"{latency[name]:.2g}" if latency else "" for name in ("one", "batch")),
            f"{model['cpu_minutes']:.1f}" if model["cpu_minutes"] else "",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n" + _about(results)


def _about(results):
    data, seeds = results["data"], {len(model["runs"]) for model in results["models"].values()}
    seeds = f"{min(seeds)} to {max(seeds)} seeds" if len(seeds) > 1 else f"{max(seeds)} seed{'s' if max(seeds) > 1 else ''}"
    what = f"{data['n_train'] + data['n_validation']:,} training and {data['n_test']:,} test images"
    kinds = {"synthetic": "Synthetic stand-in data", emnist.REFERENCE_NAME: "EMNIST ByClass, reference split"}
    kind = kinds.get(data["name"], f"Data set {data['name']}")
    return f"{kind}: {what}; {seeds} per model; profile `{results['profile']}`.\n"


def drawing_page(run_folder, results, folder) -> None:
    """Put what the drawing page loads into `folder`: the runtime, the preprocessing, the models of the run, `draw.json`.

    Raises PublishError if the runtime is not installed.
    """
    for name in RUNTIME_FILES:
        if not (RUNTIME / name).exists():
            raise PublishError(f"the drawing page needs {RUNTIME / name}: delete .venv/ready and run make again.")
        shutil.copy(RUNTIME / name, folder)
    onnx.save(drawing.graph(), folder / "drawing.onnx")
    models = []
    for key, model in results["models"].items():
        file = run_folder / "models" / f"{key}.onnx"
        if file.exists():
            shutil.copy(file, folder)
            models.append({"key": key, "title": model["title"], "file": file.name, "colour": colour(key)})
    classes = results["data"]["class_names"]
    look_alikes = [list(group) for group in emnist.LOOK_ALIKES if set(group) <= set(classes)]
    settings = {"classes": classes, "look_alikes": look_alikes, "models": models}
    (folder / "draw.json").write_text(json.dumps(settings))


def _status(provenance, changed):
    environment = provenance["environment"]
    rows = [("profile", provenance["profile"]), ("data", provenance["dataset"]), ("executed", provenance["executed"])]
    rows += [(name.replace("_", " "), value) for name, value in environment.items()]
    lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), ""]
    lines += ["## Chapters", "", "| Chapter | Executed (UTC) | Minutes | Commit |", "|---|---|--:|---|"]
    for name, chapter in provenance["chapters"].items():
        minutes = chapter["seconds"] / 60
        lines.append(f"| {{doc}}`/notebooks/{name}` | {chapter['executed']} | {minutes:.1f} | `{chapter['git_commit']}` |")
    lines += [
        "",
        "Machine and minutes are those of the last execution; steps from the store took none of them and name their own machine.",
        "",
    ]
    lines += ["## Code", ""]
    if changed:
        lines.append(
            "These files have changed since the chapters were executed: " + ", ".join(f"`{name}`" for name in changed) + "."
        )
    else:
        lines.append("The modules and the lock are those that the chapters were executed with.")
    return "\n".join(lines) + "\n"


def _banner(provenance):
    """A warning, unless this is the full run on real data."""
    if provenance["dataset"] == "synthetic":
        return "Smoke run on synthetic characters: these numbers say nothing about handwriting."
    if provenance["dataset"] != "emnist-byclass":
        return f"Not the paper's data: {Path(provenance['dataset']).name}. Nothing here is compared with the paper."
    if provenance["profile"] != "paper":
        return f"A {provenance['profile']} run: real data, but reduced training. The numbers are preliminary."
    return None


def _footer(provenance):
    facts = (provenance["profile"], provenance["dataset"], provenance["environment"]["git_commit"], provenance["executed"][:10])
    text = "Profile {} · data {} · commit {} · executed {}".format(*map(html.escape, facts))
    return f'<p class="provenance">{text} · Text CC BY 4.0, code MIT.</p>'


# --- building ----------------------------------------------------------------------------------------------------


def stage(run_folder, folder) -> None:
    """Lay out everything that Jupyter Book reads in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "book", folder / "book", ignore=shutil.ignore_patterns("reference", ".reference-*", "unfinished"))
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__", "*.npz"))
    (folder / "notebooks").mkdir()
    (folder / "_toc.yml").write_text(yaml.safe_dump(contents(run_folder), sort_keys=False))
    pictures = {}
    for path in execute.chapters():
        if f"notebooks/{path.stem}.html" not in pages(folder):
            continue
        executed = run_folder / "notebooks" / path.name
        if not executed.exists():
            raise PublishError(f"{executed.relative_to(ROOT)} is missing: execute {path.stem} first.")
        done = nbformat.read(executed, as_version=4)
        if found := execute.problems(done):
            raise PublishError(f"{executed.relative_to(ROOT)} must not be published: {'; '.join(found)}.")
        page = merge(nbformat.read(path, as_version=4), done, path.name)
        nbformat.write(page, folder / "notebooks" / path.name)
        pictures |= figures(page)
    if not (run_folder / "provenance.json").exists():
        raise PublishError(f"the run in {run_folder} was not finished: execute it again.")
    provenance = json.loads((run_folder / "provenance.json").read_text())
    now = execute.source_digests()
    changed = [name for name, found in now.items() if provenance["sources"].get(name) != found]
    generated = folder / "book" / "_generated"
    generated.mkdir()
    found, limits = (json.loads((run_folder / f"{name}.json").read_text()) for name in ("results", "07_limits"))
    (generated / "headline.md").write_text(headline(found))
    (generated / "comparison.md").write_text(comparison(found, limits))
    judged = verdicts.gather(run_folder)
    (generated / "verdict_counts.md").write_text(verdicts.summary(judged))
    findings = (ROOT / "book" / "findings.md").read_text() if _banner(provenance) is None else NO_FINDINGS
    (generated / "findings.md").write_text(findings)
    (generated / "verdicts.md").write_text(verdicts.page(judged))
    (generated / "status.md").write_text(_status(provenance, changed))
    for name in SHOWN_AGAIN:
        (generated / f"{name}.png").write_bytes(pictures[name])
    (generated / "scale_plan.md").write_text(cost.plan(found))
    for name, table in cost.tables().items():
        (generated / f"cost_{name}.md").write_text(table)
    drawing_page(run_folder, found, folder / "book" / "_static" / "draw")
    (folder / "_config.yml").write_text(yaml.safe_dump(configuration(provenance), sort_keys=False, allow_unicode=True))


def contents(run_folder) -> dict:
    """The table of contents: `_toc.yml`, and the notebooks of a reader's own that this run has executed."""
    toc, listed = yaml.safe_load((ROOT / "_toc.yml").read_text()), pages()
    own = [path.stem for path in execute.chapters() if f"notebooks/{path.stem}.html" not in listed]
    own = [{"file": f"notebooks/{name}"} for name in own if (run_folder / "notebooks" / f"{name}.ipynb").exists()]
    return toc | {"parts": [*toc["parts"], {"caption": "Your own", "chapters": own}]} if own else toc


def configuration(provenance) -> dict:
    """`_config.yml` with footer, banner and, if the public address is known, the links to it."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    config["html"]["extra_footer"] = _footer(provenance)
    if banner := _banner(provenance):
        config["html"]["announcement"] = html.escape(banner)
    if repository := os.environ.get("GITHUB_REPOSITORY"):
        config["repository"]["url"] = f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}"
    if config["repository"]["url"]:
        owner, name = config["repository"]["url"].rstrip("/").split("/")[-2:]
        config["html"]["baseurl"] = f"https://{owner}.github.io/{name}/"
        config["html"] |= {"use_repository_button": True, "use_edit_page_button": True, "use_issues_button": True}
        config["launch_buttons"] = {"colab_url": "https://colab.research.google.com", "binderhub_url": "https://mybinder.org"}
    else:
        config["repository"] = {"url": ""}
    return config


def build(run_folder, name) -> bool:
    """Build the site of a run into `_build/<name>/html`; False if it was up to date. Raises PublishError."""
    work = ROOT / "_build" / name
    stage(run_folder, work / "stage")
    inputs = store.digest(
        {str(p.relative_to(work)): store.file_digest(p) for p in sorted((work / "stage").rglob("*")) if p.is_file()}
        | {"requirements.lock": store.file_digest(ROOT / "requirements.lock")}
    )
    target, mark = work / "html", work / "site.json"
    if target.exists() and mark.exists() and json.loads(mark.read_text())["inputs"] == inputs:
        return False
    mark.unlink(missing_ok=True)
    command = [Path(sys.executable).with_name("jupyter-book"), "build", work / "stage", "--path-output", work / "sphinx"]
    shutil.rmtree(work / "sphinx", ignore_errors=True)
    done = subprocess.run(
        [*command, "-n", "-W", "--keep-going", "--quiet"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    built = work / "sphinx" / "_build" / "html"
    if done.returncode:
        raise PublishError(f"Jupyter Book failed:\n{done.stdout.strip()}")
    if missing := [page for page in pages(work / "stage") if not (built / page).exists()]:
        raise PublishError(f"Jupyter Book succeeded but wrote no {', '.join(missing)}; is it version 1 (pip list)?")
    old = work / "html-old"
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    built.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    store.write_json(mark, {"inputs": inputs})
    return True


def pages(folder=ROOT) -> list[str]:
    """The HTML files that the table of contents in `folder` promises."""
    return ["index.html", *(f"{name}.html" for name in execute.listed_pages(folder))]


def write_readme() -> None:
    """Put the published results between the marks in README.md."""
    text = (ROOT / "README.md").read_text()
    if not all(text.count(mark) == 1 for mark in README_MARKS):
        raise PublishError(f"README.md must have each of the lines {' and '.join(README_MARKS)} once.")
    before, rest = text.split(README_MARKS[0])
    after = rest.split(README_MARKS[1])[1]
    table = headline(json.loads((execute.REFERENCE / "results.json").read_text()))
    store.write_text(ROOT / "README.md", f"{before}{README_MARKS[0]}\n\n{table}\n{README_MARKS[1]}{after}")


def main(arguments=None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="publish", description="Build the HTML of a run.")
    parser.add_argument("--profile", choices=execute.PROFILES, default="smoke")
    parser.add_argument("--execute", action="store_true", help="first execute the chapters that have changed")
    parser.add_argument("--data", default="auto")
    parser.add_argument("--site", action="store_true", help="the published run instead of a profile")
    parser.add_argument("--readme", action="store_true", help="only write the published results into README.md")
    options = parser.parse_args(arguments)
    name = "site" if options.site else options.profile

    def command():
        with execute.alone():
            if options.readme:
                return write_readme()
            if options.execute:
                execute.run(options.profile, options.data)
            fresh = build(execute.REFERENCE if options.site else ROOT / "_build" / name, name)
        print(f"{'built' if fresh else 'unchanged'}: {Path('_build') / name / 'html' / 'index.html'}")

    unchanged = "What was finished is stored, and the site that was there before is unchanged."
    return execute.exit_status(command, interrupted=unchanged)


if __name__ == "__main__":
    sys.exit(main())
