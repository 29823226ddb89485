"""Copies with limited memory and limited time."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from recording.core.model import ChunkState
from tests.endurance.scene import (
    CONTINUES,
    DONE,
    MEBIBYTE,
    QUARANTINE,
    WAITS,
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
    """Six at a time in one process: a copy without a buffer waits, and none waits without end."""
    given = [scene.given(sound(2 * MEBIBYTE + 500_000 - 100_000 * number, number)) for number in range(6)]
    if way == "one stream":
        for one in given:
            scene.acs.world.arm("range_ignored", object_id=one.source.document_id, count=None)

    ended = scene.finish(*given, settings={"COPY_MEMORY_MIB": str(buffers)}, threads=6)

    assert [DONE] * 6 == ended
    for one in given:
        assert_archived(one)


def test_one_buffer_is_enough_to_prove_what_was_kept_apart(scene: Scene) -> None:
    """A doubtful chunk was written whole to quarantine by a worker that was killed before it saved that."""
    given = scene.given(sound(SHORT, 1), duration_ms=60_000)
    held = scene.proxy.arm("pause", "upsert")
    run = scene.start(given)
    held.wait()
    run.kill()
    held.drop()
    assert {given.chunk.name, f"{given.chunk.name}.metadata.json"} == scene.names(given, QUARANTINE)
    assert ChunkState.ANNOUNCED is given.chunk.state

    assert [WAITS] == scene.start(given, settings={"COPY_MEMORY_MIB": "1"}).wait()
    assert_quarantined(given)


TWO_BUFFERS = {"COPY_MEMORY_MIB": "2", "COPY_CONNECTIONS": "1"}
"""One connection, which requests two blocks at a time."""


@pytest.mark.parametrize("killed", [False, True], ids=["", "killed as it hands on"])
def test_a_copy_that_uses_up_its_time_is_taken_up_again(scene: Scene, tmp_path: Path, *, killed: bool) -> None:
    """Each run copies some blocks and puts a new message; it is no failure, and staged blocks are not requested again.

    The worker's clock is set past the time of its run while its second block is being staged, at any real speed.
    """
    given = scene.given(sound(LENGTH, 7 + killed))
    clock = tmp_path / "ahead"
    clock.touch()
    runs = 2
    for number in range(runs):
        before, asked = given.staged, len(given.asked)
        block = scene.proxy.arm("pause", "stage", named=given.mark, after=1)
        run = scene.start(given, settings=TWO_BUFFERS, clock=str(clock))
        block.wait()
        message = scene.proxy.arm("pause", "enqueue") if killed else None
        os.truncate(clock, (number + 1) * 3600)
        block.release()
        if message is None:
            assert [CONTINUES] == run.wait()
            scene.messages.take(given.message)
        else:
            message.wait()
            run.kill()
            message.drop()
            scene.proxy.wait_idle()
        assert set(range(2 * (number + 1))) == given.staged
        assert {0} >= before & set().union(*given.asked[asked:])

    assert [[DONE]] == scene.drive(given, settings=TWO_BUFFERS, clock=str(clock))
    assert_archived(given)
    assert () == given.chunk.failures
    first_block, in_flight = MEBIBYTE, MEBIBYTE
    assert given.served <= LENGTH + runs * (first_block + in_flight)


def test_a_clock_that_is_off_is_waited_for(scene: Scene) -> None:
    """By ten minutes: the source refuses the signature, the error says what to check, nothing is lost."""
    given = scene.given(sound(SHORT, 8))
    usual = scene.acs.world.signing_clock
    scene.acs.world.signing_clock = lambda: usual() + timedelta(minutes=10)
    try:
        assert [WAITS] == scene.start(given).wait()
    finally:
        scene.acs.world.signing_clock = usual

    assert_waiting(given)
    assert {"source_refused"} == given.failures
    assert given.chunk.last_failure is not None
    assert "the clock" in given.chunk.last_failure.hint
    assert [DONE] == scene.finish(given)
    assert_archived(given)
