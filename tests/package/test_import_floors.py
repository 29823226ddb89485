"""The import floors hold, and a breach of each is seen."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.package import ROOT

MODULES = [
    "local/__init__.py",
    "recording/__init__.py",
    "recording/adapters/__init__.py",
    "recording/adapters/blob.py",
    "recording/chunks/archiving.py",
    "recording/bootstrap.py",
    "recording/core/__init__.py",
    "recording/core/blocks.py",
    "recording/core/errors.py",
    "recording/core/model/__init__.py",
    "recording/ports/",
    "recording/chunks/releasing.py",
    "recording/settings.py",
]
BREACHES = [
    ("recording/chunks/archiving.py", "from recording.adapters import blob", "use-cases"),
    ("recording/adapters/blob.py", "from recording import archiving", "floors"),
    ("recording/chunks/archiving.py", "from recording import bootstrap", "floors"),
    ("recording/settings.py", "from recording import bootstrap", "floors"),
    ("recording/ports/", "from recording import archiving", "floors"),
    ("recording/core/blocks.py", "from recording import ports", "floors"),
    ("recording/on_no_floor.py", "import re", "floors"),
    ("recording/core/model/__init__.py", "from recording.core import blocks", "core"),
    ("recording/core/blocks.py", "import time", "pure"),
    ("recording/core/blocks.py", "from pathlib import Path", "pure"),
    ("recording/core/blocks.py", "import os.path", "pure"),
    ("recording/core/blocks.py", "import logging", "pure"),
    ("recording/core/blocks.py", "import azure.core", "pure"),
    ("recording/chunks/archiving.py", "from azure.core.exceptions import AzureError", "azure"),
    ("recording/bootstrap.py", "import requests", "azure"),
    ("recording/bootstrap.py", "import local", "upwards"),
    ("recording/bootstrap.py", "import function_app", "upwards"),
]
ALLOWED = [
    ("recording/adapters/blob.py", "import azure.storage.blob, requests, awscrt"),
    ("recording/adapters/__init__.py", "import azure.core"),
    ("recording/bootstrap.py", "from recording.adapters import blob"),
    ("recording/core/blocks.py", "import hashlib, datetime, re"),
]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project in small, under the same contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in MODULES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def lint(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the project in `root`."""
    program = Path(sys.executable).with_name("lint-imports")
    command: list[str | Path] = [program, "--no-logo", "--no-cache", *options]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_project_keeps_its_floors() -> None:
    """Every contract is kept."""
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("path", "line", "contract"), BREACHES)
def test_a_breach_is_seen(small: Path, path: str, line: str, contract: str) -> None:
    """An import that goes up, aside or out breaks the contract made for it."""
    (small / path).write_text(line)
    result = lint(small, "--contract", contract)
    assert result.returncode == 1, result.stdout
    assert "1 broken" in result.stdout


@pytest.mark.parametrize(("path", "line"), ALLOWED)
def test_what_goes_down_is_free(small: Path, path: str, line: str) -> None:
    """Adapters reach Azure, bootstrap reaches adapters, the core what is pure in Python's library."""
    (small / path).write_text(line)
    result = lint(small)
    assert result.returncode == 0, result.stdout
