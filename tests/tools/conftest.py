"""An archive as it was downloaded, and tools/verify run on it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools.archives import archive, put_down
from tools.verify.cli import main

type Verify = Callable[..., Told]


class Told:
    """What the program said, by `--json`."""

    def __init__(self, code: int, out: str) -> None:
        self.code = code
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
        self.summary = self.lines[-1]
        recordings = [line for line in self.lines if line["kind"] == "recording"]
        self.states = {line["manifest"].split("/")[3]: line["state"] for line in recordings}
        self.problems = {each["name"]: each["problem"] for line in recordings for each in line["problems"]}
        self.beside = {line["name"]: line["problem"] for line in self.lines if line["kind"] in {"unnamed", "wrong"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The archive, on disk."""
    return put_down(archive(), tmp_path / "download")


@pytest.fixture
def verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Run it on that folder, with further options."""

    def run(*options: str) -> Told:
        code = main(["--json", *options, str(folder)])
        return Told(code, capsys.readouterr().out)

    return run
