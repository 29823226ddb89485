"""A recording is downloaded from the archive, by the tools that people use for it, and proven on the other side."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.storage.blob import ContainerSasPermissions, generate_container_sas

from local.azurite import ACCOUNT
from local.stack import Stack
from tests.scenarios.sounds import long_wav, short_wav
from tests.scenarios.worlds import ARCHIVE, assert_archived, given
from tools.package import ROOT

type Download = Callable[[Stack, str, Path], subprocess.CompletedProcess[str]]
"""Download a folder of the archive into a local folder, so that each blob has its whole name there."""


@pytest.fixture(scope="module")
def place(stack: Stack) -> str:
    """The folder in the archive of a recording: a chunk of several blocks, then one of a single block."""
    found = given(stack, [long_wav(90), short_wav(91)])
    found.publish()
    first: str = assert_archived(stack, found.recording)["chunks"][0]["blob"]
    return first.rpartition("/")[0]


def by_sdk(stack: Stack, place: str, folder: Path) -> subprocess.CompletedProcess[str]:
    container = stack.container()
    for name in container.list_blob_names(name_starts_with=f"{place}/"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(container.download_blob(name).readall())
    return subprocess.CompletedProcess([], 0)


def by_azcopy(stack: Stack, place: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    url, token = signed(stack)
    state = str(folder.parent / "azcopy")
    # Azurite's address does not say that it is Blob storage, so azcopy must be told.
    told = ["--recursive", "--from-to=BlobLocal", *options]
    return run(
        [program("azcopy"), "copy", f"{url}/{place}/*?{token}", folder / place, *told],
        {"AZCOPY_LOG_LOCATION": state, "AZCOPY_JOB_PLAN_LOCATION": state},
    )


def by_rclone(stack: Stack, place: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return rclone(stack, "copy", f"archive:{ARCHIVE}/{place}", folder / place)


def rclone(stack: Stack, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    remote = {"RCLONE_CONFIG_ARCHIVE_TYPE": "azureblob", "RCLONE_CONFIG_ARCHIVE_SAS_URL": "?".join(signed(stack))}
    return run([program("rclone"), *arguments], {"RCLONE_CONFIG": "", **remote})


def signed(stack: Stack) -> tuple[str, str]:
    """The URL of the archive and a token that may read it."""
    token = generate_container_sas(
        ACCOUNT,
        ARCHIVE,
        account_key=stack.azurite.key,
        permission=ContainerSasPermissions(read=True, list=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    return stack.container().url, token


def program(name: str) -> str:
    """A program by its name; the test is skipped where this machine does not have it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on PATH")
    return found


def run(command: list[str | Path], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


def verify(folder: Path) -> tuple[int, list[str]]:
    """The exit code of tools/verify, run by a Python without packages, and the state of each recording."""
    ended = run([sys.executable, "-I", "-S", ROOT / "tools" / "verify", "--json", folder], {})
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return ended.returncode, [line["state"] for line in lines if line["kind"] == "recording"]


def change(folder: Path) -> str:
    """Change one byte of the chunk of several blocks; its name."""
    (path,) = (path for path in folder.rglob("0000-*.wav"))
    with path.open("r+b") as stream:
        stream.seek(2_000_000)
        byte = stream.read(1)
        stream.seek(2_000_000)
        stream.write(bytes([byte[0] ^ 1]))
    return path.relative_to(folder).as_posix()


@pytest.mark.parametrize("download", [by_sdk, by_azcopy, by_rclone])
def test_a_download_is_proven_and_a_changed_byte_is_found(
    stack: Stack, place: str, tmp_path: Path, download: Download
) -> None:
    folder = tmp_path / "download"
    assert 0 == download(stack, place, folder).returncode
    assert (0, ["proven"]) == verify(folder)

    change(folder)
    assert (1, ["failed"]) == verify(folder)


def test_azcopy_refuses_blobs_of_several_blocks_when_it_is_told_to_check_md5(
    stack: Stack, place: str, tmp_path: Path
) -> None:
    """As docs/verify.md says: it downloads the others, and fails for want of a Content-MD5."""
    folder = tmp_path / "download"
    ended = by_azcopy(stack, place, folder, "--check-md5=FailIfDifferentOrMissing")

    assert 1 == ended.returncode
    assert ([], 1) == (list(folder.rglob("0000-*.wav")), len(list(folder.rglob("0001-*.wav"))))


def test_rclone_check_passes_over_a_changed_blob_of_several_blocks(stack: Stack, place: str, tmp_path: Path) -> None:
    """As docs/verify.md says: without a Content-MD5 it compares sizes alone; with --download it reads both."""
    folder = tmp_path / "download"
    by_rclone(stack, place, folder)
    change(folder)
    remote, local = f"archive:{ARCHIVE}/{place}", folder / place

    by_hash, by_bytes = rclone(stack, "check", remote, local), rclone(stack, "check", "--download", remote, local)
    assert (0, 1) == (by_hash.returncode, by_bytes.returncode)
    assert "1 hashes could not be checked" in by_hash.stderr
    assert (1, ["failed"]) == verify(folder)
