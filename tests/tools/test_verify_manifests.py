"""A manifest is believed in nothing that cannot be so, and every revision of it counts."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.tools.archives import ALL, MEDIA, METADATA, ONE, THREE, TWO, change_manifest
from tests.tools.conftest import Verify


def test_a_manifest_that_says_another_digest_is_told_at_the_file(folder: Path, verify: Verify) -> None:
    change_manifest(
        folder / ONE / "one.manifest.json", lambda fields: fields["chunks"][0]["digest"].update(blockSize=4095)
    )

    told = verify()
    assert (1, "failed", [MEDIA]) == (told.code, told.states["one"], list(told.problems))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [(b"", "it is not JSON"), (b"{}", "schema is no text"), (b" " * (17 << 20), "it has more than")],
    ids=["empty", "no manifest", "too long"],
)
def test_an_unreadable_manifest_is_told_and_its_files_are_unnamed(
    folder: Path, verify: Verify, raw: bytes, problem: str
) -> None:
    name = f"{ONE}/one.manifest.json"
    (folder / name).write_bytes(raw)

    told = verify()
    assert (1, ALL | {"one": "failed"}) == (told.code, told.states)
    assert {MEDIA, METADATA} == set(told.beside)
    assert problem in told.problems[name]


@pytest.mark.parametrize("lead", ["../outside", "/outside", "2026/../../outside"])
def test_a_manifest_that_leads_out_of_the_folder_is_refused(folder: Path, verify: Verify, lead: str) -> None:
    """Though what stands there has the very bytes."""
    shutil.copy(folder / MEDIA, folder.parent / "outside")
    name = f"{ONE}/one.manifest.json"
    blob = f"{folder.parent}/outside" if lead.startswith("/") else lead
    change_manifest(folder / name, lambda fields: fields["chunks"][0].update(blob=blob))

    told = verify("--allow-unnamed")
    assert (1, ALL | {"one": "failed"}) == (told.code, told.states)
    assert "which is no name of a blob in an archive" in told.problems[name]


def test_a_manifest_under_the_name_of_another_is_refused(folder: Path, verify: Verify) -> None:
    shutil.copy(folder / ONE / "one.manifest.json", folder / TWO / "two.manifest.json")

    told = verify("--allow-unnamed")
    assert (1, ALL | {"two": "failed"}) == (told.code, told.states)
    assert "recording 'one', which its name does not say" in told.problems[f"{TWO}/two.manifest.json"]


def test_a_blob_that_two_recordings_name_is_told(folder: Path, verify: Verify) -> None:
    """A manifest made for another recording over the same blobs proves nothing of that recording."""
    copied = folder / ONE / "zero.manifest.json"
    shutil.copy(folder / ONE / "one.manifest.json", copied)
    change_manifest(copied, lambda fields: fields.update(recordingId="zero"))

    told = verify()
    assert 1 == told.code
    assert dict.fromkeys((MEDIA, METADATA), "belongs to recording one by another manifest") == told.problems


def test_an_earlier_manifest_is_proven_too(folder: Path, verify: Verify) -> None:
    """What it says of a file that the later one names as well must be so."""
    change_manifest(
        folder / THREE / "three.manifest.json", lambda fields: fields["chunks"][0]["digest"].update(value="0" * 64)
    )

    told = verify()
    assert (1, ALL | {"three": "failed"}) == (told.code, told.states)
    assert [f"{THREE}/0000-three-0"] == list(told.problems)


def test_what_stands_in_a_container_of_the_customer_is_named_and_not_looked_for(folder: Path, verify: Verify) -> None:
    """It is not in the archive: the folder cannot prove it, and says so."""
    container = "https://customer.blob.core.windows.net/calls"

    def move(fields: dict[str, Any]) -> None:
        chunk = fields["chunks"][0]
        chunk.update(container=container, blob="20260301/call 1/0-audio.ä.wav")
        chunk["metadata"].update(container=container, blob="20260301/call 1/0.json")

    change_manifest(folder / ONE / "one.manifest.json", move)
    for name in (MEDIA, METADATA):
        (folder / name).unlink()

    told = verify()
    assert (0, ALL | {"one": "incomplete"}) == (told.code, told.states)
    (one,) = (line for line in told.lines if line.get("recordingId") == "one")
    assert any(f"is in {container}: prove it there" in lack for lack in one["lacks"])
