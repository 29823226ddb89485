"""The contract of `Removal`, on the fake and on Blob storage."""

import pytest

from recording.core.errors import ArchiveRefused, BlobProtected
from recording.core.model import BlobName
from tests.contracts.containers import CONTENT, NAME, Container, FakeContainer, RealContainer


def test_a_blob_that_is_removed_is_gone(container: Container) -> None:
    """Once: then there is none."""
    container.put_as_stranger(NAME, CONTENT)
    container.put_as_stranger(BlobName("another.wav"), CONTENT)
    assert [True, False] == [container.removal.remove(NAME) for _ in range(2)]
    assert container.archive.find(NAME) is None
    assert container.archive.find(BlobName("another.wav")) is not None


def test_what_is_not_there_can_not_be_held(container: Container) -> None:
    assert not container.removal.is_held(NAME)


def test_a_missing_container_is_not_a_missing_blob(real_container: RealContainer) -> None:
    """Else all would seem to be removed."""
    with pytest.raises(ArchiveRefused, match="ContainerNotFound"):
        real_container.missing_removal.remove(NAME)


def test_a_held_blob_is_not_removed_before_its_hold_ends() -> None:
    """On the fake: the emulator has no legal holds."""
    container = FakeContainer()
    assert not container.removal.hold(NAME, on=True)
    container.put_as_stranger(NAME, CONTENT)
    assert container.removal.hold(NAME, on=True)
    assert container.removal.is_held(NAME)
    with pytest.raises(BlobProtected):
        container.removal.remove(NAME)
    assert container.archive.find(NAME) is not None
    assert container.removal.hold(NAME, on=False)
    assert container.removal.remove(NAME)


def test_a_service_without_holds_says_so(real_container: RealContainer) -> None:
    """As the emulator: nobody believes that it is held."""
    real_container.put_as_stranger(NAME, CONTENT)
    with pytest.raises(ArchiveRefused, match="501"):
        real_container.removal.hold(NAME, on=True)
    assert not real_container.removal.is_held(NAME)


def test_a_lease_protects_one_blob_and_is_no_failure_of_the_storage(real_container: RealContainer) -> None:
    """Whoever may write can take one, without an end: all other recordings end all the same."""
    real_container.put_as_stranger(NAME, CONTENT)
    lease = real_container.lease(NAME)
    with pytest.raises(BlobProtected, match="LeaseIdMissing"):
        real_container.removal.remove(NAME)
    lease.break_lease(0)
    assert real_container.removal.remove(NAME)


@pytest.mark.parametrize("code", ["BlobImmutableDueToLegalHold", "BlobImmutableDueToPolicy"])
def test_what_the_service_protects_is_no_failure_of_ours(real_container: RealContainer, code: str) -> None:
    """It is removed later, when it may be."""
    real_container.put_as_stranger(NAME, CONTENT)
    real_container.network.answer(409, code)
    with pytest.raises(BlobProtected, match=code):
        real_container.removal.remove(NAME)
