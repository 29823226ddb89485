"""A blob is read where it stands in as many time slices as it takes, and no more is read twice than a block each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.copying.reading_on import ReadSoFar
from recording.core.blocks import Hasher
from recording.core.errors import SourceNotReady
from recording.core.model import Digest
from tests.copying.copies import BLOCK, engine_of, media, source_with

pytestmark = pytest.mark.usefixtures("quick_tries")
CONTENT = media(9 * BLOCK + 5)
OVER, FOREVER = -1.0, 1e12
_SHA256 = 32


def digest_of(content: bytes) -> Digest:
    """The composite digest, computed in one go."""
    hasher = Hasher(BLOCK)
    hasher.update(memoryview(content))
    return hasher.digest()


def read(content: bytes, known: bytes = b"", until: float = FOREVER) -> ReadSoFar:
    """What one run has read."""
    source, location = source_with(content)
    return engine_of(source, buffers=1).read_on(location, known, until)


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, len(CONTENT)])
def test_it_is_read_whole_with_one_buffer(length: int) -> None:
    found = read(CONTENT[:length])

    assert found.is_whole
    assert (length, digest_of(CONTENT[:length])) == (found.length, found.digest())


def test_it_comes_further_each_time_and_to_its_end() -> None:
    source, location = source_with(CONTENT)
    known, tries = b"", 0
    while True:
        source.served = 0
        found = engine_of(source).read_on(location, known, OVER)
        assert source.served <= 2 * BLOCK + BLOCK
        tries += 1
        if found.is_whole:
            break
        assert len(found.digests) > len(known)
        known = found.digests

    assert tries <= 9
    assert digest_of(CONTENT) == found.digest()


@given(
    known=st.one_of(
        st.binary(max_size=5 * _SHA256),
        st.integers(0, 10).map(lambda count: read(CONTENT).digests[: count * _SHA256]),
        st.binary(min_size=1, max_size=3 * _SHA256).map(lambda more: read(CONTENT).digests + more),
    )
)
def test_whatever_is_known_of_another_state_counts_for_nothing(known: bytes) -> None:
    """If it does not begin as the blob does, or is of more blocks than it has."""
    if len(known) % _SHA256:
        known = known[: len(known) // _SHA256 * _SHA256]

    assert digest_of(CONTENT) == read(CONTENT, known).digest()


def test_where_ranges_are_ignored_it_is_read_in_one_go_from_its_beginning() -> None:
    source, location = source_with(CONTENT)
    source.arm("range_ignored", times=None)
    found = engine_of(source).read_on(location, read(CONTENT).digests[:_SHA256], FOREVER)

    assert digest_of(CONTENT) == found.digest()


def test_what_is_empty_is_not_ready() -> None:
    with pytest.raises(SourceNotReady):
        read(b"")
