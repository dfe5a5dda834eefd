"""Examples run: those in docstrings of the installed package, of the README and of the pages in docs."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import hierfast
from hierfast.schemes.table import pairs_table

README = Path(__file__).parents[1] / "README.md"
MODULES = sorted(m.name for m in pkgutil.walk_packages(hierfast.__path__, "hierfast."))


@pytest.mark.parametrize("name", ["hierfast", *MODULES])
def test_docstrings(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert result.failed == 0


@pytest.mark.parametrize("name", hierfast.__all__)
def test_every_public_name_has_an_example(name):
    assert ">>> " in (getattr(hierfast, name).__doc__ or "")


PAGES = [README, *sorted((README.parent / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages(page, capsys):
    pattern = r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?"
    blocks = re.findall(pattern, page.read_text("utf-8"), re.DOTALL | re.M)
    assert any(printed for _, printed in blocks)
    names = {}
    for block, printed in blocks:
        exec(compile(block, str(page), "exec"), names)
        said = capsys.readouterr().out
        assert said.split() == printed.split() or not printed


def test_readme_shows_the_table_of_pairs():
    assert pairs_table() in README.read_text("utf-8")


def test_readme_begins_with_the_two_commands():
    commands = [line.strip() for line in README.read_text("utf-8").splitlines()[:6]]
    assert commands[2:4] == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/hierfast",
        "python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/pytest",
    ]
