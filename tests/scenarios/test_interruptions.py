"""Killed and stopped hosts: an interrupted try costs the blocks in flight, and no event is lost."""

import contextlib
import random
from collections.abc import Iterator

import pytest

from local.eventgrid.subscription import DEFAULT_TIME_TO_LIVE
from local.stack import Stack, wait_for
from recording.core.formats.events import RECORDING_FILE_STATUS_UPDATED
from tests.scenarios.sounds import MEBIBYTE, long_wav, short_wav, wav
from tests.scenarios.worlds import (
    assert_archived,
    blob_name,
    blobs_of,
    chunk_view,
    given,
    wait_staged,
)

SIX_BLOCKS_MS = 180_000
IN_THE_FIFTH = 9 * MEBIBYTE // 2


@pytest.fixture(autouse=True)
def running_again(stack: Stack) -> Iterator[None]:
    """Restart the host after each test; Event Grid's retry schedule is shortened to at most a second.

    Its time to live is not: however slowly a host starts, no event is given up meanwhile.
    """
    usual = stack.event_grid.scale
    stack.event_grid.scale = usual / 5
    stack.event_grid.unsubscribe(stack.subscription)
    url = stack.host.event_grid_url("recording_file_status_updated")
    patient = stack.event_grid.subscribe(url, [RECORDING_FILE_STATUS_UPDATED], time_to_live=30 * DEFAULT_TIME_TO_LIVE)
    yield
    stack.event_grid.scale = usual
    with contextlib.suppress(RuntimeError):  # it runs
        stack.host.start()
    stack.event_grid.unsubscribe(patient)
    stack.subscribe()


def test_a_copy_that_was_killed_goes_on_from_its_staged_blocks(stack: Stack, way: str) -> None:
    """Only the first block, which is checked again, and the block in flight are read again."""
    found = given(stack, [wav(SIX_BLOCKS_MS, 900)])
    found.arm("hang_mid_body", at=IN_THE_FIFTH, seconds=60.0)
    found.publish()
    staged = {block.id for block in wait_staged(stack, blob_name(found), 5)}
    stack.host.kill()
    before = len(stack.acs.world.requests)
    assert set() == blobs_of(stack, "recordings", found.id) - {f"{blob_name(found)}.metadata.json"}
    stack.host.start()
    assert_archived(stack, found.recording)

    (source,) = found.chunks
    again = [
        str(record.range)
        for record in stack.acs.world.requests[before:]
        if (record.operation, record.document_id, record.status) == ("content", source.document_id, 206)
    ]
    assert [f"bytes=0-{MEBIBYTE - 1}", f"bytes={4 * MEBIBYTE}-{5 * MEBIBYTE - 1}"] == sorted(again)
    committed = stack.container().get_blob_client(blob_name(found)).get_block_list("committed")[0]
    assert staged < {block.id for block in committed}
    assert {} == chunk_view(stack, found.id)["failures"]


def test_a_host_killed_again_and_again_loses_nothing(stack: Stack) -> None:
    """At random moments: between event and message, during the copy, before the release, before the manifest."""
    moments = random.Random(7)
    found = [given(stack, [long_wav(910), short_wav(911), short_wav(912)]) for _ in range(3)]
    for round_, one in enumerate(found):
        one.publish(copies=2)
        before = len(stack.acs.world.requests)
        wanted = before + moments.randrange(1, 9)
        stack.acs.world.wait_for(lambda world, wanted=wanted: len(world.requests) >= wanted, 2.0)  # type: ignore[misc]
        stack.host.kill()
        if round_ < len(found) - 1:
            stack.host.start()
    stack.host.start()

    for one in found:
        assert_archived(stack, one.recording)


def test_events_that_come_while_the_host_is_down_are_delivered_when_it_is_up(stack: Stack) -> None:
    """Event Grid retries; nothing is dead-lettered."""
    found = [given(stack, [short_wav(920 + number)]) for number in range(3)]
    stack.host.kill()
    for one in found:
        one.publish()
    ids = {one.event["id"] for one in found}

    def refused() -> bool:
        tried = [one for one in stack.event_grid.deliveries if ids & set(one.event_ids)]
        return len({one.event_ids for one in tried}) == len(ids)

    wait_for(refused, "each event to be refused once")
    stack.host.start()

    for one in found:
        assert_archived(stack, one.recording)


def test_a_host_that_is_stopped_in_order_loses_nothing(stack: Stack, way: str) -> None:
    """A deployment during a copy."""
    found = given(stack, [wav(SIX_BLOCKS_MS, 930)])
    found.arm("slow_body", amount=MEBIBYTE // 16, seconds=0.1, count=None)
    found.publish()
    wait_staged(stack, blob_name(found), 1)
    stack.host.restart()

    assert_archived(stack, found.recording)
