"""A worker killed at any instruction costs no more than the blocks in flight, and changes nothing else.

A seam is a moment between two actions of the app: a request is held there, the real process that sent it is killed, and
another one continues. The assertions are about the storage, the source and the topic.
"""

import random
import signal
import zlib
from dataclasses import dataclass
from typing import Literal

import pytest

from local.acs.faults import Fault
from local.faultproxy.faults import Moment
from local.faultproxy.operations import Operation
from recording.core.model import ChunkState
from tests.endurance.scene import (
    CONNECTIONS,
    DONE,
    DROPPED,
    MEBIBYTE,
    SETTINGS,
    WAITS,
    Given,
    Scene,
    assert_archived,
    assert_waiting,
    sound,
)
from tests.endurance.workers import ENOUGH, Run

BLOCKS = 4
LENGTH = BLOCKS * MEBIBYTE - 300_000
AT_MOST_IN_FLIGHT = CONNECTIONS * MEBIBYTE


@dataclass(frozen=True)
class Seam:
    """A request to the storage, after `after` of its operation, with `named` in its blob name."""

    operation: Operation
    moment: Moment
    after: int = 0
    named: str = ""


def _moments(operation: Operation, *moments: Moment, after: int = 0, named: str = "") -> list[Seam]:
    return [Seam(operation, moment, after, named) for moment in moments]


SEAMS = {
    f"{what} {seam.moment}": seam
    for what, seams in {
        "the catalog is read": _moments("get_entity", "before", "after"),
        "the metadata is put": _moments("put", "before", "during", "after", named=".metadata.json"),
        "staged blocks are listed": _moments("get_block_list", "before", "after"),
        "the first block is staged": _moments("stage", "before", "during", "after"),
        "a block is staged": _moments("stage", "before", "during", "after", after=2),
        "the last block is staged": _moments("stage", "before", "during", "after", after=BLOCKS - 1),
        "the blob is committed": _moments("commit", "before", "during", "after"),
        "the blob is verified": _moments("get_block_list", "before", "after", after=1),
        "the proof is saved": _moments("upsert", "before", "during", "after"),
        "the blob is asked for before the release": _moments("head", "before", "after"),
        "the metadata is asked for before the release": _moments("head", "before", "after", after=1),
        "the source object is owned": _moments("insert", "before", "during", "after"),
        "the manifest is put": _moments("put", "before", "during", "after", named=".manifest.json"),
        "the release and the completion are saved": _moments("upsert", "before", "during", "after", after=1),
    }.items()
    for seam in seams
}
SOURCE_SEAMS: dict[str, tuple[str, dict[str, object]]] = {
    "the metadata is asked for": ("hang", {"on": "metadata"}),
    "the first range is asked for": ("hang", {}),
    "the first range is coming": ("hang_mid_body", {"at": MEBIBYTE // 2}),
    "a range is asked for": ("hang", {"at": MEBIBYTE * 5 // 2}),
    "a range is coming": ("hang_mid_body", {"at": MEBIBYTE * 5 // 2}),
    "the last range is coming": ("hang_mid_body", {"at": LENGTH - 100_000}),
}


@pytest.fixture
def given(scene: Scene, request: pytest.FixtureRequest) -> Given:
    """A chunk of several blocks, announced; no two tests share its bytes."""
    return scene.given(sound(LENGTH, zlib.crc32(request.node.name.encode())))


def killed_at(scene: Scene, given: Given, seam: Seam, with_signal: signal.Signals = signal.SIGKILL) -> None:
    """Process the message in a child until the seam is reached, and kill the child there."""
    held = scene.proxy.arm("pause", seam.operation, seam.moment, named=seam.named, after=seam.after)
    run = scene.start(given)
    held.wait()
    run.kill(with_signal)
    held.drop()
    scene.proxy.wait_idle()
    assert -with_signal == run.status


def assert_goes_on(
    scene: Scene,
    given: Given,
    kills: int = 1,
    *,
    in_flight: int = AT_MOST_IN_FLIGHT,
    settings: dict[str, str] | None = None,
) -> None:
    """No partial blob is visible; another worker finishes, and reads again the first block and those in flight."""
    chunk = given.chunk
    before, asked = given.served, len(given.asked)
    blocks = set(range(-(-len(given.content) // MEBIBYTE)))
    committed = chunk.name in scene.names(given)
    if committed:
        assert given.content == scene.blob(chunk.name)
    staged = blocks if committed else given.staged
    left = sum(len(given.content[at * MEBIBYTE :][:MEBIBYTE]) for at in blocks - staged)
    known = chunk.state is not ChunkState.ANNOUNCED

    assert [[DONE]] == scene.drive(given, settings=settings)

    assert_archived(given)
    assert () == given.chunk.failures
    again = given.asked[asked:]
    assert (set() if known else {0} | (blocks - staged)) >= set().union(*again)
    assert given.served - before <= (0 if known else left + MEBIBYTE)
    assert before - (len(given.content) - left) <= kills * (MEBIBYTE + in_flight)


@pytest.mark.parametrize("seam", SEAMS)
def test_a_worker_killed_at_the_destination_is_followed_by_one_that_goes_on(
    scene: Scene, given: Given, seam: str
) -> None:
    """Before, during and after every request to the storage."""
    killed_at(scene, given, SEAMS[seam])

    assert_goes_on(scene, given)


@pytest.mark.parametrize("seam", SOURCE_SEAMS)
def test_a_worker_killed_at_the_source_is_followed_by_one_that_goes_on(scene: Scene, given: Given, seam: str) -> None:
    """While it requests a range, and in the middle of one."""
    name, trigger = SOURCE_SEAMS[seam]
    held = scene.acs.world.arm(name, object_id=given.source.document_id, seconds=60.0, **trigger)  # type: ignore[arg-type]
    run = scene.start(given)
    assert scene.acs.world.wait_for(lambda _world: held.hits > 0 and _is_half_sent(scene, given, held), ENOUGH)
    run.kill()
    held.stop()
    scene.proxy.wait_idle()
    # What the killed worker has asked for may be noted after its end, and is not the next worker's.
    assert scene.acs.world.wait_for(lambda world: all(one.done for one in world.requests), ENOUGH)

    assert_goes_on(scene, given)


def _is_half_sent(scene: Scene, given: Given, held: Fault) -> bool:
    """Whether the transfer has reached the point where it hangs."""
    if held.at is None or held.name == "hang":
        return True
    wanted = held.at % MEBIBYTE
    found = [
        one for one in scene.acs.world.requests if (one.document_id, one.fault) == (given.source.document_id, held.name)
    ]
    return bool(found) and found[-1].bytes_sent >= wanted


@pytest.mark.parametrize("done", [False, True], ids=["before", "done but not seen"])
def test_a_worker_killed_at_the_release_is_followed_by_one_that_goes_on(
    scene: Scene, given: Given, *, done: bool
) -> None:
    """The delete did not arrive, or its reply was lost: then 404 shows that it is deleted."""
    runs: list[Run] = []

    def kill() -> Fault | None:
        runs[0].kill()
        return None if done else DROPPED

    scene.on_delete[given.source.document_id] = kill
    runs.append(scene.start(given))
    assert [] == runs[0].wait()
    assert scene.acs.world.wait_for(lambda _world: done != given.source.exists, ENOUGH)

    assert_goes_on(scene, given)
    answers = [
        one.status
        for one in scene.acs.world.requests
        if (one.document_id, one.operation) == (given.source.document_id, "delete")
    ]
    assert (404 if done else 200) == answers[-1]


@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_a_worker_killed_as_it_puts_its_message_back_is_followed_by_one_that_waits(
    scene: Scene, given: Given, moment: Moment
) -> None:
    """The failed try is counted once; the host retries the first message, and a second message changes nothing."""
    late = scene.acs.world.arm("not_ready_404", object_id=given.source.document_id, count=None)
    killed_at(scene, given, Seam("enqueue", moment))
    late.stop()
    assert_waiting(given)
    assert given.chunk.look_at is not None

    (tries,) = scene.drive(given)
    assert DONE == tries.pop()
    assert [WAITS] * len(tries) == tries
    assert [DONE] == scene.start(given).wait()
    assert_archived(given)
    assert (("source_gone", late.hits),) == given.chunk.failures
    assert len(given.content) == given.served


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_as_it_tells_of_it_is_followed_by_one_that_tells(
    scene: Scene, given: Given, moment: Literal["before", "after"]
) -> None:
    """At least once, always as the same event."""
    runs: list[Run] = []

    def kill() -> None:
        runs[0].kill()

    scene.topic.at(moment, kill)
    runs.append(scene.start(given))
    assert [] == runs[0].wait()

    assert_goes_on(scene, given)


@pytest.mark.parametrize(
    "seam",
    [
        "a block is staged during",
        "the blob is committed after",
        "the proof is saved before",
        "the release and the completion are saved after",
    ],
)
def test_a_worker_that_is_told_to_end_is_as_one_that_is_killed(scene: Scene, given: Given, seam: str) -> None:
    """By SIGTERM, which the Functions worker does not handle either."""
    killed_at(scene, given, SEAMS[seam], signal.SIGTERM)

    assert_goes_on(scene, given)


def test_a_worker_killed_at_one_seam_after_the_other_comes_to_an_end(scene: Scene, given: Given) -> None:
    """Each continues where the last was killed; no staged block is read again."""
    kills = ["a block is staged during", "the first block is staged before", "the blob is committed during"]
    kills += [
        "the blob is committed after",
        "the proof is saved after",
        "the release and the completion are saved before",
    ]
    for number, seam in enumerate(kills):
        # Each run makes fewer requests than the one before it, as it has less to do.
        at = SEAMS[seam]
        first = Seam(at.operation, at.moment, 0, at.named) if number else at
        killed_at(scene, given, first)

    assert_goes_on(scene, given, len(kills))


RUNS = {"COPY_CONNECTIONS": "2"}
"""With so few connections a request asks for several blocks: as many as the budget has buffers for each connection."""
BUDGET = int(SETTINGS["COPY_MEMORY_MIB"]) * MEBIBYTE


@pytest.mark.parametrize("moment", ["before", "during", "after"])
@pytest.mark.parametrize("after", [1, 4, 8])
def test_a_worker_killed_while_several_blocks_come_at_once_is_followed_by_one_that_goes_on(
    scene: Scene, moment: Moment, after: int
) -> None:
    """What was requested and not staged is read again, never more than the budget holds."""
    given = scene.given(sound(10 * MEBIBYTE, zlib.crc32(f"{moment} {after}".encode())))
    held = scene.proxy.arm("pause", "stage", moment, after=after)
    run = scene.start(given, settings=RUNS)
    held.wait()
    run.kill()
    held.drop()
    scene.proxy.wait_idle()

    assert_goes_on(scene, given, in_flight=BUDGET, settings=RUNS)


KILLS = 3
SEEDS = range(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_workers_killed_at_random_change_nothing(scene: Scene, seed: int) -> None:
    """Three kills at random moments; the fourth run does the remaining work, if any."""
    chance = random.Random(seed)
    given = scene.given(sound(LENGTH, 1000 + seed))
    kills = 0
    for _ in range(KILLS):
        run = scene.start(given)
        run.ended.wait(chance.uniform(0.05, 0.6))
        run.kill()
        kills += run.status != 0
    scene.proxy.wait_idle()

    assert_goes_on(scene, given, kills)
