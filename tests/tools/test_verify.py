"""tools/verify over a folder: an archive as the app makes it is proven, and each damage is told for what it is."""

import ast
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools.archives import ONE, THREE, TWO, archive, put_down
from tools.package import ROOT
from tools.verify.cli import main
from tools.verify.digests import Readable, digest_of
from tools.verify.report import Progress

PROGRAM = ROOT / "tools" / "verify"
MEDIA = {"one": f"{ONE}/0000-one-0", "two": f"{TWO}/0000-two-0", "three": f"{THREE}/0001-three-1"}
METADATA = f"{MEDIA['one']}.metadata.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive as it was downloaded."""
    return put_down(archive(), tmp_path / "download")


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
def verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Run it on the folder."""

    def run(*options: str) -> Told:
        code = main(["--json", *options, str(folder)])
        return Told(code, capsys.readouterr().out)

    return run


ALL = {"one": "proven", "two": "proven", "three": "proven"}


def test_an_archive_is_proven(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line per recording, the latest manifest of each, and the sum; nothing else."""
    assert 0 == main([str(folder)])
    size = len(archive()[MEDIA["one"]])
    told = (
        "proven      2026/03/01/one/one.manifest.json: 1 chunk, 31.3 KiB\n"
        "proven      2026/03/01/three/three.manifest-2.json: 3 chunks, 93.9 KiB\n"
        "proven      2026/03/01/two/two.manifest.json: 2 chunks, 62.6 KiB\n"
        "All proven: 3 of 3 recordings (6 chunks, 187.8 KiB)\n"
    )
    assert (told, "") == capsys.readouterr()
    assert 187.8 == round(6 * size / 1024, 1)


def test_an_archive_is_proven_for_a_program_to_read(verify: Callable[..., Told]) -> None:
    told = verify()
    size = len(archive()[MEDIA["one"]])
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


# --- damage to one file; each is told of that file alone, and the other recordings are proven ---


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def lengthen(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"\0")


def change_the_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def swap_two_blocks(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[4096:8192] + content[:4096] + content[8192:])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def link_to_the_same_bytes(path: Path) -> None:
    path.symlink_to(path.rename(path.parent.parent.parent / "elsewhere"))


def link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def make_a_folder_of_it(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_a_pipe_of_it(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("name", [MEDIA["one"], METADATA], ids=["media", "metadata"])
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (cut, "bytes in place of"),
        (lengthen, "bytes in place of"),
        (empty, "has 0 bytes in place of"),
        (change_the_last_byte, "holds other bytes: their digest is"),
        (Path.unlink, "is missing"),
        (make_a_folder_of_it, "is missing"),
        (link_to_the_same_bytes, "is a symbolic link"),
        (link_to_itself, "is a symbolic link"),
        (make_a_pipe_of_it, "is neither a file nor a folder"),
    ],
)
def test_a_damaged_file_is_told(
    folder: Path, verify: Callable[..., Told], name: str, damage: Callable[[Path], None], problem: str
) -> None:
    damage(folder / name)

    told = verify("--allow-unnamed")
    assert (1, ALL | {"one": "failed"}) == (told.code, told.states)
    assert [name] == list(told.problems)
    assert problem in told.problems[name]


def test_swapped_blocks_are_told(folder: Path, verify: Callable[..., Told]) -> None:
    swap_two_blocks(folder / MEDIA["one"])

    told = verify()
    assert (1, "failed", [MEDIA["one"]]) == (told.code, told.states["one"], list(told.problems))


def test_swapped_chunks_are_told(folder: Path, verify: Callable[..., Told]) -> None:
    """They are of equal length; both are named."""
    first, second = folder / TWO / "0000-two-0", folder / TWO / "0001-two-1"
    between = first.rename(folder / "between")
    second.rename(first)
    between.rename(second)

    told = verify()
    assert (1, ALL | {"two": "failed"}) == (told.code, told.states)
    assert {f"{TWO}/0000-two-0", f"{TWO}/0001-two-1"} == set(told.problems)
    assert all("holds other bytes" in problem for problem in told.problems.values())


def test_a_file_that_fails_to_be_read_is_told(verify: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a mount whose network is gone; the next one is tried."""

    def fail_media(stream: Readable, block_size: int | None, on_read: Callable[[int], None]) -> str:
        if block_size is None:
            return digest_of(stream, block_size, on_read)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("tools.verify.proving.digest_of", fail_media)
    told = verify()
    assert (1, dict.fromkeys(ALL, "failed")) == (told.code, told.states)
    assert {"cannot be read: Input/output error"} == set(told.problems.values())
    assert 6 == len(told.problems)


def test_a_folder_that_fails_to_be_listed_is_told(
    folder: Path, verify: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in it cannot be known, and is not passed over."""
    list_any = os.scandir

    def list_others(path: Path) -> object:
        if path == folder / THREE:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return list_any(path)

    monkeypatch.setattr("tools.verify.listing.os.scandir", list_others)
    told = verify()
    assert (1, {"one": "proven", "two": "proven"}) == (told.code, told.states)
    assert {f"{THREE}/": "cannot be listed: Permission denied"} == told.beside


# --- what stands beside ---


def test_a_file_that_no_manifest_names_is_told_and_a_failure_unless_allowed(
    folder: Path, verify: Callable[..., Told]
) -> None:
    """A recording whose manifest was lost would go unseen otherwise."""
    put_down({"readme.txt": b"", f"{ONE}/0000-one-0.metadata-2.json": b"{}"}, folder)
    (folder / TWO / "two.manifest.json").unlink()
    unnamed = {"readme.txt", f"{ONE}/0000-one-0.metadata-2.json"} | {name for name in archive() if "two-" in name}

    told, allowed = verify(), verify("--allow-unnamed")
    assert (1, 0) == (told.code, allowed.code)
    assert dict.fromkeys(unnamed, "is named by no manifest") == told.beside == allowed.beside
    assert {"one": "proven", "three": "proven"} == told.states == allowed.states


def test_a_linked_folder_is_told_and_not_followed(folder: Path, verify: Callable[..., Told]) -> None:
    """Not even one that leads to the very bytes."""
    (folder / ONE).rename(folder.parent / "one")
    (folder / ONE).symlink_to(folder.parent / "one")
    (folder / "loop").symlink_to(folder)

    told = verify()
    assert (1, {"two": "proven", "three": "proven"}) == (told.code, told.states)
    assert dict.fromkeys((ONE, "loop"), "is a symbolic link; it is not followed") == told.beside


# --- manifests ---


def change(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    fields = json.loads(path.read_bytes())
    change(fields)
    path.write_text(json.dumps(fields))


def test_a_manifest_that_says_another_digest_is_told_at_the_file(folder: Path, verify: Callable[..., Told]) -> None:
    change(folder / ONE / "one.manifest.json", lambda fields: fields["chunks"][0]["digest"].update(blockSize=4095))

    told = verify()
    assert (1, "failed", [MEDIA["one"]]) == (told.code, told.states["one"], list(told.problems))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [(b"", "it is not JSON"), (b"{}", "schema is no text"), (b" " * (17 << 20), "it has more than")],
    ids=["empty", "no manifest", "too long"],
)
def test_an_unreadable_manifest_is_told_and_its_files_are_unnamed(
    folder: Path, verify: Callable[..., Told], raw: bytes, problem: str
) -> None:
    name = f"{ONE}/one.manifest.json"
    (folder / name).write_bytes(raw)

    told = verify()
    assert (1, ALL | {"one": "failed"}) == (told.code, told.states)
    assert {MEDIA["one"], METADATA} == set(told.beside)
    assert problem in told.problems[name]


@pytest.mark.parametrize("lead", ["../outside", "/outside", "2026/../../outside"])
def test_a_manifest_that_leads_out_of_the_folder_is_refused(
    folder: Path, verify: Callable[..., Told], lead: str
) -> None:
    """Though what stands there has the very bytes."""
    shutil.copy(folder / MEDIA["one"], folder.parent / "outside")
    name = f"{ONE}/one.manifest.json"
    blob = f"{folder.parent}/outside" if lead.startswith("/") else lead
    change(folder / name, lambda fields: fields["chunks"][0].update(blob=blob))

    told = verify("--allow-unnamed")
    assert (1, ALL | {"one": "failed"}) == (told.code, told.states)
    assert "which is no name of a blob in an archive" in told.problems[name]


def test_a_manifest_under_the_name_of_another_is_refused(folder: Path, verify: Callable[..., Told]) -> None:
    shutil.copy(folder / ONE / "one.manifest.json", folder / TWO / "two.manifest.json")

    told = verify("--allow-unnamed")
    assert (1, ALL | {"two": "failed"}) == (told.code, told.states)
    assert "recording 'one', which its name does not say" in told.problems[f"{TWO}/two.manifest.json"]


def test_a_blob_that_two_recordings_name_is_told(folder: Path, verify: Callable[..., Told]) -> None:
    """A manifest made for another recording over the same blobs proves nothing of that recording."""
    copied = folder / ONE / "zero.manifest.json"
    shutil.copy(folder / ONE / "one.manifest.json", copied)
    change(copied, lambda fields: fields.update(recordingId="zero"))

    told = verify()
    assert 1 == told.code
    assert dict.fromkeys((MEDIA["one"], METADATA), "belongs to recording one by another manifest") == told.problems


def test_an_earlier_manifest_is_proven_too(folder: Path, verify: Callable[..., Told]) -> None:
    """What it says of a file that the later one names as well must be so."""
    change(folder / THREE / "three.manifest.json", lambda fields: fields["chunks"][0]["digest"].update(value="0" * 64))

    told = verify()
    assert (1, ALL | {"three": "failed"}) == (told.code, told.states)
    assert [f"{THREE}/0000-three-0"] == list(told.problems)


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
    change(folder / ONE / "one.manifest.json", lambda fields: fields.update(doubts=["it is short\x1b[2J"]))

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


# --- one file ---


def test_one_file_is_proven_by_its_digest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digest = json.loads(archive()[f"{ONE}/one.manifest.json"])["chunks"][0]["digest"]
    path = folder / MEDIA["one"]
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
    (folder / MEDIA["one"]).unlink()
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
