"""What a container of our own does as a source beside the contract of all sources."""

import pytest

from recording.core.errors import (
    HostileLocation,
    RecordingError,
    SourceBusy,
    SourceChanged,
    SourceGone,
    SourceNotReady,
    SourceRefused,
    SourceUnexpected,
    SourceUnreachable,
    TransferBroken,
)
from recording.core.locations import of_blob
from recording.core.model import BlobName, Location
from tests.contracts.containers import METADATA, NAME, Container, RealContainer, view
from tests.contracts.stores import OfContainer, fetched, read_all

CONTENT = b"0123456789" * 100


def test_what_comes_says_what_it_is(container: Container) -> None:
    etag = container.archive.put(NAME, view(CONTENT), METADATA, "audio/wav")
    with container.source.open(of_blob(NAME, etag), 10, 10) as transfer:
        assert ("audio/wav", 10, len(CONTENT)) == (transfer.content_type, transfer.offset, transfer.total)
        assert etag in transfer.validators
        assert CONTENT[10:20] == read_all(transfer)


def test_a_blob_that_was_replaced_is_not_read(container: Container) -> None:
    etag = container.archive.put(NAME, view(CONTENT), METADATA, "audio/wav")
    container.put_as_stranger(NAME, CONTENT)
    with pytest.raises(SourceChanged):
        fetched(container.source.open(of_blob(NAME, etag)))


def test_a_blob_that_was_deleted_is_gone(container: Container) -> None:
    """Where the condition is checked first, it says that the blob was replaced."""
    etag = container.archive.put(NAME, view(CONTENT), METADATA, "audio/wav")
    container.delete(NAME)
    with pytest.raises((SourceGone, SourceChanged)):
        fetched(container.source.open(of_blob(NAME, etag)))


def test_a_range_that_begins_at_the_end_is_refused(container: Container) -> None:
    """Azurite answers it with an impossible range."""
    etag = container.archive.put(NAME, view(CONTENT), METADATA, "audio/wav")
    with pytest.raises((SourceNotReady, TransferBroken)):
        fetched(container.source.open(of_blob(NAME, etag), len(CONTENT), 10))


def test_a_container_that_is_missing_is_not_a_blob_that_is_gone(container: Container) -> None:
    """An operator creates it."""
    with pytest.raises(SourceRefused) as caught:
        fetched(container.missing_source.open(of_blob(NAME, "0x1")))

    assert "container exists" in caught.value.hint


@pytest.mark.parametrize("location", ["https://eu-api.asm.skype.com/v1/objects/a/content/audio", "blob:a", "", NAME])
def test_a_location_of_an_event_is_not_asked_of_our_storage(container: Container, location: str) -> None:
    with pytest.raises(HostileLocation):
        fetched(container.source.open(Location(location)))


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "NoAuthenticationInformation", SourceRefused),
        (403, "AuthorizationFailure", SourceRefused),
        (429, "", SourceBusy),
        (500, "OperationTimedOut", SourceBusy),
        (503, "ServerBusy", SourceBusy),
        (409, "BlobArchived", SourceUnexpected),
    ],
)
def test_every_refusal_is_told_by_how_it_passes(
    real_container: RealContainer, status: int, code: str, error: type[RecordingError]
) -> None:
    stored = OfContainer(real_container).add(CONTENT)
    real_container.network.answer(status, code, {"Retry-After": "7"})
    with pytest.raises(error) as caught:
        fetched(real_container.source.open(stored))

    assert str(status) in caught.value.cause
    assert "status" not in caught.value.ids
    assert real_container.source.container == caught.value.ids["container"]
    assert CONTENT == fetched(real_container.source.open(stored))
    if isinstance(caught.value, SourceBusy):
        assert 7.0 == caught.value.retry_after


def test_no_reply_is_out_of_reach(real_container: RealContainer) -> None:
    stored = OfContainer(real_container).add(CONTENT)
    real_container.network.lose_request()
    with pytest.raises(SourceUnreachable):
        fetched(real_container.source.open(stored))


def test_a_blob_is_found_with_its_length_and_etag(container: Container) -> None:
    etag = container.archive.put(NAME, view(CONTENT), METADATA, "audio/wav")
    found = container.source.find(NAME)

    assert found is not None
    assert (len(CONTENT), etag) == (found.length, found.etag)
    assert CONTENT == fetched(container.source.open(of_blob(NAME, found.etag)))
    assert container.source.find(BlobName("another")) is None


def test_in_a_container_that_is_missing_no_blob_is_called_missing(container: Container) -> None:
    with pytest.raises(SourceRefused) as caught:
        container.missing_source.find(NAME)

    assert "container exists" in caught.value.hint


@pytest.mark.parametrize(("status", "error"), [(403, SourceRefused), (503, SourceBusy), (418, SourceUnexpected)])
def test_a_refused_look_is_told_by_how_it_passes(
    real_container: RealContainer, status: int, error: type[RecordingError]
) -> None:
    real_container.network.answer(status, "", {})
    with pytest.raises(error):
        real_container.source.find(NAME)


def test_what_copies_cannot_name_a_delete(container: Container) -> None:
    assert not hasattr(container.source, "delete")


def test_any_name_of_a_blob_comes_as_it_is(container: Container) -> None:
    name = BlobName("a b/ä%2F?#~=/0000.wav")
    etag = container.archive.put(name, view(CONTENT), METADATA, "audio/wav")
    assert CONTENT == fetched(container.source.open(of_blob(name, etag)))
