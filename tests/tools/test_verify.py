"""What tools/verify says of an archive as the app makes it, and how it runs."""

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from tests.tools.archives import (
    ALL,
    MEDIA,
    ONE,
    THREE,
    TWO,
    archive,
    change_manifest,
    change_the_last_byte,
    put_down,
)
from tests.tools.conftest import Verify
from tools.package import ROOT
from tools.verify.cli import main
from tools.verify.report import Progress

PROGRAM = ROOT / "tools" / "verify"


def test_an_archive_is_proven(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line per recording, the latest manifest of each, and the sum; nothing else."""
    assert 0 == main([str(folder)])
    size = len(archive()[MEDIA])
    told = (
        "proven      2026/03/01/one/one.manifest.json: 1 chunk, 31.3 KiB\n"
        "proven      2026/03/01/three/three.manifest-2.json: 3 chunks, 93.9 KiB\n"
        "proven      2026/03/01/two/two.manifest.json: 2 chunks, 62.6 KiB\n"
        "All proven: 3 of 3 recordings (6 chunks, 187.8 KiB)\n"
    )
    assert (told, "") == capsys.readouterr()
    assert 187.8 == round(6 * size / 1024, 1)


def test_an_archive_is_proven_for_a_program_to_read(verify: Verify) -> None:
    told = verify()
    size = len(archive()[MEDIA])
    assert (0, ALL, {}, {}) == (told.code, told.states, told.problems, told.beside)
    assert {
        "kind": "recording",
        "state": "proven",
        "manifest": f"{TWO}/two.manifest.json",
        "recordingId": "two",
        "chunks": 2,
        "length": 2 * size,
        "lacks": [],
        "doubts": [],
        "problems": [],
    } in told.lines
    assert {
        "kind": "summary",
        "isProven": True,
        "proven": 3,
        "incomplete": 0,
        "failed": 0,
        "unnamed": 0,
        "wrong": 0,
        "chunks": 6,
        "length": 6 * size,
    } == told.summary


def test_an_incomplete_recording_is_proven_as_far_as_it_goes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told, with what it lacks, and is no failure: nothing is wrong with the download."""
    for name in archive():
        if not name.startswith(THREE) or "three-1" in name or "manifest-2" in name:
            (folder / name).unlink()

    assert 0 == main([str(folder)])
    assert (
        "incomplete  2026/03/01/three/three.manifest.json: 2 chunks, 62.6 KiB\n"
        "            lacks: chunk 1 was never announced\n"
        "All proven: 1 of 1 recording (2 chunks, 62.6 KiB), 1 incomplete\n"
    ) == capsys.readouterr().out


def test_doubts_of_a_manifest_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_manifest(folder / ONE / "one.manifest.json", lambda fields: fields.update(doubts=["it is short\x1b[2J"]))

    assert 0 == main([str(folder)])
    assert "            in doubt: 'it is short\\x1b[2J'\n" in capsys.readouterr().out


def test_a_name_that_no_terminal_should_see_is_spelt_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a\x1b[2J\udcff").touch()

    assert 1 == main([str(folder)])
    assert "unnamed     'a\\x1b[2J\\udcff' is named by no manifest\n" in capsys.readouterr().out


def test_the_document_shows_what_it_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The example of docs/verify.md is what the program prints of such a download."""
    (folder / THREE / "three.manifest-2.json").unlink()
    for name in ("0001-three-1", "0001-three-1.metadata.json"):
        (folder / THREE / name).unlink()
    change_the_last_byte(folder / TWO / "0001-two-1")
    put_down({"notes.txt": b""}, folder)
    assert 1 == main([str(folder)])

    example = (ROOT / "docs" / "verify.md").read_text().split("```")[3].strip()
    assert example == capsys.readouterr().out.strip()


def test_one_file_is_proven_by_its_digest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digest = json.loads(archive()[f"{ONE}/one.manifest.json"])["chunks"][0]["digest"]
    path = folder / MEDIA
    command = ["--media", str(path), "--digest", digest["value"].upper(), "--block-size", str(digest["blockSize"])]

    assert (0, f"proven      {path}: 31.3 KiB\n") == (main(command), capsys.readouterr().out)
    change_the_last_byte(path)
    assert 1 == main(command)
    assert f"FAILED      {path} holds other bytes" in capsys.readouterr().out


# --- how it runs ---


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nowhere"],
        ["empty"],
        ["file"],
        ["--digest", "0" * 64],
        ["--media", "file"],
        ["--media", "file", "--digest", "0" * 64, "--block-size", "0"],
        ["--media", "file", "--digest", "0" * 63, "--block-size", "1"],
        ["--media", "nowhere", "--digest", "0" * 64, "--block-size", "1"],
        ["empty", "--media", "file", "--digest", "0" * 64, "--block-size", "1"],
    ],
)
def test_what_cannot_be_looked_at_has_an_exit_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """A folder without a manifest too: an empty download is not a proven one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    try:
        code: object = main(arguments)
    except SystemExit as exit_:
        code = exit_.code

    out, err = capsys.readouterr()
    assert (2, "", True) == (code, out, len(err) > 0)


def test_a_folder_that_is_not_the_top_of_the_container_is_pointed_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong in (folder.parent, folder / "2026"):
        assert 1 == main([str(wrong)])
        assert "hint: DIR must be the container's top" in capsys.readouterr().err


def test_it_runs_with_every_python_from_3_10_on(folder: Path) -> None:
    """With each that is on PATH: isolated from all that is installed, and from the project."""
    pythons = [sys.executable, *filter(None, (shutil.which(f"python3.{minor}") for minor in range(10, 15)))]
    for python in pythons:
        if run_python(python, "-c", "").returncode:
            continue  # a name without a Python behind it
        ended = run_python(python, PROGRAM, folder)
        assert (0, "") == (ended.returncode, ended.stderr)
        assert ended.stdout.endswith("All proven: 3 of 3 recordings (6 chunks, 187.8 KiB)\n")


def test_it_runs_from_a_copy_of_its_folder_alone(folder: Path, tmp_path: Path) -> None:
    """Under another name too."""
    copied = shutil.copytree(PROGRAM, tmp_path / "prove")

    assert 0 == run_python(sys.executable, copied, folder).returncode
    (folder / MEDIA).unlink()
    assert 1 == run_python(sys.executable, copied, folder).returncode


def run_python(python: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a Python that sees its own standard library and no more, and makes no warning light of."""
    command = [python, "-I", "-S", "-B", "-W", "error", *arguments]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)


def test_it_needs_the_standard_library_of_python_3_10_alone() -> None:
    """In syntax and imports; ruff holds the rest to it."""
    imported = set()
    for path in PROGRAM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(), feature_version=(3, 10))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(str(node.module).split(".")[0])
    assert set() == imported - sys.stdlib_module_names
    settings = (ROOT / "pyproject.toml").read_text()
    assert '"tools/verify/*" = "py310"' in settings


def test_an_interrupted_run_says_that_it_proved_nothing_of_the_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tools.verify.proving.digest_of", interrupt)
    assert 130 == main([str(folder)])
    assert ("", "\nstopped before the end: nothing is said of the rest\n") == capsys.readouterr()


def test_memory_does_not_grow_with_a_file(tmp_path: Path) -> None:
    """48 MiB are read in less than 4."""
    size, block_size = 48 << 20, 6 << 20
    path = tmp_path / "media"
    path.touch()
    os.truncate(path, size)
    digest = hashlib.sha256(hashlib.sha256(bytes(block_size)).digest() * (size // block_size)).hexdigest()
    tracemalloc.start()
    try:
        assert 0 == main(["--media", str(path), "--digest", digest, "--block-size", str(block_size)])
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_long_work_tells_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error: a line now and then, or on a terminal one line that gives way to the next that is printed."""
    in_lines, in_place = (Progress(place, every=0, total=3, finished=1) for place in (False, True))
    in_lines.on_listed(1)
    in_lines.on_read(3 << 20)
    in_lines.clear()
    assert ("", "... 1 file listed\n... recording 2 of 3, 3.0 MiB read\n") == capsys.readouterr()

    in_place.on_read(5)
    in_place.clear()
    in_place.clear()
    told = [each.strip() for each in capsys.readouterr().err.split("\r")]
    assert ["", "... recording 2 of 3, 5 bytes read", "", ""] == told
    Progress(is_in_place=False, every=3600).on_read(1)
    assert ("", "") == capsys.readouterr()
