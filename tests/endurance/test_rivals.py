"""Two writers under one name: another worker with the same chunk, or a program with other content.

Nothing is overwritten. A blob with equal bytes is ours, whoever wrote it; a different blob stays, and our copy goes to
quarantine.
"""

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.storage.blob import BlobClient

from local.faultproxy.faults import Fault, Moment
from local.faultproxy.operations import Operation
from tests.endurance.scene import (
    ALREADY_RUNNING,
    DONE,
    MEBIBYTE,
    WAITS,
    Given,
    Scene,
    assert_archived,
    assert_quarantined,
    assert_waiting,
    sound,
)
from tests.endurance.workers import Run

LENGTH = 3 * MEBIBYTE + 400_000
SHORT = 150_000
BY_THE_WAY = "the archive holds another blob of this name"


@pytest.fixture
def given(scene: Scene, request: pytest.FixtureRequest) -> Given:
    """A chunk of several blocks, announced; no two tests share its bytes."""
    return scene.given(sound(LENGTH, _seed(request.node.name)))


@pytest.fixture
def small(scene: Scene, request: pytest.FixtureRequest) -> Given:
    """A chunk of one block."""
    return scene.given(sound(SHORT, _seed(request.node.name)))


def _seed(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])


def blob_of(given: Given) -> BlobClient:
    """The chunk's blob, accessed without the proxy."""
    return given.scene.container().get_blob_client(given.chunk.name)


def deletes(given: Given) -> list[int]:
    """The source's answers to all deletes."""
    return [
        one.status
        for one in given.scene.acs.world.requests
        if (one.document_id, one.operation) == (given.source.document_id, "delete")
    ]


def held_at(given: Given, operation: Operation, moment: Moment, after: int = 0) -> tuple[Run, Fault]:
    """A worker that is held at a seam."""
    fault = given.scene.proxy.arm("pause", operation, moment, named=given.chunk.name, after=after)
    run = given.scene.start(given)
    fault.wait()
    return run, fault


# --- the same chunk, by several workers ---


@pytest.mark.parametrize("processes", [2, 3, 4])
@pytest.mark.parametrize("length", [LENGTH, SHORT], ids=["several blocks", "one block"])
def test_workers_that_copy_one_chunk_at_a_time_make_one_archive(scene: Scene, processes: int, length: int) -> None:
    """One blob, one digest, one delete that found something."""
    given = scene.given(sound(length, processes))
    with ThreadPoolExecutor(processes) as pool:
        ended = list(pool.map(scene.finish, [given] * processes))

    assert [[DONE]] * processes == ended
    assert_archived(given)
    assert 1 == deletes(given).count(200)


def test_threads_that_copy_one_chunk_at_a_time_make_one_archive(scene: Scene, given: Given) -> None:
    """The queue may hand one message twice to one worker: it is read once, and the second is acknowledged at once."""
    ended = scene.start(given, given, given, threads=3).wait()

    assert DONE in ended
    assert all(one in (DONE, ALREADY_RUNNING) for one in ended)
    assert_archived(given)
    assert len(given.content) == given.served
    assert 1 == deletes(given).count(200)


@pytest.mark.parametrize(
    ("operation", "moment", "after"),
    [
        ("get_block_list", "after", 0),
        ("stage", "before", 0),
        ("stage", "before", 2),
        ("stage", "during", 3),
        ("commit", "before", 0),
        ("commit", "after", 0),
        ("get_block_list", "before", 1),
        ("head", "before", 0),
    ],
)
def test_a_worker_overtaken_by_another_finds_the_work_done(
    scene: Scene, given: Given, operation: Operation, moment: Moment, after: int
) -> None:
    """It is held anywhere while another worker does everything up to the release; it then changes nothing.

    It proves the existing blob, or finds the source deleted, which is counted.
    """
    slow, held = held_at(given, operation, moment, after)
    assert [DONE] == scene.finish(given)
    etag = blob_of(given).get_blob_properties().etag
    held.release()

    assert [DONE] == slow.wait()
    assert_archived(given)
    assert etag == blob_of(given).get_blob_properties().etag
    assert given.chunk.failures in ((), (("source_gone", 1),))
    assert 1 == deletes(given).count(200)


# --- blobs of other programs ---


def test_the_same_bytes_put_by_somebody_else_are_proven_by_reading_them(scene: Scene, given: Given) -> None:
    """A blob without our metadata: compared with the source, byte by byte."""
    blob_of(given).upload_blob(given.content)

    assert [DONE] == scene.finish(given)
    assert_archived(given)


@pytest.mark.parametrize("length", [LENGTH, SHORT], ids=["several blocks", "one block"])
def test_other_bytes_of_somebody_else_stay(scene: Scene, length: int) -> None:
    """Ours is quarantined whole, once, the source kept, an alert published; retried until the other bytes are gone."""
    given = [scene.given(sound(length, length + number)) for number in range(3)]
    as_long, shorter, empty = (one.content for one in given)
    standing = [bytes(len(as_long)), shorter[:-1], empty[:0]]
    for one, other in zip(given, standing, strict=True):
        blob_of(one).upload_blob(other)

    for looks in (1, 2):
        while any(one.chunk.tries < looks for one in given):
            assert [WAITS] * 3 == scene.start(*given, threads=3).wait()
            for one in given:
                scene.messages.take(one.message)
        for one, other in zip(given, standing, strict=True):
            assert_quarantined(one, standing=other)
            assert (BY_THE_WAY,) == one.chunk.doubts

    for one in given:
        blob_of(one).delete_blob()
    assert [DONE] * 3 == scene.finish(*given, threads=3)
    for one in given:
        assert_archived(one, was_doubted=True)


def test_a_reader_that_is_lied_to_doubts(scene: Scene, given: Given) -> None:
    """A byte changed during the read: nothing is released on that. The next read gets the right bytes."""
    blob_of(given).upload_blob(given.content)
    lie = scene.proxy.arm("damaged_reply", "read", named=given.mark, count=None)

    assert [WAITS] == scene.start(given).wait()
    lie.stop()
    assert lie.hits > 0
    assert_quarantined(given, standing=given.content)
    scene.messages.take(given.message)
    assert [DONE] == scene.finish(given)
    assert_archived(given, was_doubted=True)


@pytest.mark.parametrize("same", [True, False], ids=["same bytes", "other bytes"])
def test_a_leased_blob_is_asked_what_it_is(scene: Scene, given: Given, *, same: bool) -> None:
    """412 and 409 of a lease are conflicts as any other: read what is there and compare."""
    standing = given.content if same else given.content[::-1]
    blob_of(given).upload_blob(standing)
    blob_of(given).acquire_lease()

    assert [DONE if same else WAITS] == scene.start(given).wait()
    if same:
        assert_archived(given)
    else:
        assert_quarantined(given, standing=standing)


@pytest.mark.parametrize("same", [True, False], ids=["same bytes", "other bytes"])
@pytest.mark.parametrize(("operation", "after"), [("stage", 1), ("commit", 0)])
def test_a_commit_in_the_middle_of_the_copy_is_asked_what_it_is(
    scene: Scene, given: Given, operation: Operation, after: int, *, same: bool
) -> None:
    """It discards our staged blocks: our commit fails, and the existing blob is compared."""
    standing = given.content if same else given.content[::-1]
    run, held = held_at(given, operation, "before", after)
    blob_of(given).upload_blob(standing, overwrite=True)  # for Azurite, uncommitted blocks count as a blob
    held.release()

    assert [DONE if same else WAITS] == run.wait()
    if same:
        assert_archived(given)
    else:
        assert_quarantined(given, standing=standing)


def test_staged_blocks_that_vanish_are_staged_again(scene: Scene, given: Given) -> None:
    """Another worker committed and deleted: InvalidBlockList without a blob. It is counted and retried."""
    run, held = held_at(given, "commit", "before")
    blob_of(given).commit_block_list([])
    blob_of(given).delete_blob()
    held.release()

    if [WAITS] == run.wait():  # a slow run may start the next try before it ends
        assert_waiting(given)
        scene.messages.take(given.message)
    assert (("staged_blocks_gone", 1),) == given.chunk.failures
    assert [DONE] == scene.finish(given)
    assert_archived(given)


# --- blocks that are not of this copy ---


def test_foreign_blocks_of_another_id_length_keep_ours_out(scene: Scene, given: Given) -> None:
    """Blob storage takes ids of one length only, and the foreign ones stay a week: ours is quarantined at once."""
    blob_of(given).stage_block("short", b"foreign")

    assert [WAITS] == scene.start(given).wait()
    assert_quarantined(given)
    assert "not ours" in given.chunk.doubts[0]


def test_foreign_blocks_of_our_id_length_are_left_out(scene: Scene, given: Given) -> None:
    blob_of(given).stage_block("x" * 64, b"foreign")

    assert [DONE] == scene.finish(given)
    assert_archived(given)


@pytest.mark.parametrize("first", [2, 3])
def test_blocks_of_another_block_size_are_left_out(scene: Scene, first: int) -> None:
    """COPY_BLOCK_MIB was changed during the copy: the last block of the old size looks like one of the new."""
    given = scene.given(sound((2 * first + 1) * MEBIBYTE, first))
    settings = {"COPY_BLOCK_MIB": str(first), "COPY_MEMORY_MIB": "12"}
    held = scene.proxy.arm("pause", "commit", named=given.mark)
    run = scene.start(given, settings=settings)
    held.wait()
    run.kill()
    held.drop()
    assert 3 == len(scene.staged(given))

    assert [DONE] == scene.finish(given)
    assert_archived(given)


def test_blocks_of_other_content_are_left_out(scene: Scene, given: Given) -> None:
    """The source changed, with the same length and validators, and two workers were killed: nothing is mixed."""
    run, held = held_at(given, "commit", "before")
    run.kill()
    held.drop()
    changed = scene.replace(given, sound(LENGTH, 99))
    run, held = held_at(changed, "stage", "after")
    run.kill()
    held.drop()
    scene.proxy.wait_idle()
    assert 5 == len(scene.staged(given))

    assert [DONE] == scene.finish(changed)
    assert_archived(changed)


def test_two_blocks_that_claim_one_place_are_both_left_out(scene: Scene, given: Given) -> None:
    """Which one is right is unknown: that block is read again."""
    run, held = held_at(given, "commit", "before")
    run.kill()
    held.drop()
    (claimed,) = (name for name, _ in scene.staged(given) if b"\0\2" == base64.urlsafe_b64decode(name)[:2])
    rival = claimed[:-4] + ("AAAA" if claimed[-4:] != "AAAA" else "BBBB")
    blob_of(given).stage_block(rival, bytes(MEBIBYTE))

    assert [DONE] == scene.finish(given)
    assert_archived(given)


def test_many_workers_with_chunks_of_their_own_do_not_meet(scene: Scene) -> None:
    """Four processes, twelve recordings."""
    given = [scene.given(sound(SHORT * (1 + number), 500 + number)) for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda at: scene.finish(*given[at::4], threads=3), range(4)))

    assert [[DONE] * 3] * 4 == ended
    for one in given:
        assert_archived(one)
