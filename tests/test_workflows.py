"""The workflows that run the book unattended: pinned, limited in time and in what they may do."""

import re

import pytest
import yaml
from conftest import ROOT

from sixtytwo.report import command

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request):
    return yaml.safe_load(request.param.read_text())


def test_every_action_is_pinned_by_its_hash(workflow):
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action) for action in used)


def test_every_job_has_a_time_limit(workflow):
    limits = {"retrain": 350}  # the largest networks, eleven seeds each; a runner is stopped after 360
    assert all(job["timeout-minutes"] <= limits.get(name, 60) for name, job in workflow["jobs"].items())


def test_the_repository_is_only_read(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job.get("permissions", {}).get("contents", "read") == "read" for job in workflow["jobs"].values())


def test_checked_out_code_keeps_no_credentials(workflow):
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False


def test_make_targets_in_workflows_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for path in WORKFLOWS:
        assert set(re.findall(r"run: make ([a-z-]+)", path.read_text())) <= targets


def test_commands_of_the_package_in_workflows_exist(capsys):
    called = {name for path in WORKFLOWS for name in re.findall(r"sixtytwo\.report\.command (\w+)", path.read_text())}
    assert called
    for name in called:
        with pytest.raises(SystemExit) as ended:
            command.main([name, "--help"])
        assert ended.value.code == 0
