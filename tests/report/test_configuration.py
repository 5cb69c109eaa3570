"""What every page says about the run it comes from, and where it links to."""

import pytest

from sixtytwo.report.configuration import configuration

PROVENANCE = {
    "profile": "paper",
    "dataset": "emnist-byclass",
    "executed": "2026-01-02T03:04:05Z",
    "environment": {"git_commit": "abc"},
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"profile": "draft"}, "preliminary"),
        ({"profile": "smoke", "dataset": "synthetic"}, "synthetic"),
        ({"dataset": "/data/<kuzushiji>"}, "Not the paper&#x27;s data: &lt;kuzushiji&gt;."),
    ],
)
def test_banner_unless_full_run_on_the_papers_data(changes, words):
    banner = configuration(PROVENANCE | changes)["html"].get("announcement")
    assert (words is None and banner is None) or words in banner


def test_footer_names_profile_data_commit_and_date():
    footer = configuration(PROVENANCE)["html"]["extra_footer"]
    assert all(word in footer for word in ("paper", "emnist-byclass", "abc", "2026-01-02"))


def test_links_to_the_repository_only_if_its_address_is_known(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    without = configuration(PROVENANCE)
    assert without["repository"] == {"url": ""} and "launch_buttons" not in without
    monkeypatch.setenv("GITHUB_REPOSITORY", "someone/a-book")
    config = configuration(PROVENANCE)
    assert config["repository"]["url"].endswith("/someone/a-book") and config["html"]["use_edit_page_button"]
    assert config["html"]["baseurl"] == "https://someone.github.io/a-book/"
