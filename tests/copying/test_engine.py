"""From a location to a committed blob, whatever goes wrong on the way."""

from dataclasses import replace

import pytest

from recording.copying.destination import Copied
from recording.core.errors import (
    ArchiveDamaged,
    BlobExists,
    RecordingError,
    SourceBusy,
    SourceChanged,
    SourceGone,
    SourceNotReady,
    SourceRefused,
    StagedBlocksGone,
    TransferBroken,
)
from recording.core.model import BlobName
from tests.copying.copies import (
    BLOCK,
    IDENTITY,
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
from tests.fakes import FakeArchive, FakeSource

pytestmark = pytest.mark.usefixtures("quick_tries")
CONTENT = media(9 * BLOCK + 5)
SMALL = CONTENT[: BLOCK - 3]


# Storing


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, len(CONTENT)])
def test_what_is_stored_is_what_the_source_held(length: int) -> None:
    """With its digest, and metadata from which the catalog can be rebuilt."""
    content = CONTENT[:length]
    source, location = source_with(content)
    archive = FakeArchive()
    found = copied(engine_of(source), location, destination(archive))
    blob = archive.blobs[NAME]

    assert Copied(length, digest_of(content), blob.etag) == found
    assert (content, "audio/wav") == (blob.content, blob.content_type)
    assert {
        **IDENTITY,
        "length": str(length),
        "sha256blocks": digest_of(content).sha256,
        "blocksize": str(BLOCK),
    } == blob.blob_metadata


def test_what_fits_one_block_is_put_in_one_request() -> None:
    """No block is staged."""
    source, location = source_with(SMALL)
    archive = FakeArchive()
    copied(engine_of(source), location, destination(archive))

    assert [("put", NAME)] == archive.calls


@pytest.mark.parametrize(
    "fault", ["reset_mid_body", "truncated_chunked", "overlong", "busy_503", "hang", "range_shifted"]
)
@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize("connections", [1, 2, 4])
def test_a_fault_on_the_way_leaves_no_trace(fault: str, after: int, connections: int) -> None:
    """In any range, of one block or of several."""
    source, location = source_with(CONTENT)
    source.arm(fault, after=after)
    archive = FakeArchive()
    copied(engine_of(source, connections=connections), location, destination(archive))

    assert fault not in source.armed()

    assert CONTENT == archive.blobs[NAME].content


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("not_ready_404", SourceGone),
        ("zero_bytes", SourceChanged),
        ("length_changes", SourceChanged),
        ("busy_503", SourceBusy),
        ("forbidden", SourceRefused),
        ("overlong", TransferBroken),
        ("truncated_wrong_length", TransferBroken),
        ("html_for_media", SourceNotReady),
    ],
)
@pytest.mark.parametrize("after", [1, 4])
def test_a_fault_that_lasts_commits_nothing(fault: str, error: type[RecordingError], after: int) -> None:
    """What was staged stays for the next try."""
    source, location = source_with(CONTENT)
    source.arm(fault, times=None, after=after)
    archive = FakeArchive()
    with pytest.raises(error):
        copy(engine_of(source, connections=2), location, destination(archive))

    assert {} == archive.blobs
    assert len(archive.uncommitted[NAME]) >= 1


def test_a_failure_ends_the_other_ranges_soon() -> None:
    """They do not read the rest of a copy that has failed."""
    source, location = source_with(media(1000 * BLOCK))
    source.arm("not_ready_404", after=10)
    archive = FakeArchive()
    with pytest.raises(SourceGone):
        copy(engine_of(source, connections=4), location, destination(archive))

    assert len(source.opened) < 100


def test_a_source_that_would_take_too_many_blocks_is_refused() -> None:
    """Blob storage takes 50,000 in a blob."""
    source, location = source_with(bytes(50_001))
    with pytest.raises(TransferBroken, match="COPY_BLOCK_MIB"):
        copy(engine_of(source, block=1), location, destination(FakeArchive()))


def test_a_commit_whose_reply_is_lost_is_found() -> None:
    """The next try finds the blob, and proves it."""
    source, location = source_with(CONTENT)
    archive = FakeArchive()
    engine = engine_of(source)

    def lose(operation: str, _name: BlobName) -> None:
        if operation == "commit":
            archive.after = lambda _operation, _name: None
            raise StagedBlocksGone("commit", "no reply")

    archive.after = lose
    with pytest.raises(StagedBlocksGone):
        copy(engine, location, destination(archive))
    with pytest.raises(BlobExists):
        copy(engine, location, destination(archive))

    assert digest_of(CONTENT) == copied_before(engine, archive).digest


def copied_before(engine: object, archive: FakeArchive) -> Copied:
    """The blob at the destination, proven."""
    found = engine.prove(destination(archive))  # type: ignore[attr-defined]
    assert isinstance(found, Copied)
    return found


@pytest.mark.parametrize("swap", ["content", "order", "gone"])
def test_a_committed_blob_that_is_not_what_was_staged_is_an_error(swap: str) -> None:
    """After the commit the archive must list our blocks, in our order."""
    source, location = source_with(CONTENT)
    archive = FakeArchive()

    def tamper(operation: str, name: BlobName) -> None:
        if operation != "committed":
            return
        blob = archive.blobs[name]
        if swap == "content":
            archive.put_as_stranger(name, blob.content)
        elif swap == "order":
            archive.blobs[name] = replace(blob, blocks=blob.blocks[::-1])
        else:
            del archive.blobs[name]

    archive.before = tamper
    with pytest.raises(ArchiveDamaged):
        copy(engine_of(source), location, destination(archive))


@pytest.mark.parametrize("content", [SMALL, CONTENT], ids=["put", "committed"])
def test_an_existing_blob_is_never_overwritten(content: bytes) -> None:
    """Whoever wrote it."""
    source, location = source_with(content)
    archive = FakeArchive()
    archive.put_as_stranger(NAME, b"a stranger's")
    with pytest.raises(BlobExists):
        copy(engine_of(source), location, destination(archive))

    assert b"a stranger's" == archive.blobs[NAME].content


# Two at once


def test_rivals_end_in_one_blob() -> None:
    """Each succeeds, or finds the blob of another, or its blocks discarded by that one's commit."""
    for _ in range(10):
        source, location = source_with(CONTENT)
        archive = FakeArchive()
        found: list[object] = []

        def one(source: FakeSource = source, archive: FakeArchive = archive, found: list[object] = found) -> None:
            engine = engine_of(source)
            try:
                found.append(copied(engine, location, destination(archive)))  # noqa: B023 - called within the round
            except (BlobExists, StagedBlocksGone):
                found.append(copied_before(engine, archive))

        run_together(*[one] * 3)
        assert [Copied(len(CONTENT), digest_of(CONTENT), archive.blobs[NAME].etag)] * 3 == found


@pytest.mark.parametrize("buffers", [1, 2])
@pytest.mark.parametrize("ignores_ranges", [False, True])
def test_many_copies_share_the_smallest_budget(buffers: int, *, ignores_ranges: bool) -> None:
    """Without a deadlock."""
    contents = [media(length, seed) for seed, length in enumerate([1, BLOCK, 2 * BLOCK, 700, 900, 1100])]
    source = FakeSource(ignores_ranges=ignores_ranges)
    locations = [source.add(content) for content in contents]
    archive = FakeArchive()
    engine = engine_of(source, buffers=buffers)
    names = [BlobName(f"{index}.wav") for index in range(len(contents))]

    def one(index: int) -> None:
        copied(engine, locations[index], destination(archive, names[index]))

    run_together(*(lambda index=index: one(index) for index in range(len(contents))))

    assert contents == [archive.blobs[name].content for name in names]
    assert engine.pool.count == buffers


@pytest.mark.parametrize("content", [SMALL, CONTENT], ids=["put", "committed"])
def test_an_existing_blob_can_be_proven_while_the_source_is_open(content: bytes) -> None:
    """With one buffer too: that of the first block has been given back."""
    source, location = source_with(content)
    archive = FakeArchive()
    engine = engine_of(source, buffers=1)
    first = copied(engine, location, destination(archive))

    def again() -> None:
        with engine.open(location) as opened:
            with pytest.raises(BlobExists):
                opened.store(destination(archive), 1e12)
            assert first == engine.prove(destination(archive))

    run_together(again)


# Inspecting


@pytest.mark.parametrize("buffers", [1, 4])
def test_an_error_page_is_not_media(buffers: int) -> None:
    """It passes by itself, and nothing is stored."""
    source, location = source_with(CONTENT)
    source.arm("untyped_html")
    with (
        engine_of(source, buffers=buffers).open(location) as opened,
        pytest.raises(SourceNotReady, match="error page"),
    ):
        opened.facts()


ODD = [
    "short_206",
    "no_total",
    "no_length_200",
    "breaks_every",
    "odd_encoding_none",
    "content_range_capital",
    "range_not_satisfiable_416",
]


@pytest.mark.parametrize("fault", ODD)
@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, len(CONTENT)])
def test_whatever_a_source_may_reply_is_copied(fault: str, length: int) -> None:
    """If it does so each time, with a content of one block or of many."""
    content = CONTENT[:length]
    source, location = source_with(content)
    source.arm(fault, times=None, amount=BLOCK // 3)
    archive = FakeArchive()
    found = copied(engine_of(source), location, destination(archive))

    assert (length, digest_of(content)) == (found.length, found.digest)
    assert content == archive.blobs[NAME].content
    assert digest_of(content) == engine_of(source).hash_source(location)


def test_inspecting_the_end_reads_only_what_it_needs() -> None:
    """A box at the end of an mp4 is read by a range; without ranges it is not read."""
    boxes = (24).to_bytes(4) + b"ftypisom" + bytes(12) + (99 * BLOCK).to_bytes(4) + b"mdat" + bytes(99 * BLOCK - 8)
    content = boxes + (16).to_bytes(4) + b"moov" + (8).to_bytes(4) + b"free"
    source, location = source_with(content)
    with engine_of(source).open(location) as opened:
        opened.facts()
    assert source.served < len(content)

    source.ignores_ranges = True
    with engine_of(source).open(location) as opened:
        opened.facts()


def test_a_small_content_is_read_whole() -> None:
    """Such as a metadata file."""
    source, location = source_with(SMALL)

    assert SMALL == engine_of(source).read_small(location, 1000)


# Hashing the source


@pytest.mark.parametrize("ignores_ranges", [False, True])
@pytest.mark.parametrize("length", [1, BLOCK, BLOCK + 1, len(CONTENT)])
def test_hashing_the_source_stores_nothing(length: int, *, ignores_ranges: bool) -> None:
    """It needs one buffer."""
    source, location = source_with(CONTENT[:length])
    source.ignores_ranges = ignores_ranges
    engine = engine_of(source, buffers=1)

    assert digest_of(CONTENT[:length]) == engine.hash_source(location)
