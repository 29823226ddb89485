"""A source that ignores ranges, from the beginning or later, is copied from one stream."""

from contextlib import suppress

import pytest

from recording.copying.range_reader import HEAD
from recording.core.errors import SourceChanged, TransferBroken
from tests.copying.copies import (
    BLOCK,
    NAME,
    copied,
    copy,
    destination,
    digest_of,
    engine_of,
    media,
    run_together,
    source_with,
)
from tests.copying.kills import Killed, killed, killing
from tests.fakes import FakeArchive

pytestmark = pytest.mark.usefixtures("quick_tries")


@pytest.mark.parametrize("buffers", [1, 2, 4])
def test_a_source_that_ignores_ranges_is_copied_in_one_stream(buffers: int) -> None:
    """In one request, within the same memory budget."""
    content = media(20 * BLOCK + 3)
    source, location = source_with(content)
    source.ignores_ranges = True
    archive = FakeArchive()
    found = copied(engine_of(source, buffers=buffers), location, destination(archive))

    assert (digest_of(content), 1) == (found.digest, len(source.opened))
    assert content == archive.blobs[NAME].content


@pytest.mark.parametrize("at", [1, 7, 19])
def test_a_source_that_ignores_a_later_range_is_read_again_from_its_beginning(at: int) -> None:
    """What is staged is compared with the stream, not staged again."""
    content = media(20 * BLOCK)
    source, location = source_with(content)
    source.arm("range_ignored", at=at * BLOCK)
    archive = FakeArchive()
    copied(engine_of(source), location, destination(archive))

    assert content == archive.blobs[NAME].content
    assert 20 == [op for op, _name in archive.calls].count("stage")


def test_a_stream_that_differs_from_what_is_staged_is_another_content() -> None:
    """Nothing is committed of either."""
    content = media(10 * BLOCK)
    source, location = source_with(content)
    archive = FakeArchive()
    engine = engine_of(source, connections=1)
    killed(engine, archive, 5, after=False)
    source.contents[location] = content[:BLOCK] + media(9 * BLOCK, seed=2)
    source.ignores_ranges = True
    with pytest.raises(SourceChanged):
        copy(engine, location, destination(archive))

    assert {} == archive.blobs


def test_a_stream_that_breaks_is_read_anew_by_the_next_try() -> None:
    """The blocks that were staged are used."""
    content = media(10 * BLOCK)
    source, location = source_with(content)
    source.ignores_ranges = True
    source.arm("reset_mid_body", at=5 * BLOCK)
    archive = FakeArchive()
    engine = engine_of(source)
    with pytest.raises(TransferBroken):
        copy(engine, location, destination(archive))
    staged = set(archive.uncommitted[NAME])
    copied(engine, location, destination(archive))

    assert staged < {block.block_id for block in archive.blobs[NAME].blocks}
    assert content == archive.blobs[NAME].content


def test_a_stream_is_not_read_to_its_end_when_its_blocks_cannot_be_staged() -> None:
    """It may be gigabytes."""
    source, location = source_with(media(500 * BLOCK))
    source.ignores_ranges = True
    archive = FakeArchive()
    archive.before = killing(4)
    with pytest.raises(Killed):
        copy(engine_of(source, buffers=2), location, destination(archive))

    assert source.served < 20 * BLOCK


@pytest.mark.parametrize("buffers", [1, 2, 4])
def test_a_first_block_that_breaks_where_ranges_are_then_ignored_blocks_no_thread(buffers: int) -> None:
    """Without the first block nothing can be staged: the next try begins with the stream."""
    block = 2 * HEAD
    content = media(3 * block + 5)
    source, location = source_with(content)
    source.arm("reset_mid_body", at=HEAD + 10)
    source.arm("range_ignored", times=None)
    archive = FakeArchive()
    engine = engine_of(source, block=block, buffers=buffers)

    def twice() -> None:
        with suppress(TransferBroken):
            copied(engine, location, destination(archive))
        if NAME not in archive.blobs:
            copied(engine, location, destination(archive))

    run_together(twice)
    assert content == archive.blobs[NAME].content
