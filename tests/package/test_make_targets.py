"""Every make target that documents and the help name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")], ids=lambda path: path.name)
def test_each_make_line_names_a_target(path: Path) -> None:
    """In code spans and code blocks."""
    told = re.findall(r"(?:^|`)make ([a-z][a-z-]*)", path.read_text(), re.MULTILINE)
    assert set() == set(told) - TARGETS


def test_the_help_lists_every_target() -> None:
    """It lists only targets, all but `help` and the first step of `make infra`."""
    recipe = (ROOT / "Makefile").read_text().partition("help:\n")[2].partition("\n\n")[0]
    told = set(re.findall(r"make ([a-z][a-z-]*)", recipe))
    assert {"help", "infra-lint"} == TARGETS - told
    assert set() == told - TARGETS
