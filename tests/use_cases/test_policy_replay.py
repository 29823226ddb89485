"""A draft of a policy, held against the call events that the journal has kept."""

from typing import Any

from recording.adapters.policy_text import policy_of
from recording.core.errors import BlobExists
from recording.core.formats.api import PageRequest, Replayed, ReplayRequest
from recording.core.formats.events import CALL_CONNECTED, CALL_STARTED
from recording.core.model import BlobName, Door
from tests.core.formats.file_events import file_event
from tests.core.policy.policies import rule, text_of
from tests.use_cases.world import START, World

DRAFT = policy_of(text_of(rule("big", match="call: [group]"), rule("rest", record="false")))


def event(name: str, kind: str = CALL_STARTED, **data: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "id": name,
        "eventType": kind,
        "eventTime": "2026-03-01T11:00:00Z",
        "data": {"serverCallId": name, **data},
    }


def replayed(world: World, limit: int = 50) -> list[Replayed]:
    """All pages."""
    found, mark, is_last = list[Replayed](), "", False
    while not is_last:
        page, mark = world.app.policy_replay.replay(DRAFT, ReplayRequest(PageRequest(limit, mark), START))
        assert len(page) <= limit
        found += page
        is_last = not mark
    return sorted(found, key=lambda one: one.event.event_id)


def test_the_calls_of_a_day_are_decided_by_both() -> None:
    """In pages; what is no call event is passed over."""
    world = World()
    for name in ("a", "b", "c"):
        world.calls.add_call()
        world.deliver(event(name, group={"id": "g"} if name == "b" else {}), Door.FUNCTION_KEY)
    world.deliver(file_event())
    world.journal.blobs[BlobName("2026/03/01/broken.json")] = world.journal.blobs[next(iter(world.journal.blobs))]
    found = replayed(world, limit=2)

    assert ["a", "b", "c"] == sorted({one.event.event_id for one in found})
    assert {"everything"} == {one.now.rule.id for one in found if one.now.rule}
    assert {"a": "rest", "b": "big", "c": "rest"} == {
        one.event.event_id: one.draft.rule.id for one in found if one.draft.rule
    }


def test_the_time_of_the_event_decides_or_else_when_it_came() -> None:
    world = World()
    timeless = {key: value for key, value in event("b", CALL_CONNECTED).items() if key != "eventTime"}
    world.deliver([event("a"), timeless], Door.FUNCTION_KEY)
    first, second = replayed(world)

    assert ("2026-03-01T11:00:00+00:00", START) == (
        str(first.event.call.at).replace(" ", "T"),
        second.event.call.at,
    )


def test_what_cannot_be_read_is_passed_over() -> None:
    """It was reported when it came; so was an event that names no call."""
    world = World()
    for name, body in (("x", b"{"), ("y", b'{"eventType": "Microsoft.Communication.CallStarted"}'), ("z", b"5")):
        world.journal.put(BlobName(f"2026/03/01/{name}.json"), memoryview(body), {}, "application/json")
    world.journal.put(BlobName("2026/03/01/huge.json"), memoryview(b" " * (3 << 20)), {}, "application/json")

    assert [] == replayed(world)


def test_an_entry_in_the_archive_tier_keeps_no_other_from_the_replay() -> None:
    world = World()
    for name in ("a", "b"):
        world.calls.add_call()
        world.deliver(event(name), Door.FUNCTION_KEY)
    moved = next(iter(world.journal.blobs))

    def before(operation: str, name: BlobName) -> None:
        if (operation, name) == ("read", moved):
            raise BlobExists("read blob", "409 BlobArchived")

    world.journal.before = before

    assert ["b"] == [one.event.event_id for one in replayed(world)]


def test_nothing_is_changed_by_a_replay() -> None:
    world = World()
    world.calls.add_call()
    world.deliver(event("server-1"), Door.FUNCTION_KEY)
    entries, claims, kept = dict(world.catalog.entries), dict(world.catalog.claims), dict(world.journal.blobs)
    replayed(world)

    assert (entries, claims, kept) == (world.catalog.entries, world.catalog.claims, world.journal.blobs)
