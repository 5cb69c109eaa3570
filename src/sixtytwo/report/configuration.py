"""`_config.yml` as a run needs it: where it came from on every page, and the links to the public address if there is one."""

import html
import os
from pathlib import Path

import yaml

from sixtytwo.base import paths


def configuration(provenance) -> dict:
    """`_config.yml` with footer, banner and, if the public address is known, the links to it."""
    config = yaml.safe_load((paths.ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["html"]["extra_footer"] = _footer(provenance)
    if warning := banner(provenance):
        config["html"]["announcement"] = html.escape(warning)
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


def banner(provenance) -> str | None:
    """A warning for the top of every page; None for the full run on real data."""
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
