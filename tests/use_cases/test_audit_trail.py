"""Whatever is done to a recording stands in its trail; where the trail cannot be written, only the trail waits."""

import contextlib
import json
import threading
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from recording.chunks.archiving import Outcome
from recording.core.errors import ArchiveBusy, ArchiveRefused, InvalidRequest, ServiceBusy, UnknownRecording
from recording.core.formats.api import PageRequest, StartRequest
from recording.core.lifecycle import Looked, Paused, Resumed
from recording.core.model import APP, Actor, Authority, BlobName, Door, RecordingId, RecordingState, View
from recording.core.owing import owed
from recording.core.trail import Fault, links
from recording.entrypoints import recordings
from recording.watch.looking import Acts
from tests.use_cases.kills import KilledError
from tests.use_cases.sweeps import HOUR, MINUTE, WAV, started, sweep
from tests.use_cases.world import RECORDING, START, World, elsewhere, file_event_of

ADA = Actor("entra:ada")


def whole_way(world: World) -> None:
    """A recording that this app starts, pauses, resumes and stops, and whose one chunk is released."""
    started(world)
    world.app.controlling.pause(RECORDING, by=APP)
    world.app.controlling.resume(RECORDING, by=APP)
    world.app.controlling.stop(RECORDING, by=APP)
    sweep(world)
    world.deliver(file_event_of(world.add()))
    world.run()


def written(world: World, recording_id: RecordingId = RECORDING) -> list[dict[str, Any]]:
    """The blobs of a trail, in order."""
    found = sorted((name, blob) for name, blob in world.trail.archive.blobs.items() if f"/{recording_id}/" in name)
    return [json.loads(blob.content) for _, blob in found]


def whats(world: World) -> list[str]:
    return [act["what"] for act in written(world)]


def names(world: World) -> list[BlobName]:
    return sorted(world.trail.archive.blobs)


def acts(world: World, limit: int = 50, after: str = "") -> Acts:
    return world.app.looking.acts(RECORDING, PageRequest(limit, after), by=ADA)


WHOLE = ["Started", "Paused", "Resumed", "Stopped", "Archived", "Released", "Completed"]


def test_the_whole_way_of_a_recording_stands_in_its_trail() -> None:
    """One blob for each act, each with the hash of the one before; then nothing is owed."""
    world = World()
    whole_way(world)

    assert WHOLE == whats(world)
    assert list(range(1, 8)) == [act["number"] for act in written(world)]
    assert (RecordingState.RELEASED, ()) == (world.entry().recording.state, owed(world.entry()))
    assert {} == world.open_work.rows
    assert ((), 7) == ((verified := world.app.looking.verify(RECORDING)).breaks, verified.links)


def test_a_recording_that_others_started_has_a_trail_of_what_this_app_did() -> None:
    world = World()
    world.announce(world.add())
    world.run()

    assert ["Archived", "Released", "Completed"] == whats(world)


def test_what_a_person_does_is_written_by_the_next_sweep() -> None:
    """It is not on the way of an answer; and the row that the recording had would be looked at in hours only."""
    world = World()
    started(world)
    sweep(world, 3)
    world.app.controlling.pause(RECORDING, by=APP)
    assert ["Started"] == whats(world)
    sweep(world)

    assert ["Started", "Paused"] == whats(world)
    assert not list(world.missing_rows())


@pytest.mark.parametrize("place", range(7))
def test_verifying_names_the_link_of_which_a_byte_was_changed(place: int) -> None:
    world = World()
    whole_way(world)
    name = names(world)[place]
    content = bytearray(world.trail.archive.blobs[name].content)
    content[len(content) // 2] ^= 1
    world.trail.archive.put_as_stranger(name, bytes(content))

    (found,) = world.app.looking.verify(RECORDING).breaks
    assert (Fault.CHANGED, place + 1, name) == (found.fault, found.number, found.name)


def test_verifying_names_the_link_that_is_missing() -> None:
    """Also the last, of which no later blob tells."""
    world = World()
    whole_way(world)
    for name in (names(world)[6], names(world)[2]):
        del world.trail.archive.blobs[name]

    assert [(Fault.MISSING, 3), (Fault.MISSING, 7)] == [
        (one.fault, one.number) for one in world.app.looking.verify(RECORDING).breaks
    ]


# Where the trail cannot be written


@pytest.fixture
def closed() -> World:
    """A world whose container of trails does not exist."""
    world = World()
    world.trail.archive.exists = False
    return world


def test_where_the_trail_cannot_be_written_nothing_else_waits(closed: World) -> None:
    """The chunk is released at the same moment as with a trail; its acts are owed, and written once they can be."""
    whole_way(closed)
    assert (RecordingState.RELEASED, START + 5 * MINUTE) == (closed.entry().recording.state, closed.clock.at)
    assert ["RecordingArchived"] == closed.told()
    assert ("7 acts of its audit trail",) == owed(closed.entry())
    assert not list(closed.missing_rows())

    closed.trail.archive.exists = True
    sweep(closed, 3)
    assert (WHOLE, {}) == (whats(closed), closed.open_work.rows)


def test_a_trail_that_cannot_be_written_for_hours_is_told_once(closed: World) -> None:
    whole_way(closed)
    sweep(closed, 8, HOUR)

    (alert,) = [event for event in closed.topic.received if event.event_type == "RecordingAtRisk"]
    assert "audit trail" in str(alert.body["reason"])


def test_a_worker_that_fails_to_write_leaves_trails_alone_for_a_minute(closed: World) -> None:
    """Each try may take long, and would hold up a copy."""
    for number in range(5):
        closed.announce(closed.add(f"document-{number}"), recording_id=RecordingId(f"recording-{number}"))
    closed.run()
    assert 1 == len(closed.trail.archive.calls)

    closed.trail.archive.exists = True
    sweep(closed, 20)
    assert 15 == len(closed.trail.archive.blobs)


def test_what_may_be_lost_goes_before_the_trail() -> None:
    """A look that finds a lost message leaves the acts: each request more is one in which a worker can die.

    Nor does it come later, however often somebody acts on the recording meanwhile.
    """
    world = World()
    world.announce(world.add())
    world.queue.messages.clear()
    for turn in range(50):
        if not world.queue.messages:
            world.updates.apply(RECORDING, Paused(), by=Actor(f"entra:{turn}"))
            sweep(world)
    assert world.queue.messages
    assert world.entry().recording.trail.unwritten

    world.run()
    assert () == world.entry().recording.trail.unwritten


def test_a_blob_that_stands_in_the_way_is_left_and_told() -> None:
    """What follows waits too, as it would not follow from what stands there; once it is moved away, all is written."""
    world = World()
    started(world)
    (link,) = links(world.entry().recording)
    world.trail.archive.put_as_stranger(link.name, b"something else")
    sweep(world, 8, HOUR)
    assert "RecordingAtRisk" in world.told()
    assert b"something else" == world.trail.archive.blobs[link.name].content
    assert 1 == len(world.entry().recording.trail.unwritten)
    assert [Fault.CHANGED] == [one.fault for one in world.app.looking.verify(RECORDING).breaks]

    del world.trail.archive.blobs[link.name]
    sweep(world, 30)
    assert ["Started"] == whats(world)


def test_a_write_whose_reply_was_lost_is_found_done() -> None:
    world = World()
    lost = iter([True])

    def lose(operation: str, _: BlobName) -> None:
        if operation == "put" and next(lost, False):
            raise ArchiveBusy("put", "reset")

    world.trail.archive.after = lose
    whole_way(world)
    sweep(world, 20)

    assert (WHOLE, ()) == (whats(world), world.app.looking.verify(RECORDING).breaks)


@pytest.mark.parametrize("moment", range(12))
def test_a_kill_at_any_moment_of_writing_leaves_one_chain(moment: int) -> None:
    """Before a blob, between two, and between the last and the save that they are written."""
    world = World()
    left = iter(range(moment))

    def die(_: str, __: object = None) -> None:
        if next(left, None) is None:
            raise KilledError

    world.trail.archive.before = world.trail.archive.after = die
    with contextlib.suppress(KilledError):
        whole_way(world)
    world.trail.archive.before = world.trail.archive.after = lambda *_: None
    whole_way(world)
    sweep(world, 20)

    verified = world.app.looking.verify(RECORDING)
    assert (len(written(world)), ()) == (verified.links, verified.breaks)
    assert {} == world.open_work.rows


def test_many_at_once_give_one_chain() -> None:
    """Threads of several workers act and write at the same time."""
    world = World()
    started(world)
    apps = [world.app]
    for _ in range(2):
        world.worker()
        apps.append(world.app)

    def act(number: int) -> None:
        app = apps[number % 3]
        for _ in range(4):
            entry = app.archiving.updates.apply(RECORDING, Paused(), Resumed(), by=Actor(f"key:{number}")).entry
            app.archiving.writing_trail.write(entry)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sweep(world, 3)

    verified = world.app.looking.verify(RECORDING)
    assert (49, ()) == (verified.links, verified.breaks)


@pytest.mark.parametrize("authority", Authority)
def test_only_what_was_saved_is_written(authority: Authority) -> None:
    """A run that another one overtakes at the manifest has decided acts that were never saved: none gets a blob."""
    world = World(authority)
    started(world)
    chunk = world.add()
    world.deliver(file_event_of(chunk))
    first, second = world.archiving, world.worker()
    overtaken: list[Outcome] = []

    def overtake(_: str, name: str) -> None:
        if name.endswith("manifest.json") and not overtaken:
            overtaken.append(Outcome.ALREADY_RUNNING)
            world.clock.sleep(60)
            world.deliver(file_event_of(elsewhere(chunk, content=f"{chunk.content_location}?2")), Door.FUNCTION_KEY)
            overtaken.append(second.archive_chunk(RECORDING, chunk.document_id))

    world.archive.before = overtake
    first.archive_chunk(RECORDING, chunk.document_id)
    world.run()
    sweep(world, 3)

    verified = world.app.looking.verify(RECORDING)
    assert (len(overtaken), (), len(written(world))) == (2, verified.breaks, verified.links)
    assert ("Completed", ()) == (whats(world)[-1], owed(world.entry()))


# Looks


def test_a_look_is_an_act_of_the_trail() -> None:
    """By whom and at what; the recording is complete again once it is written."""
    world = World()
    whole_way(world)
    world.app.looking.history(RECORDING, by=ADA)
    acts(world)
    sweep(world, 2)

    looks = [(act["by"], act["details"]) for act in written(world) if act["what"] == "Looked"]
    assert [("entra:ada", {"view": "history"}), ("entra:ada", {"view": "trail"})] == looks
    assert {} == world.open_work.rows


def test_to_read_the_state_or_to_verify_the_trail_is_no_look() -> None:
    """Neither shows anything of a person: who asks for them again and again leaves no act."""
    world = World()
    world.announce(world.add())
    world.run()
    before = written(world)
    for _ in range(3):
        world.app.controlling.state(RECORDING, by=ADA)
        assert () == world.app.looking.verify(RECORDING).breaks
    world.run()

    assert (before, ()) == (written(world), world.entry().recording.trail.unwritten)


def test_a_look_at_a_seal_is_an_act_before_anything_of_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where there is none; and what cannot be put on record is not shown."""
    world = World()
    whole_way(world)
    world.app.records.filing.file(RECORDING)
    world.app.records.sealing.seal(RECORDING)
    monkeypatch.setattr(recordings, "get_app", lambda: world.app)
    request = func.HttpRequest("GET", "/", route_params={"id": RECORDING}, body=b"")
    shown = recordings.recording_seal(request)
    assert (200, RECORDING) == (shown.status_code, json.loads(shown.get_body())["recordingId"])
    sweep(world, 2)
    assert [("key", {"view": "seal"})] == [
        (act["by"], act["details"]) for act in written(world) if act["what"] == "Looked"
    ]

    def fail(*_: object) -> None:
        raise ServiceBusy("save entry", "503")

    world.clock.sleep(3600)
    with monkeypatch.context() as patch:
        patch.setattr(world.catalog, "save", fail)
        refused = recordings.recording_seal(request)
    assert (503, False) == (refused.status_code, b"digest" in refused.get_body())
    world.index.delete(f"record~{RECORDING}", "sealed")
    assert 404 == recordings.recording_seal(request).status_code
    sweep(world, 2)
    assert 2 == whats(world).count("Looked")


def test_the_trail_is_shown_in_pages_and_with_what_is_not_written_yet() -> None:
    world = World()
    whole_way(world)
    first = acts(world, 3)
    second = acts(world, 4, first.next)

    assert (3, 4) == (len(first.blobs), len(second.blobs))
    assert (True, "") == (bool(first.next), second.next)
    assert ["Looked"] == [link.act.what for link in second.unwritten]
    assert names(world) == [name for name, _ in (*first.blobs, *second.blobs)]


@pytest.mark.parametrize("after", ["x", "1", "1 ", "² trail/", "1 elsewhere"])
def test_a_place_that_no_page_has_named_is_refused(after: str) -> None:
    world = World()
    started(world)
    with pytest.raises(InvalidRequest, match="after"):
        acts(world, after=after)


def test_what_the_catalog_does_not_know_has_neither_history_nor_trail() -> None:
    world = World()
    for look in (
        lambda: world.app.looking.history(RECORDING, by=ADA),
        lambda: acts(world),
        lambda: world.app.looking.verify(RECORDING),
    ):
        with pytest.raises(UnknownRecording):
            look()
    assert {} == world.catalog.entries


def test_looks_end_before_there_is_no_room_for_what_is_done(closed: World) -> None:
    """Not one is answered that cannot be kept."""
    started(closed)
    for number in range(499):
        closed.updates.apply(RECORDING, Looked(View.TRAIL), by=Actor(f"key:{number}"))
    with pytest.raises(ArchiveBusy, match="no room"):
        closed.app.looking.history(RECORDING, by=ADA)
    closed.app.controlling.pause(RECORDING, by=APP)

    assert "Paused" == closed.entry().recording.trail.unwritten[-1].what
    with pytest.raises(ArchiveRefused):
        closed.app.looking.verify(RECORDING)


def test_a_look_is_saved_before_anything_is_shown() -> None:
    world = World()
    started(world)

    def fail(_: object) -> None:
        raise ArchiveBusy("save entry", "503")

    world.catalog.save = fail  # type: ignore[method-assign, assignment]
    with pytest.raises(ArchiveBusy):
        world.app.looking.history(RECORDING, by=ADA)


def test_a_start_writes_no_trail_on_the_way_of_its_answer() -> None:
    world = World()
    call = world.calls.add_call()
    world.app.beginning.starting.start_requested(
        StartRequest(WAV, server_call_id=call.locators[0].server_call_id), by=APP
    )

    (entry,) = world.catalog.entries.values()
    assert ["Started"] == [act.what for act in entry.recording.trail.unwritten]
    assert [] == world.trail.archive.calls


def test_a_look_at_what_was_completed_long_ago_is_behind_what_may_be_lost() -> None:
    world = World()
    whole_way(world)
    world.clock.at += timedelta(days=90)
    world.app.looking.history(RECORDING, by=ADA)
    (row,) = world.open_work.rows.values()

    assert row.opening.at is not None
    assert row.opening.at >= world.clock.at + timedelta(hours=17)
