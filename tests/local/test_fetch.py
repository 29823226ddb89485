"""`python -m local.fetch`: a blob of the stack that runs, or of the account that is named."""

import os
from pathlib import Path

import pytest

from local import fetch


def test_without_a_stack_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ARCHIVE_STORAGE", raising=False)
    monkeypatch.setattr(fetch, "folder_for", lambda *_: tmp_path / "up")

    assert 1 == fetch.main("recordings", "a-blob", os.devnull)
    assert "make up starts one" in capsys.readouterr().err
