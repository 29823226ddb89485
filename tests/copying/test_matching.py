"""A source is compared with a blob in as many time slices as it takes, and no more is read twice than a block each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.copying.engine import Engine
from recording.copying.matching import Matched
from recording.core.errors import SourceUnexpected
from recording.core.model import Location
from tests.copying.copies import BLOCK, NAME, destination, engine_of, media, source_with
from tests.fakes import FakeArchive, FakeSource

pytestmark = pytest.mark.usefixtures("quick_tries")
CONTENT = media(9 * BLOCK + 5)
OVER, FOREVER = -1.0, 1e12


def archive_with(content: bytes) -> FakeArchive:
    archive = FakeArchive()
    archive.put_as_stranger(NAME, content)
    return archive


def match(
    engine: Engine, location: Location, archive: FakeArchive, known: Matched | None = None, until: float = FOREVER
) -> Matched | None:
    return engine.match(location, destination(archive), len(archive.blobs[NAME].content), known, until)


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, len(CONTENT)])
def test_what_is_the_same_matches_whole_with_one_buffer(length: int) -> None:
    source, location = source_with(CONTENT[:length])
    found = match(engine_of(source, buffers=1), location, archive_with(CONTENT[:length]))

    assert found is not None
    assert length == found.length


@given(at=st.integers(0, len(CONTENT) - 1))
def test_a_byte_that_differs_is_found(at: int) -> None:
    other = CONTENT[:at] + bytes([CONTENT[at] ^ 1]) + CONTENT[at + 1 :]
    source, location = source_with(CONTENT)

    assert match(engine_of(source), location, archive_with(other)) is None


@pytest.mark.parametrize("other", [CONTENT[:-1], CONTENT + b"x"])
def test_another_length_is_no_match(other: bytes) -> None:
    source, location = source_with(CONTENT)

    assert match(engine_of(source), location, archive_with(other)) is None


def test_a_comparison_whose_time_is_always_over_comes_further_each_time_and_to_its_end() -> None:
    source, location = source_with(CONTENT)
    archive, known, tries = archive_with(CONTENT), None, 0
    while known is None or known.length < len(CONTENT):
        source.served = 0
        known = match(engine_of(source), location, archive, known, OVER)
        assert known is not None
        assert source.served <= 2 * BLOCK
        tries += 1

    assert 9 == tries


def test_a_source_that_has_changed_meanwhile_is_compared_anew() -> None:
    """What was the same is not part of what it holds now."""
    source, location = source_with(CONTENT)
    archive = archive_with(CONTENT)
    known = match(engine_of(source), location, archive, until=OVER)
    source.contents[location] = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]

    assert match(engine_of(source), location, archive, known) is None


def test_what_was_found_with_another_block_size_does_not_count() -> None:
    source, location = source_with(CONTENT)
    archive = archive_with(CONTENT)
    known = match(engine_of(source), location, archive, until=OVER)
    source.served = 0
    found = match(engine_of(source, block=2 * BLOCK), location, archive, known)

    assert (True, len(CONTENT)) == (found is not None, source.served)


def without_ranges() -> tuple[FakeSource, Location]:
    source, location = source_with(CONTENT)
    source.arm("range_ignored", times=None)
    return source, location


def test_a_source_that_ignores_ranges_is_compared_in_one_slice() -> None:
    source, location = without_ranges()
    found = match(engine_of(source), location, archive_with(CONTENT))

    assert found is not None
    assert len(CONTENT) == found.length


def test_a_source_that_ignores_ranges_and_takes_longer_is_not_read_for_ever() -> None:
    source, location = without_ranges()
    archive = archive_with(CONTENT)
    known = match(engine_of(source), location, archive, until=OVER)
    with pytest.raises(SourceUnexpected):
        match(engine_of(source), location, archive, known, OVER)


def test_a_blob_that_is_shorter_than_it_was_is_no_match() -> None:
    source, location = source_with(CONTENT)
    archive = archive_with(CONTENT[: 5 * BLOCK + 3])

    assert engine_of(source).match(location, destination(archive), len(CONTENT), None, FOREVER) is None
