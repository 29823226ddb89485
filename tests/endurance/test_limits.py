"""Copies in a bounded memory and a bounded time."""

from datetime import timedelta

import pytest

from recording.core.model import ChunkState
from tests.endurance.scene import (
    MEBIBYTE,
    QUARANTINE,
    Scene,
    assert_archived,
    assert_quarantined,
    assert_waiting,
    sound,
)

LENGTH = 5 * MEBIBYTE + 300_000
SHORT = 150_000


@pytest.mark.parametrize("buffers", [1, 2])
@pytest.mark.parametrize("way", ["ranges", "one stream"])
def test_copies_that_share_too_few_buffers_all_come_to_an_end(scene: Scene, buffers: int, way: str) -> None:
    """Six at a time in one process: who cannot have a buffer waits, and none waits for ever."""
    given = [scene.given(sound(2 * MEBIBYTE + 500_000 - 100_000 * number, number)) for number in range(6)]
    if way == "one stream":
        for one in given:
            scene.acs.world.arm("range_ignored", object_id=one.source.document_id, count=None)

    ended = scene.finish(*given, settings={"COPY_MEMORY_MIB": str(buffers)}, threads=6)

    assert ["done"] * 6 == ended
    for one in given:
        assert_archived(one)


def test_one_buffer_is_enough_to_prove_what_was_kept_apart(scene: Scene) -> None:
    """A doubtful chunk, put whole into quarantine by a worker that was killed before it could say so."""
    given = scene.given(sound(SHORT, 1), duration_ms=60_000)
    held = scene.proxy.arm("pause", "upsert")
    run = scene.start(given)
    held.wait()
    run.kill()
    held.drop()
    assert {given.chunk.name, given.chunk.metadata_name} == scene.names(given, QUARANTINE)
    assert ChunkState.ANNOUNCED is given.chunk.state

    run = scene.start(given, settings={"COPY_MEMORY_MIB": "1"})
    assert [[{"outcome": "quarantined"}]] == run.wait(20.0)

    assert_quarantined(given)


def test_a_copy_that_uses_up_its_time_is_taken_up_again(scene: Scene) -> None:
    """Each slice does some blocks and hands on; none of it counts as a failure, and no block is read twice."""
    given = scene.given(sound(LENGTH, 7))
    # A block takes a twentieth of a second, a slice lasts as long: its second is over in that by the worker's clock.
    scene.acs.world.arm("slow_drip", object_id=given.source.document_id, amount=MEBIBYTE // 2, seconds=0.05, count=None)

    (tries,) = scene.start(
        given,
        settings={"COPY_SLICE_SECONDS": "1", "COPY_CONNECTIONS": "1"},
        clock_rate=20.0,
        tries=10,
    ).wait()

    outcomes = [one.get("outcome") for one in tries]
    assert "done" == outcomes.pop()
    assert ["continues"] * len(outcomes) == outcomes
    assert 2 <= len(outcomes)
    assert_archived(given)
    assert () == given.chunk.failures
    assert given.served <= LENGTH + len(outcomes) * MEBIBYTE


def test_a_clock_that_is_off_is_waited_for(scene: Scene) -> None:
    """Ten minutes: the source refuses the signature, the error says where to look, nothing is lost."""
    given = scene.given(sound(SHORT, 8))
    usual = scene.acs.world.signing_clock
    scene.acs.world.signing_clock = lambda: usual() + timedelta(minutes=10)
    try:
        (tries,) = scene.start(given).wait()
    finally:
        scene.acs.world.signing_clock = usual

    assert ["source_refused"] == [one["error"] for one in tries]
    assert "the clock" in tries[0]["cause"]
    assert_waiting(given)
    assert (("source_refused", 1),) == given.chunk.failures
    assert ["done"] == scene.finish(given)
    assert_archived(given)
