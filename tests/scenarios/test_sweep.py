"""The sweep in the Functions host finds what was lost on the way, with the timer dead, the ticks lost, or both."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from azure.storage.queue import QueueServiceClient

from local.stack import OPEN_TABLE, Stack, wait_for
from recording.adapters import clients
from recording.adapters.open_work import TableOpenWork
from recording.core.formats.notifications import EventName
from recording.settings import SWEEP_QUEUE
from tests.scenarios.conftest import SETTINGS
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import given, told, view, wait_completed, wait_failures

QUICK = {
    **SETTINGS,
    "COPY_SLICE_SECONDS": "1",
    "SWEEP_SECONDS": "1",
    "OVERDUE_SECONDS": "1",
    "FILE_EVENT_SECONDS": "1",
    "PAUSE_LIMIT_SECONDS": "1",
}
FOREVER = {"count": None}


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory, media_folder: Path) -> Iterator[Stack]:
    """A stack whose sweep goes every second. Its timer comes every five minutes: in a test hardly ever."""
    with Stack(tmp_path_factory.mktemp("sweep"), settings=QUICK, media_folder=media_folder) as running:
        yield running


def break_chain(stack: Stack) -> None:
    """Lose the ticks until none comes any more."""
    queue = QueueServiceClient.from_connection_string(stack.azurite.connection_string).get_queue_client(SWEEP_QUEUE)

    def is_broken() -> bool:
        queue.clear_messages()
        return datetime.now(UTC) - last_tick(stack) > timedelta(seconds=5)

    with closing(queue):
        wait_for(is_broken, "the chain of ticks to break")


def last_tick(stack: Stack) -> datetime:
    with closing(clients.table(OPEN_TABLE, stack.azurite.connection_string)) as table:
        return TableOpenWork(table).load().ticked_at or datetime.now(UTC)


def fire_timer(stack: Stack) -> None:
    url = f"{stack.host.url}/admin/functions/sweep_timer"
    reply = requests.post(url, headers={"x-functions-key": stack.host.master_key}, json={}, timeout=30)
    assert requests.codes.accepted == reply.status_code


def lose_message(stack: Stack, seed: int) -> str:
    """A recording whose message is lost while its source does not answer; its id. The source is right afterwards."""
    found = given(stack, [short_wav(seed)])
    refusal = found.arm("busy_503", **FOREVER)  # type: ignore[arg-type]
    found.publish()
    wait_failures(stack, found.id, 1)

    def is_lost() -> bool:
        stack.clear_messages()
        return not stack.queue_length()

    wait_for(is_lost, "its message to be lost")
    refusal.stop()
    return found.id


def test_ticks_find_a_lost_message_without_a_timer(quick: Stack) -> None:
    """The file event begins the chain."""
    recording_id = lose_message(quick, 7001)
    wait_completed(quick, recording_id)
    assert told(quick, EventName.SWEPT, recording_id)


def test_a_timer_finds_a_lost_message_without_ticks(quick: Stack) -> None:
    """And begins the chain again."""
    recording_id = lose_message(quick, 7002)
    break_chain(quick)
    before = last_tick(quick)
    fire_timer(quick)
    wait_completed(quick, recording_id)
    wait_for(lambda: last_tick(quick) > before, "the chain to begin again")


def test_a_file_event_begins_the_chain_again_without_either(quick: Stack) -> None:
    """It finds the lost message of another recording."""
    recording_id = lose_message(quick, 7003)
    break_chain(quick)
    other = given(quick, [short_wav(7004)])
    other.publish()
    wait_completed(quick, recording_id)
    wait_completed(quick, other.id)


def test_a_missing_file_event_is_told(quick: Stack) -> None:
    """The recording was stopped, and Event Grid loses its event; when that comes after all, all is well."""
    published: list[dict[str, object]] = []
    quick.event_grid.publish, publish = lambda event, **_: published.append(event), quick.event_grid.publish  # type: ignore[method-assign]
    try:
        call = quick.acs.world.start_call()
        quick.acs.world.connect(call)
        started = quick.call("POST", "recordings", json={"serverCallId": call.server_call_id})
        recording_id = started.json()["recordingId"]
        assert requests.codes.ok == quick.call("POST", f"recordings/{recording_id}/stop").status_code
        wait_for(lambda: told(quick, EventName.MISSING, recording_id), "RecordingMissing")
        assert "missing" == view(quick, recording_id)["state"]
        wait_for(lambda: published, "the file event that is lost")
    finally:
        quick.event_grid.publish = publish  # type: ignore[method-assign]
    for event in published:
        publish(event)
    wait_completed(quick, recording_id)


def test_little_time_left_is_told(quick: Stack) -> None:
    """By an event that comes late."""
    found = given(quick, [short_wav(7005)])
    refusal = found.arm("busy_503", **FOREVER)  # type: ignore[arg-type]
    late = datetime.now(UTC) - timedelta(hours=23, minutes=30)
    event = found.event | {"eventTime": late.isoformat()}
    quick.event_grid.publish(event)
    wait_for(lambda: told(quick, EventName.AT_RISK, found.id), "RecordingAtRisk")
    (risk,) = [one for one in told(quick, EventName.AT_RISK, found.id).values() if "1 h" in one["reason"]]
    assert "at risk" == risk["alarm"]
    refusal.stop()
    wait_completed(quick, found.id)


def test_what_is_done_has_no_row_and_health_is_good(quick: Stack) -> None:
    """At the end of it all."""
    with closing(clients.table(OPEN_TABLE, quick.azurite.connection_string)) as table:
        rows = TableOpenWork(table)
        wait_for(lambda: not rows.page(1000).rows, "the open work to be done")
    assert requests.codes.ok == quick.call("GET", "health").status_code


def test_a_pause_that_lasts_for_too_long_is_told(quick: Stack) -> None:
    """Once."""
    world = quick.acs.world
    call = world.start_call(chunk_ms=[1_000])
    world.connect(call)
    recording_id = quick.call("POST", "recordings", json={"serverCallId": call.server_call_id}).json()["recordingId"]
    assert requests.codes.ok == quick.call("POST", f"recordings/{recording_id}/pause").status_code
    wait_for(lambda: told(quick, EventName.PAUSED_LONG, recording_id), "a person to hear")
    world.end_call(call)

    assert 1 == len(told(quick, EventName.PAUSED_LONG, recording_id))


BY_DAYS = {EventName.DELETED, EventName.RETENTION_LIMITED, EventName.HOLD_OVERDUE, EventName.HOLD_LIFTED}
"""What only days bring about, and legal holds, which the emulator does not have: use cases over fakes see these."""
BY_RUNBOOK = {EventName.SILENT}
"""What the scenes of the runbook bring about, through the host."""


def test_every_alert_is_seen_on_the_topic_by_a_scenario() -> None:
    """Each name is waited for or asserted by one, through the host; that it was not told does not count."""
    tests = Path(__file__).parent.parent
    use_cases = "".join(path.read_text() for path in (tests / "use_cases").glob("*.py"))
    assert set() == {name for name in BY_DAYS if f'"{name}"' not in use_cases}
    runbook = (tests / "local/test_runbook.py").read_text()
    assert all(f"scene.told(EventName.{name.name}" in runbook for name in BY_RUNBOOK)
    text = "".join(path.read_text() for path in (tests / "scenarios").glob("*.py"))
    asserted = re.findall(r"(?<!\{\} == )\b(?:wait_)?told\(\w+, (?:EventName\.)?\"?(\w+)", text)
    asserted += re.findall(r"kind(?:: str)? ?= ?\"(\w+)\"", text)
    others = set(EventName) - BY_DAYS - BY_RUNBOOK
    assert set() == {name for name in others if not {str(name), name.name} & set(asserted)}
