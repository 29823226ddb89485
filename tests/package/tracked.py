"""The files that git tracks."""

import subprocess
from pathlib import Path

import pytest

from tools.package import ROOT


def tracked_files() -> list[Path]:
    """All of them, relative to the project's root; the test is skipped outside a checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("git's list of files is missing: this folder is not a checkout")
    result = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in result.stdout.split("\0") if name and (ROOT / name).is_file()]
