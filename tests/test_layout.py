"""The code stays in small parts, and what pages say about it is there."""

import ast
import re

import pytest
from conftest import ROOT

MODULES = sorted((ROOT / "src").rglob("*.py"))
TEXTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile", "_config.yml", "pyproject.toml")]
for folder, suffixes in (("book", ("md", "yml", "js", "css")), ("notebooks", ("ipynb", "yaml")), (".github", ("yml",))):
    TEXTS += [path for suffix in suffixes for path in (ROOT / folder).rglob(f"*.{suffix}") if "reference" not in path.parts]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_modules_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions if node.end_lineno - node.lineno >= 50] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_text_says_about_the_code_is_there(path):
    """Paths below src/ and dotted names of the package, in pages, notebooks, workflows and settings."""
    text = path.read_text(encoding="utf-8")
    named = {f"src/{name.rstrip('.')}" for name in re.findall(r"\bsrc/([\w./]+)", text)}
    named |= {f"src/{name.replace('.', '/')}" for name in re.findall(r"(?<![/\w])(sixtytwo(?:\.[a-z_]+)+)", text)}
    missing = [name for name in named if not any((ROOT / f"{name}{suffix}").exists() for suffix in ("", ".py"))]
    assert missing == []
