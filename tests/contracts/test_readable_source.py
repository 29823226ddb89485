"""The contract of `ReadableSource`, of the service and of our own storage, on fakes and on the real ones."""

import pytest

from recording.core.errors import TransferBroken
from tests.contracts.stores import Readable, fetched, read_all
from tests.copying.copies import media, run_together

CONTENT = media(200_000)


def test_the_whole_content_comes(readable: Readable) -> None:
    """With its length."""
    stored = readable.add(CONTENT)
    with readable.source.open(stored) as transfer:
        assert (0, len(CONTENT), len(CONTENT)) == (transfer.offset, transfer.length, transfer.total)
        assert stored == transfer.location
        assert CONTENT == read_all(transfer)
        assert 0 == transfer.readinto(memoryview(bytearray(8)))


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 1), (0, 1000), (7, 1), (100_000, 100_000), (199_999, 1), (0, 200_000)]
)
def test_a_range_comes_as_it_was_asked_for(readable: Readable, offset: int, length: int) -> None:
    """Also from byte 0, where the SDK sends no Range."""
    stored = readable.add(CONTENT)
    with readable.source.open(stored, offset, length) as transfer:
        assert (offset, length, len(CONTENT)) == (transfer.offset, transfer.length, transfer.total)
        assert CONTENT[offset : offset + length] == read_all(transfer)


def test_a_range_beyond_the_end_comes_as_far_as_there_is(readable: Readable) -> None:
    """With its real length."""
    stored = readable.add(CONTENT)
    with readable.source.open(stored, 199_990, 1000) as transfer:
        assert (199_990, 10) == (transfer.offset, transfer.length)
        assert CONTENT[-10:] == read_all(transfer)


def test_equal_replies_have_equal_validators(readable: Readable) -> None:
    """Whatever range was requested."""
    stored = readable.add(CONTENT)
    with readable.source.open(stored) as whole, readable.source.open(stored, 5, 5) as part:
        assert whole.validators == part.validators


def test_a_view_of_any_size_is_filled_as_far_as_bytes_come(readable: Readable) -> None:
    """The rest of the buffer is not changed."""
    stored = readable.add(CONTENT)
    room = bytearray(b"-" * 12)
    with readable.source.open(stored, 0, 20) as transfer:
        read = transfer.readinto(memoryview(room)[1:-1])

    assert 1 <= read <= 10
    assert b"-" + CONTENT[:read] + b"-" * (11 - read) == room


def test_many_threads_read_at_once(readable: Readable) -> None:
    stored = readable.add(CONTENT)
    found: dict[int, bytes] = {}

    def read(at: int) -> None:
        found[at] = fetched(readable.source.open(stored, at, 25_000))

    run_together(*(lambda at=at: read(at) for at in range(0, len(CONTENT), 25_000)))

    assert CONTENT == b"".join(found[at] for at in sorted(found))


def test_a_reply_may_be_left_unread(readable: Readable) -> None:
    """The next reply is whole."""
    stored = readable.add(CONTENT)
    for _ in range(3):
        with readable.source.open(stored) as transfer:
            transfer.readinto(memoryview(bytearray(10)))

    assert CONTENT == fetched(readable.source.open(stored))


def test_after_an_abort_nothing_comes_that_is_no_content(readable: Readable) -> None:
    """Bytes in the socket that are still encrypted must not be read as media."""
    stored = readable.add(media(4_000_000))
    with readable.source.open(stored) as transfer:
        transfer.readinto(memoryview(bytearray(100)))
        transfer.abort()
        with pytest.raises(TransferBroken):
            read_all(transfer)
        transfer.abort()

    assert CONTENT == fetched(readable.source.open(readable.add(CONTENT)))
