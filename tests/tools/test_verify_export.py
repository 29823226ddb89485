"""tools/verify on the package of an export: what is wrong is named, also where the list of hashes was made to agree."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from recording.core.records.exporting import Rule
from tests.tools.archives import put_down
from tests.use_cases.exports import KEYS, archive, exported, of_ids
from tests.use_cases.world import World
from tools.verify.cli import main


@cache
def package(rule: Rule = Rule.WHOLE) -> Mapping[str, bytes]:
    """The files of a package."""
    world = World(settings=KEYS)
    archive(world, chunks=1)
    return exported(world, of_ids("r-1", rule=rule))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return put_down(package(), tmp_path)


def list_again(folder: Path) -> None:
    """Make the list of hashes agree with the files, as somebody would who changes both."""
    files = [
        {"path": name, "length": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not (name := path.relative_to(folder).as_posix()).startswith("hashes.json")
        for content in [path.read_bytes()]
    ]
    write_list(folder, json.dumps({"schema": "recording-export-hashes/1", "files": files}).encode())


def write_list(folder: Path, content: bytes) -> None:
    """The list, and the hash of it."""
    (folder / "hashes.json").write_bytes(content)
    (folder / "hashes.json.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  hashes.json\n")


def told(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code, and what is printed."""
    code = main([str(folder)])
    return code, capsys.readouterr().out


def test_a_package_is_proven(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(folder, capsys)
    assert (0, True) == (code, out.startswith("proven      2026/03/01/r-1/r-1.manifest.json: 1 chunk")), out
    assert out.endswith("All proven: 1 of 1 recording (1 chunk, 19.6 KiB)\n")


def test_it_runs_from_the_package_again_and_again(folder: Path) -> None:
    """What Python itself leaves beside the program is no file too many."""
    for _ in range(2):
        command = [sys.executable, "-I", "verify", "."]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert (0, "") == (done.returncode, done.stderr), done.stdout


def test_what_is_left_out_is_told_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And not counted: nothing says of it that it is proven."""
    code, out = told(put_down(package(Rule.METADATA_ONLY), tmp_path), capsys)
    assert (0, True) == (code, out.startswith("incomplete")), out
    assert "is left out: the export is of metadata alone" in out
    assert "All proven: 1 of 1 recording (0 chunks, 0 bytes), 1 incomplete" in out


def test_what_is_left_out_on_the_way_is_no_such_thing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The package says that it is there."""
    next((folder / "archive").rglob("*.wav")).unlink()
    list_again(folder)
    code, out = told(folder, capsys)
    assert (1, True) == (code, "0000-r-1-0.wav is missing" in out), out


def of_trail(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    """Change the lines of the trail."""

    def apply(folder: Path) -> None:
        trail = folder / "recordings" / "r-1" / "trail.jsonl"
        trail.write_bytes(b"".join(line + b"\n" for line in change(trail.read_bytes().splitlines())))

    return apply


BROKEN: Mapping[str, Callable[[Path], None]] = {
    "a changed act": of_trail(lambda lines: [lines[0].replace(b"Archived", b"Released"), *lines[1:]]),
    "a missing act": of_trail(lambda lines: [lines[0], *lines[2:]]),
    "exchanged acts": of_trail(lambda lines: [lines[1], lines[0], *lines[2:]]),
    "the first is missing": of_trail(lambda lines: lines[1:]),
    "no act": of_trail(lambda lines: [*lines, b"[]"]),
    "no JSON": of_trail(lambda lines: [*lines, b"x"]),
    "another recording's": lambda folder: void((folder / "recordings" / "r-1").rename(folder / "recordings" / "r-2")),
    "cut off": lambda folder: cut(folder / "recordings" / "r-1" / "trail.jsonl"),
}


def void(_: object) -> None:
    """Nothing."""


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("how", BROKEN)
def test_a_trail_that_is_broken_is_found_although_the_list_agrees(
    folder: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    BROKEN[how](folder)
    list_again(folder)
    code, out = told(folder, capsys)
    assert (1, True) == (code, "trail.jsonl is broken" in out), out


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"schema": "other"}',
        b'{"schema": "recording-export-hashes/1", "files": [{"path": "a", "length": 1, "sha256": "x"}]}',
    ],
)
def test_a_list_that_cannot_be_read(folder: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    write_list(folder, content)
    code, out = told(folder, capsys)
    assert (1, True) == (code, "NOT all proven: " in out), out


def test_contents_that_cannot_be_read_leave_nothing_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "contents.json").write_text('{"recordings": [5]}')
    list_again(folder)
    assert 0 == told(folder, capsys)[0]


def test_a_list_without_its_hash(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "hashes.json.sha256").unlink()
    code, out = told(folder, capsys)
    assert (1, True) == (code, "hashes.json cannot be checked" in out), out
