"""A second account takes what the archive cannot, in the Functions host: the first of two accounts refuses writes."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import override

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from local.azurite import Azurite
from local.faultproxy import FaultProxy
from local.policies import EVERYTHING
from local.stack import ARCHIVE, Stack, wait_for
from recording.settings import OURS
from tests.scenarios.conftest import SETTINGS
from tests.scenarios.sounds import long_wav, short_wav
from tests.scenarios.worlds import (
    Given,
    assert_archived,
    assert_nothing_leaked,
    assert_nothing_poisoned,
    blob,
    blobs_of,
    given,
    outlive,
    told,
    wait_completed,
)

OVERFLOW = str(OURS["OVERFLOW_CONTAINER"].default)
WAYS_TO_WRITE = ("put", "stage", "commit")


class TwoAccounts(Stack):
    """The stack with a second account, and a proxy before the first."""

    @cached_property
    def proxy(self) -> FaultProxy:
        """Between the app and its own account."""
        return self._running.enter_context(FaultProxy(self.azurite.connection_string))

    @cached_property
    def second(self) -> Azurite:
        """The account of the overflow, with its container."""
        running = self._running.enter_context(Azurite(self.folder / "second"))
        BlobServiceClient.from_connection_string(running.connection_string).create_container(OVERFLOW)
        return running

    @property
    def overflow(self) -> ContainerClient:
        """The container of the overflow."""
        return BlobServiceClient.from_connection_string(self.second.connection_string).get_container_client(OVERFLOW)

    @override
    def environment(self) -> dict[str, str]:
        ours = {
            "NATIVE_CONTAINERS": "",  # it is in another account than the proxy's, by its address
            "RECORDING_POLICY": EVERYTHING,
            "OVERFLOW_STORAGE": self.second.connection_string,
            "OVERFLOW_HOURS": "168",  # more than a source has left: all is nearly due
        }
        return {**super().environment(), **ours, "ARCHIVE_STORAGE": self.proxy.connection_string}

    def refuse_writes(self) -> None:
        """Let the archive's container refuse media and all else, until the proxy is told otherwise."""
        for operation in WAYS_TO_WRITE:
            self.proxy.arm("server_busy_503", operation, named=f"/{ARCHIVE}/", count=None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, media_folder: Path) -> Iterator[TwoAccounts]:
    """The stack with two accounts."""
    with TwoAccounts(tmp_path_factory.mktemp("two"), settings=SETTINGS, media_folder=media_folder) as running:
        yield running
        assert_nothing_leaked(running, (running.folder / "host.log").read_text(errors="replace"), {})
        assert_nothing_poisoned(running)


@pytest.fixture(autouse=True)
def writable_again(two: TwoAccounts) -> Iterator[None]:
    yield
    two.proxy.clear()


def in_overflow(two: TwoAccounts, found: Given) -> Given:
    """The recording, once its media and its metadata file are in the second account and nothing is in the first."""
    two.refuse_writes()
    found.publish()
    names = wait_for(lambda: two_of(two), f"copies of {found.id} in overflow")
    media = next(name for name in names if not name.endswith(".json"))
    assert found.chunks[0].path.read_bytes() == two.overflow.download_blob(media).readall()
    assert set() == blobs_of(two, ARCHIVE, found.id)
    assert found.chunks[0].exists
    return found


def two_of(two: TwoAccounts) -> set[str]:
    found = set(two.overflow.list_blob_names())
    return found if len(found) > 1 else set()


@pytest.mark.parametrize("content", [short_wav(950), long_wav(951)], ids=["one block", "many blocks"])
def test_what_the_archive_cannot_take_is_copied_into_the_second_account_and_home_again(
    two: TwoAccounts, content: bytes
) -> None:
    """Only what is proven in the archive releases the source; then the copy in overflow is removed."""
    found = in_overflow(two, given(two, [content]))

    two.proxy.clear()
    assert_archived(two, found.recording)
    wait_for(lambda: not set(two.overflow.list_blob_names()), "the copies in overflow to be removed")
    assert {} == told(two, "RecordingLost", found.id)


def test_what_outlives_its_source_in_overflow_comes_home(two: TwoAccounts) -> None:
    """The service keeps its file no longer. The archive has every byte, from the copy, and nobody is told of a loss."""
    found = in_overflow(two, given(two, [short_wav(952)]))
    (source,) = found.chunks
    source.expires = source.clock()
    outlive(two, found.id)

    two.proxy.clear()
    body = wait_completed(two, found.id)
    (chunk,) = body["chunks"]
    assert source.path.read_bytes() == blob(two.container(), chunk["blob"])
    wait_for(lambda: not set(two.overflow.list_blob_names()), "the copies in overflow to be removed")
    assert source.deleted is None
    assert {} == told(two, "RecordingLost", found.id)
