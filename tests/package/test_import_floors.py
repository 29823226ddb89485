"""The import contracts hold, and each finds a breach."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.package import ROOT

APP = ROOT / "recording"
ROOMS = sorted(str(place.parent.relative_to(APP)) for place in APP.rglob("*/__init__.py"))
MODULES = [
    "adapters/blob",
    *sorted(str(place.relative_to(APP))[:-3] for place in APP.rglob("*.py") if place.name != "__init__.py"),
]
BREACHES = [
    ("recording/calls/__init__.py", "from recording import watch", "floors"),
    ("recording/watch/__init__.py", "from recording import events", "floors"),
    ("recording/chunks/archiving.py", "from recording.adapters import blob", "use-cases"),
    ("recording/adapters/blob.py", "from recording.chunks import archiving", "floors"),
    ("recording/chunks/archiving.py", "from recording import bootstrap", "floors"),
    ("recording/chunks/archiving.py", "from recording import calls", "floors"),
    ("recording/calls/__init__.py", "from recording import chunks", "floors"),
    ("recording/settings/__init__.py", "from recording import bootstrap", "floors"),
    ("recording/ports/__init__.py", "from recording.chunks import archiving", "floors"),
    ("recording/bootstrap/__init__.py", "from recording import entrypoints", "floors"),
    ("recording/core/blocks.py", "from recording import ports", "floors"),
    ("recording/telemetry/spans.py", "from recording.adapters import blob", "floors"),
    ("recording/on_no_floor.py", "import re", "floors"),
    ("recording/chunks/storing.py", "from recording.chunks import archiving", "chunks"),
    ("recording/events/taking.py", "from recording.events import receiving", "events"),
    ("recording/watch/dead_letters.py", "from recording.watch import replaying", "watch"),
    ("recording/watch/draining.py", "from recording import events", "floors"),
    ("recording/core/model/__init__.py", "from recording.core import blocks", "core"),
    ("recording/core/lifecycle/__init__.py", "from recording.core import formats", "core"),
    ("recording/core/formats/reading.py", "from recording.core.formats import events", "formats"),
    ("recording/core/blocks.py", "import time", "pure"),
    ("recording/core/blocks.py", "from pathlib import Path", "pure"),
    ("recording/core/blocks.py", "import os.path", "pure"),
    ("recording/core/blocks.py", "import logging", "pure"),
    ("recording/core/blocks.py", "import azure.core", "pure"),
    ("recording/chunks/archiving.py", "from azure.core.exceptions import AzureError", "azure"),
    ("recording/bootstrap/__init__.py", "import requests", "azure"),
    ("recording/bootstrap/__init__.py", "import local", "upwards"),
    ("recording/bootstrap/__init__.py", "import function_app", "upwards"),
]
ALLOWED = [
    ("recording/adapters/blob.py", "import azure.storage.blob, requests, awscrt"),
    ("recording/adapters/__init__.py", "import azure.core"),
    ("recording/entrypoints/__init__.py", "import azure.functions"),
    ("recording/bootstrap/__init__.py", "from recording.adapters import blob"),
    ("recording/events/taking.py", "from recording import calls, chunks, watch"),
    ("recording/watch/draining.py", "from recording import chunks, refusing"),
    ("recording/core/blocks.py", "import hashlib, datetime, re"),
]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A small project under the same contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in ("local/__init__", "recording/__init__", *(f"recording/{room}/__init__" for room in ROOMS)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.py").touch()
    for name in MODULES:
        (tmp_path / "recording" / f"{name}.py").touch()
    return tmp_path


def lint(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the project in `root`."""
    program = Path(sys.executable).with_name("lint-imports")
    command: list[str | Path] = [program, "--no-logo", "--no-cache", *options]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_project_keeps_its_floors() -> None:
    """No contract is broken."""
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("path", "line", "contract"), BREACHES)
def test_a_breach_is_seen(small: Path, path: str, line: str, contract: str) -> None:
    """An import upwards, sideways or outside breaks its contract."""
    (small / path).write_text(line)
    result = lint(small, "--contract", contract)
    assert result.returncode == 1, result.stdout
    assert "1 broken" in result.stdout


@pytest.mark.parametrize(("path", "line"), ALLOWED)
def test_what_goes_down_is_free(small: Path, path: str, line: str) -> None:
    """Adapters may import Azure, bootstrap adapters, and the core the pure part of the standard library."""
    (small / path).write_text(line)
    result = lint(small)
    assert result.returncode == 0, result.stdout
