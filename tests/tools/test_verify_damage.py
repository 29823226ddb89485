"""Each damage to a downloaded archive is told for what it is, at the file alone; other recordings are proven."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.archives import ALL, MEDIA, METADATA, ONE, THREE, TWO, archive, change_the_last_byte, put_down
from tests.tools.conftest import Verify
from tools.verify.digests import Readable, digest_of


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def lengthen(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"\0")


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


@pytest.mark.parametrize("name", [MEDIA, METADATA], ids=["media", "metadata"])
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
    folder: Path, verify: Verify, name: str, damage: Callable[[Path], None], problem: str
) -> None:
    damage(folder / name)

    told = verify("--allow-unnamed")
    assert (1, ALL | {"one": "failed"}) == (told.code, told.states)
    assert [name] == list(told.problems)
    assert problem in told.problems[name]


def test_swapped_blocks_are_told(folder: Path, verify: Verify) -> None:
    swap_two_blocks(folder / MEDIA)

    told = verify()
    assert (1, "failed", [MEDIA]) == (told.code, told.states["one"], list(told.problems))


def test_swapped_chunks_are_told(folder: Path, verify: Verify) -> None:
    """They are of equal length; both are named."""
    first, second = folder / TWO / "0000-two-0", folder / TWO / "0001-two-1"
    between = first.rename(folder / "between")
    second.rename(first)
    between.rename(second)

    told = verify()
    assert (1, ALL | {"two": "failed"}) == (told.code, told.states)
    assert {f"{TWO}/0000-two-0", f"{TWO}/0001-two-1"} == set(told.problems)
    assert all("holds other bytes" in problem for problem in told.problems.values())


def test_a_file_that_fails_to_be_read_is_told(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
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
    folder: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch
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


def test_a_file_that_no_manifest_names_is_told_and_a_failure_unless_allowed(folder: Path, verify: Verify) -> None:
    """A recording whose manifest was lost would go unseen otherwise."""
    put_down({"readme.txt": b"", f"{ONE}/0000-one-0.metadata-2.json": b"{}"}, folder)
    (folder / TWO / "two.manifest.json").unlink()
    unnamed = {"readme.txt", f"{ONE}/0000-one-0.metadata-2.json"} | {name for name in archive() if "two-" in name}

    told, allowed = verify(), verify("--allow-unnamed")
    assert (1, 0) == (told.code, allowed.code)
    assert dict.fromkeys(unnamed, "is named by no manifest") == told.beside == allowed.beside
    assert {"one": "proven", "three": "proven"} == told.states == allowed.states


def test_what_the_app_keeps_of_holds_and_decisions_is_no_recording_s(folder: Path, verify: Verify) -> None:
    for name in ("holds/one.json", "ends/one.20260301T120000000000.json"):
        (folder / name).parent.mkdir()
        (folder / name).write_bytes(b"{}")
    told = verify()
    assert (0, {}) == (told.code, dict(told.beside))


def test_what_the_app_writes_beside_a_manifest_is_not_unnamed(folder: Path, verify: Verify) -> None:
    """Of a manifest that is there, and no other."""
    beside = (f"{ONE}/one.people.json", f"{ONE}/one.seal.json", f"{THREE}/three.seal-2.json")
    put_down(dict.fromkeys((*beside, f"{ONE}/one.seal-2.json"), b"{}"), folder)

    assert {f"{ONE}/one.seal-2.json": "is named by no manifest"} == verify().beside


def test_a_linked_folder_is_told_and_not_followed(folder: Path, verify: Verify) -> None:
    """Not even one that leads to the very bytes."""
    (folder / ONE).rename(folder.parent / "one")
    (folder / ONE).symlink_to(folder.parent / "one")
    (folder / "loop").symlink_to(folder)

    told = verify()
    assert (1, {"two": "proven", "three": "proven"}) == (told.code, told.states)
    assert dict.fromkeys((ONE, "loop"), "is a symbolic link; it is not followed") == told.beside
