"""The files that git tracks."""

import subprocess
from pathlib import Path

import pytest

from tools.package import ROOT


def tracked_files() -> list[Path]:
    """All of them, relative to the project's root; the test is skipped outside a checkout."""
    return [Path(name) for name in _list() if (ROOT / name).is_file()]


def tracked_links() -> list[str]:
    """The names of symbolic links among them; the test is skipped outside a checkout."""
    fields = (line.partition("\t") for line in _list("--stage"))
    return [name for mode, _, name in fields if mode.startswith("120000 ")]


def _list(*options: str) -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("git's list of files is missing: this folder is not a checkout")
    command = ["git", "ls-files", "-z", *options]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [line for line in result.stdout.split("\0") if line]
