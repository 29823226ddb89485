"""What an erasure does to events: those of the person go, in the journal and among the dead letters; others' stay."""

import json
from datetime import timedelta

import pytest

from recording.core.model import BlobName, Door, RecordingId, RecordingState
from recording.core.naming import door_in, journal_name
from tests.use_cases.erasures import ANN, OTHER, file_all, places_of, run_jobs, two_recordings
from tests.use_cases.test_erasing import begun
from tests.use_cases.world import RECORDING, World, file_event_of

NEW = RecordingId("recording-9")


def call_of(raw_id: str) -> dict[str, object]:
    """The event of a call that somebody has started."""
    started = {"communicationIdentifier": {"rawId": raw_id}}
    return {"id": "call-9", "eventType": "Microsoft.Communication.CallStarted", "data": {"startedBy": started}}


def letter_of(world: World, *events: dict[str, object], subscription: str = "sub") -> BlobName:
    """A dead letter of these events, as Event Grid writes it now."""
    why = {"deadLetterReason": "MaxDeliveryAttemptsExceeded", "deliveryAttempts": 30}
    at = world.clock.at
    name = BlobName(f"{subscription}/{at.year}/{at.month}/{at.day}/{at.hour}/letter.json")
    world.letters.put_as_stranger(name, json.dumps([{**event, **why} for event in events]).encode())
    return name


def test_dead_letters_of_the_person_are_erased_and_those_of_others_are_not() -> None:
    """In every subscription; what they have of others in the same blob is given to the app after all."""
    world = two_recordings(1)
    announced = file_event_of(world.add("new"), recording_id=NEW, event_id="new")
    letters = [
        letter_of(world, call_of(ANN), announced),
        letter_of(world, file_event_of(recording_id=RECORDING, event_id="lost"), subscription="more"),
    ]
    kept = letter_of(world, file_event_of(recording_id=OTHER, event_id="lost"), subscription="others")
    begun(world)
    run_jobs(world)
    assert [kept] == list(world.letters.blobs)
    assert set() == places_of(world, ANN)
    assert not [one for one in letters if one in world.letters.blobs]

    world.clock.sleep(timedelta(hours=1).total_seconds())
    world.app.replaying.replay(60)
    world.take_events()
    world.run()
    file_all(world)
    assert RecordingState.ERASED is world.entry().recording.state
    assert NEW in world.catalog.entries
    assert [name for name in world.archive.blobs if NEW in name and ".manifest" in name]


@pytest.mark.parametrize("door", list(Door))
def test_what_is_written_anew_came_by_the_door_by_which_it_came(door: Door) -> None:
    """An event by the function key must not get the authority of Event Grid, by which sources are deleted."""
    world = two_recordings(1)
    body = json.dumps([call_of(ANN), file_event_of(recording_id=NEW, event_id="new")]).encode()
    name = journal_name(world.clock.at, "call-9", body, door)
    world.journal.put_as_stranger(name, body)
    begun(world)
    run_jobs(world)
    assert name not in world.journal.blobs
    assert [door] == [door_in(name) for name, blob in world.journal.blobs.items() if NEW.encode() in blob.content]
