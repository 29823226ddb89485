"""A copy killed at any point continues from what is staged, and ends in the same blob."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.copying.destination import Copied, CutOff
from recording.copying.engine import Engine
from recording.core.errors import BlobExists, ForeignBlocks
from tests.copying.copies import (
    BLOCK,
    NAME,
    Clock,
    copied,
    copy,
    destination,
    digest_of,
    engine_of,
    media,
    source_with,
)
from tests.copying.kills import killed
from tests.fakes import FakeArchive

pytestmark = pytest.mark.usefixtures("quick_tries")


def finished(engine: Engine, archive: FakeArchive) -> Copied:
    """The copy tried once more, or found done."""
    location = next(iter(engine.source.contents))  # type: ignore[attr-defined]
    to = destination(archive)
    try:
        return copied(engine, location, to)
    except BlobExists:
        found = engine.prove(to)
        assert found is not None
        return found


kills = st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.sampled_from([16, 32, 64])), max_size=4)


@settings(max_examples=60)
@given(length=st.integers(1, 1200), kills=kills, connections=st.integers(1, 4), buffers=st.integers(1, 4))
def test_a_copy_killed_anywhere_ends_in_the_same_blob(
    length: int, kills: list[tuple[int, bool, int]], connections: int, buffers: int
) -> None:
    """However often, before or after any operation took effect, with another block size each time."""
    content = media(length)
    source, _location = source_with(content)
    archive = FakeArchive()
    for moment, after, block in kills:
        engine = engine_of(source, block=block, buffers=buffers, connections=connections)
        killed(engine, archive, moment, after=after)
        assert archive.blobs.get(NAME) is None or content == archive.blobs[NAME].content
    found = finished(engine_of(source, buffers=buffers, connections=connections), archive)

    assert content == archive.blobs[NAME].content
    assert digest_of(content, found.digest.block_size) == found.digest
    assert (length, archive.blobs[NAME].etag) == (found.length, found.etag)
    assert {} == archive.uncommitted


@settings(max_examples=60)
@given(blocks=st.integers(2, 20), tail=st.integers(1, BLOCK), connections=st.integers(1, 4), data=st.data())
def test_no_staged_block_is_read_again(blocks: int, tail: int, connections: int, data: st.DataObject) -> None:
    """Except the first, which tells whether the content is still the same."""
    content = media((blocks - 1) * BLOCK + tail)
    source, location = source_with(content)
    whole = FakeArchive()
    copied(engine_of(source), location, destination(whole))
    listed = whole.blobs[NAME].blocks
    archive = FakeArchive()
    staged = data.draw(st.sets(st.integers(0, blocks - 1)))
    pieces = {i: content[i * BLOCK : (i + 1) * BLOCK] for i in range(blocks)}
    archive.uncommitted[NAME] = {listed[i].block_id: pieces[i] for i in staged}

    source.served = 0
    staged_calls = len(archive.calls)
    found = copied(engine_of(source, connections=connections), location, destination(archive))

    assert content == archive.blobs[NAME].content
    assert digest_of(content) == found.digest
    missing = sum(len(pieces[i]) for i in range(blocks) if i not in staged and i != 0)
    assert len(pieces[0]) + missing == source.served
    assert blocks - len(staged) == [op for op, _name in archive.calls[staged_calls:]].count("stage")


def test_blocks_of_an_earlier_try_are_reported_once_and_are_no_progress() -> None:
    """So a try that stages nothing new is seen to have made none."""
    content = media(5 * BLOCK)
    source, location = source_with(content)
    archive = FakeArchive()
    engine = engine_of(source, connections=1)
    killed(engine, archive, 4, after=False)  # staged, stage, stage, stage, and no more
    resumed: list[int] = []
    progress: list[int] = []
    copy(engine, location, destination(archive), progress=progress.append, resumed=resumed.append)

    assert ([3 * BLOCK], [BLOCK, BLOCK]) == (resumed, progress)


@pytest.mark.parametrize("connections", [1, 4])
def test_a_try_whose_time_is_up_at_once_makes_no_progress(connections: int) -> None:
    """All that is staged was staged before."""
    source, location = source_with(media(5 * BLOCK))
    archive = FakeArchive()
    killed(engine_of(source, connections=1), archive, 4, after=False)  # by one, so that the first block is staged
    engine = engine_of(source, connections=connections)
    resumed: list[int] = []
    progress: list[int] = []
    found = copy(engine, location, destination(archive), until=0, progress=progress.append, resumed=resumed.append)

    assert isinstance(found, CutOff)
    assert (found.staged, []) == (sum(resumed), progress)
    assert found.staged > 0


def test_a_staged_block_of_another_content_is_not_used() -> None:
    """The source holds something else now: all of it is progress."""
    source, location = source_with(media(5 * BLOCK))
    archive = FakeArchive()
    engine = engine_of(source, connections=1)
    killed(engine, archive, 4, after=False)
    source.contents[location] = media(5 * BLOCK, seed=2)
    resumed: list[int] = []
    progress: list[int] = []
    copy(engine, location, destination(archive), progress=progress.append, resumed=resumed.append)

    assert ([0], 5 * BLOCK) == (resumed, sum(progress))


@pytest.mark.parametrize("length", [1, BLOCK, 5 * BLOCK])
def test_a_first_try_resumes_nothing(length: int) -> None:
    """Every byte of it is progress."""
    source, location = source_with(media(length))
    resumed: list[int] = []
    progress: list[int] = []
    to = destination(FakeArchive())
    copy(engine_of(source), location, to, progress=progress.append, resumed=resumed.append)

    assert ([], length) == (resumed, sum(progress))


# Staged blocks that are not ours, or not of this content


def test_blocks_of_strangers_are_left_out() -> None:
    """With ids of our length they do no harm, and the commit discards them."""
    content = media(3 * BLOCK)
    source, location = source_with(content)
    archive = FakeArchive()
    archive.uncommitted[NAME] = {"x" * 64: b"stranger", "A" * 64: content[:BLOCK]}
    copied(engine_of(source), location, destination(archive))

    assert content == archive.blobs[NAME].content
    assert 3 == len(archive.blobs[NAME].blocks)


def test_blocks_of_strangers_with_ids_of_another_length_are_a_conflict() -> None:
    """Blob storage takes only ids of one length: nothing can be staged beside them."""
    source, location = source_with(media(3 * BLOCK))
    archive = FakeArchive()
    archive.uncommitted[NAME] = {"short": b"stranger"}
    with pytest.raises(ForeignBlocks):
        copy(engine_of(source), location, destination(archive))

    assert {"short": b"stranger"} == archive.uncommitted[NAME]


@pytest.mark.parametrize("same_length", [True, False])
def test_blocks_of_another_content_are_not_used(*, same_length: bool) -> None:
    """Known by its length, or by its first block."""
    source, location = source_with(media(6 * BLOCK, seed=1))
    archive = FakeArchive()
    engine = engine_of(source, connections=1)
    killed(engine, archive, 4, after=False)
    content = media(6 * BLOCK - (0 if same_length else 1), seed=2)
    source.contents[location] = content
    copied(engine, location, destination(archive))

    assert content == archive.blobs[NAME].content


def test_blocks_read_under_another_validator_are_not_used() -> None:
    """Even if the first block is the same."""
    old, new = media(6 * BLOCK, seed=1), media(BLOCK, seed=1) + media(5 * BLOCK, seed=2)
    source, location = source_with(old)
    source.validators = "etag-1"
    archive = FakeArchive()
    engine = engine_of(source, connections=1)
    killed(engine, archive, 4, after=False)
    source.contents[location], source.validators = new, "etag-2"
    copied(engine, location, destination(archive))

    assert new == archive.blobs[NAME].content


# Cut off by time


def test_a_copy_whose_time_is_up_is_continued_by_the_next() -> None:
    """It reports how much is staged; nothing is committed before all blocks are."""
    content = media(10 * BLOCK)
    source, location = source_with(content)
    archive = FakeArchive()
    clock = Clock()
    engine = engine_of(source, connections=1, monotonic=clock)
    tries = 0
    while True:
        tries += 1
        found = copy(
            engine, location, destination(archive), until=clock.now + 3, progress=lambda _length: clock.forward(1)
        )
        if not isinstance(found, CutOff):
            break
        assert found.staged == sum(map(len, archive.uncommitted[NAME].values())) > 0
        assert {} == archive.blobs

    assert content == archive.blobs[NAME].content
    assert tries > 2
    assert source.served == (10 + tries - 1) * BLOCK  # each try reads the first block, and none another twice


def test_a_time_that_is_up_before_the_first_block_still_stages_it() -> None:
    """Every try makes progress, however short its time."""
    source, location = source_with(media(3 * BLOCK))
    archive = FakeArchive()

    assert CutOff(BLOCK) == copy(engine_of(source), location, destination(archive), until=0)
