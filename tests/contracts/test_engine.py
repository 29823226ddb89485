"""The copy engine over the real adapters: the local service on one side, Blob storage on the other."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from recording.copying.destination import Copied, Progress, unwatched
from recording.copying.engine import Engine
from recording.core import blocks
from recording.core.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    BlobExists,
    RecordingError,
    SourceChanged,
    SourceGone,
    SourceNotReady,
    Transient,
)
from recording.core.model import Location
from tests.contracts.containers import RealContainer
from tests.contracts.stores import RealStore
from tests.copying.copies import (
    JOIN_SECONDS,
    NAME,
    Clock,
    copied,
    copy,
    destination,
    digest_of,
    engine_of,
    media,
    run_together,
)

pytestmark = pytest.mark.usefixtures("quick_tries")
BLOCK = 64 << 10
CONTENT = media(10 * BLOCK + 777)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class World:
    """A chunk at the source, and the container it goes to."""

    store: RealStore
    container: RealContainer
    location: Location

    def engine(self, *, connections: int = 3, buffers: int = 3, monotonic: Callable[[], float] | None = None) -> Engine:
        return engine_of(self.store.source, block=BLOCK, buffers=buffers, connections=connections, monotonic=monotonic)

    def copy(self, progress: Progress = unwatched, connections: int = 3) -> None:
        copy(
            self.engine(connections=connections), self.location, destination(self.container.archive), progress=progress
        )

    def compare(self) -> Copied | None:
        """Compare with the blob in the archive, in the memory of one block."""
        return self.engine(buffers=1).compare(self.location, destination(self.container.archive))

    def stored(self) -> bytes | None:
        """The content of the blob."""
        found = self.container.rival.find(NAME)
        if found is None:
            return None
        view = bytearray(found.length)
        assert found.length == self.container.rival.read(NAME, 0, memoryview(view))
        return bytes(view)

    def served(self) -> int:
        """Bytes of content that have left the source."""
        world = self.store.acs.world
        assert world.wait_for(lambda world: all(one.done for one in world.requests))
        (document,) = (one.document_id for one in world.objects.values() if one.content_location == self.location)
        return world.bytes_served(document)


@pytest.fixture
def world(real_store: RealStore, real_container: RealContainer) -> World:
    """Both sides, and one chunk."""
    return World(real_store, real_container, real_store.add(CONTENT).content)


def killing(after: int) -> Progress:
    """Kills a copy after so many blocks are staged."""
    left = threading.Semaphore(after)

    def progress(length: int) -> None:
        if length and not left.acquire(blocking=False):
            raise Killed

    return progress


@pytest.mark.parametrize("length", [1, BLOCK, BLOCK + 1, len(CONTENT)])
def test_what_is_stored_is_what_the_source_held(world: World, length: int) -> None:
    """Byte for byte, with its digest; the source is read once."""
    world.location = world.store.add(CONTENT[:length]).content
    to = destination(world.container.archive)
    found = copied(world.engine(), world.location, to)

    assert CONTENT[:length] == world.stored()
    assert (length, digest_of(CONTENT[:length], BLOCK)) == (found.length, found.digest)
    assert found == world.engine(buffers=1).prove(to)
    assert length == world.served()


@pytest.mark.parametrize("kills", [(0,), (1,), (5,), (9,), (1, 1, 1)], ids=str)
def test_a_copy_killed_anywhere_is_continued(world: World, kills: tuple[int, ...]) -> None:
    """The next copy reads the first block and the blocks that were not staged. No reader sees a partial blob."""
    for moment in kills:
        with pytest.raises(Killed):
            world.copy(progress=killing(moment))
        assert world.stored() is None
    staged = sum(block.length for block in world.container.rival.staged(NAME))
    before = world.served()
    world.copy()

    assert CONTENT == world.stored()
    assert staged > 0
    assert world.served() - before <= BLOCK + len(CONTENT) - staged


PASSING = [
    "busy_503",
    "server_error_502",
    "unauthorized_mid_copy",
    "hang",
    "hang_mid_body",
    "reset_mid_body",
    "truncated_right_length",
    "truncated_wrong_length",
    "truncated_chunked",
    "extra_bytes",
    "range_ignored",
    "range_shifted",
]


@pytest.mark.parametrize(
    ("fault", "after"),
    [*((fault, 4) for fault in PASSING), ("busy_429", 0), ("reset_mid_body", 0), ("range_ignored", 0)],
)
def test_a_fault_on_the_way_leaves_no_trace(world: World, fault: str, after: int) -> None:
    """In the first range or in a later one."""
    world.store.arm(fault, after=after, retry_after=0, seconds=0.3)
    world.copy()

    assert CONTENT == world.stored()


@pytest.mark.parametrize(
    ("fault", "error"),
    [("not_ready_404", SourceGone), ("bad_request_html", SourceNotReady), ("length_changes", SourceChanged)],
)
def test_a_fault_that_takes_minutes_is_left_to_the_queue(world: World, fault: str, error: type[RecordingError]) -> None:
    """Nothing is committed; the next try continues."""
    world.store.arm(fault, after=5)
    with pytest.raises(error):
        world.copy()
    assert world.stored() is None

    world.copy()
    assert CONTENT == world.stored()


@pytest.mark.parametrize("sabotage", ["answer", "lose_request", "lose_reply", "damage"])
def test_a_fault_of_the_archive_is_left_to_the_queue(world: World, sabotage: str) -> None:
    """Whether the block was staged or not; the next try continues."""
    network = world.container.network
    strikes: list[int] = []

    def strike(length: int) -> None:
        strikes.append(length)
        if len(strikes) == 3:
            if sabotage == "answer":
                network.answer(503, "ServerBusy")
            else:
                getattr(network, sabotage)()

    with pytest.raises(Transient) as caught:
        world.copy(progress=strike, connections=1)
    assert isinstance(caught.value, ArchiveBusy | ArchiveDamaged)
    assert world.stored() is None

    world.copy()
    assert CONTENT == world.stored()


def test_a_commit_whose_reply_is_lost_is_proven(world: World) -> None:
    """The next try reads back the blob, and the first block of the source."""
    network = world.container.network
    done: list[int] = []

    def lose_the_commit(length: int) -> None:
        done.append(length)
        if sum(done) == len(CONTENT):
            network.lose_reply()

    with pytest.raises(ArchiveBusy):
        world.copy(progress=lose_the_commit, connections=1)
    with pytest.raises(BlobExists):
        world.copy()
    before = world.served()
    found = world.compare()

    assert found is not None
    assert digest_of(CONTENT, BLOCK) == found.digest
    assert BLOCK == world.served() - before


# On conflict


def test_a_strangers_blob_stays(world: World) -> None:
    """It is different, though it has the same length."""
    world.container.put_as_stranger(NAME, CONTENT[::-1])
    with pytest.raises(BlobExists):
        world.copy()

    assert world.compare() is None
    assert CONTENT[::-1] == world.stored()


@pytest.mark.parametrize("length", [1, BLOCK, len(CONTENT)])
def test_a_strangers_blob_of_the_same_bytes_is_the_sources(world: World, length: int) -> None:
    """It has neither our metadata nor our blocks, so both sides are read completely."""
    world.location = world.store.add(CONTENT[:length]).content
    world.container.put_as_stranger(NAME, CONTENT[:length])
    standing = world.container.rival.find(NAME)
    assert standing is not None

    assert Copied(length, digest_of(CONTENT[:length], BLOCK), standing.etag) == world.compare()


@pytest.mark.parametrize(
    "other",
    [CONTENT[:-1], CONTENT + b"?", CONTENT[:-1] + b"?", b"?" + CONTENT[1:]],
    ids=["shorter", "longer", "another end", "another beginning"],
)
def test_a_blob_of_nearly_the_same_bytes_is_not_the_sources(world: World, other: bytes) -> None:
    """Also if its metadata has the digest of the source."""
    blob_metadata = destination(world.container.archive).blob_metadata(len(CONTENT), digest_of(CONTENT, BLOCK))
    world.container.put_as_stranger(NAME, other, blob_metadata)

    assert world.compare() is None
    assert other == world.stored()


def test_zeros_under_our_metadata_and_block_ids_are_not_believed(world: World) -> None:
    """Anyone who may write to the archive can choose both."""
    to = destination(world.container.archive)
    digests = {at: hashlib.sha256(CONTENT[at * BLOCK : (at + 1) * BLOCK]).digest() for at in range(11)}
    ids = [blocks.block_id(at, digest, 7) for at, digest in digests.items()]
    for at, block_id in enumerate(ids):
        world.container.rival.stage(NAME, block_id, memoryview(bytes(min(BLOCK, len(CONTENT) - at * BLOCK))))
    world.container.rival.commit(NAME, ids, to.blob_metadata(len(CONTENT), digest_of(CONTENT, BLOCK)), to.content_type)

    assert world.engine(buffers=1).prove(to) is None
    assert world.compare() is None
    assert bytes(len(CONTENT)) == world.stored()


def test_where_nothing_stands_nothing_is_the_sources(world: World) -> None:
    """To compare creates nothing."""
    assert world.compare() is None
    assert world.stored() is None


def test_a_source_that_stalls_is_asked_again(world: World) -> None:
    """Each byte arrives within the socket's timeout, but the reply is too slow as a whole."""
    clock = Clock()
    world.store.arm("slow_body", after=2, amount=100, seconds=0.2)
    service = world.store.acs.world
    ended = threading.Event()

    def let_time_pass_while_it_stalls() -> None:
        assert service.wait_for(lambda world: any(fault.hits for fault in world.faults.armed()), JOIN_SECONDS)
        while not ended.is_set() and not service.wait_for(
            lambda world: all(one.done for one in world.requests if one.fault == "slow_body"), 0.1
        ):
            clock.forward(40)

    def read_slowly() -> None:
        copied(world.engine(monotonic=clock, connections=1), world.location, destination(world.container.archive))
        ended.set()

    run_together(read_slowly, let_time_pass_while_it_stalls)

    assert CONTENT == world.stored()
