"""The contract of `OverflowCopies`, on the fake and in Azurite."""

import pytest

from recording.core.errors import ArchiveBusy, ArchiveRefused
from recording.core.model import BlobName
from recording.ports import OverflowCopies
from tests.contracts.containers import CONTENT, NAME, Container, FakeContainer, RealContainer, view
from tests.core.entries_of import proof
from tests.fakes import FakeOverflowCopies

OTHER = BlobName("other")


def copies_of(container: Container, *, missing: bool = False) -> OverflowCopies:
    """The adapter over a container, or over one that does not exist."""
    if isinstance(container, RealContainer):
        return container.missing_copies if missing else container.copies
    assert isinstance(container, FakeContainer)
    return FakeOverflowCopies(container.missing if missing else container.archive)


def test_a_copy_is_removed_alone(container: Container) -> None:
    etag, _ = (container.archive.put(name, view(CONTENT), {}, "text/plain") for name in (NAME, OTHER))

    assert copies_of(container).remove(NAME, etag, proof())
    assert container.archive.find(NAME) is None
    assert container.archive.find(OTHER) is not None


def test_what_is_not_there_is_removed_already(container: Container) -> None:
    etag = container.archive.put(NAME, view(CONTENT), {}, "text/plain")
    container.delete(NAME)

    assert copies_of(container).remove(NAME, etag, proof())


def test_what_was_changed_is_left(container: Container) -> None:
    etag = container.archive.put(NAME, view(CONTENT), {}, "text/plain")
    container.put_as_stranger(NAME, CONTENT)

    assert not copies_of(container).remove(NAME, etag, proof())
    assert container.archive.find(NAME) is not None


def test_a_missing_container_is_told(container: Container) -> None:
    with pytest.raises(ArchiveRefused) as caught:
        copies_of(container, missing=True).remove(NAME, "0x1", proof())

    assert "404 ContainerNotFound" in caught.value.cause


def test_a_network_that_fails_is_told_as_what_passes(real_container: RealContainer) -> None:
    real_container.network.lose_request()
    with pytest.raises(ArchiveBusy):
        real_container.copies.remove(NAME, "0x1", proof())
