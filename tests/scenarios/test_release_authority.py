"""A delete at the source needs a proof of the copy, and evidence that the delete location is of the same document."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.acs.events import Event
from local.acs.object_store import Placement
from local.stack import Stack, wait_for
from tests.scenarios.conftest import SETTINGS
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import Given, assert_archived, chunk_view, given, told, wait_told

SPLIT = Placement(split=True)
"""As in public recordings of the service: three locations with three ids."""


@pytest.fixture(scope="module", params=["event", "false"])
def other_stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, media_folder: Path
) -> Iterator[tuple[str, Stack]]:
    """The whole stack on one machine, with a RELEASE_AT_SOURCE that is not the default."""
    authority: str = request.param
    settings = {**SETTINGS, "RELEASE_AT_SOURCE": authority}
    with Stack(tmp_path_factory.mktemp(authority), settings=settings, media_folder=media_folder) as running:
        yield authority, running


def with_delete_location_of(event: Event, other: Given) -> Event:
    """The event with the delete location of the other recording's first chunk."""
    (chunk,) = event["data"]["recordingStorageInfo"]["recordingChunks"]
    chunks = [chunk | {"deleteLocation": other.chunks[0].delete_location}]
    return event | {"data": event["data"] | {"recordingStorageInfo": {"recordingChunks": chunks}}}


def without_metadata_to_delete(found: Given) -> None:
    """Serve the metadata file at its announced location once, and nowhere else."""
    found.arm("metadata_not_ready_404", after=1, count=None)


def test_a_delete_location_of_its_own_id_is_used_once_its_metadata_names_the_document(stack: Stack, way: str) -> None:
    """The app requests the metadata under the delete location."""
    found = given(stack, [short_wav(1000)], placement=SPLIT)
    found.publish()

    assert_archived(stack, found.recording)
    asked = [
        record.path
        for record in stack.acs.world.requests
        if (record.operation, record.document_id) == ("metadata", found.recording.documents[0])
    ]
    delete_id = found.chunks[0].delete_location.rpartition("/")[2]
    assert [path for path in asked if delete_id in path]


def test_a_delete_location_that_nothing_proves_is_left_alone(stack: Stack, way: str) -> None:
    """Its source expires within a day."""
    found = given(stack, [short_wav(1001)], placement=SPLIT)
    without_metadata_to_delete(found)
    found.publish()

    manifest = assert_archived(stack, found.recording, released=False)
    assert "name different objects" in manifest["chunks"][0]["keptReason"]


def test_a_delete_location_of_another_recording_deletes_nothing(stack: Stack, way: str) -> None:
    """Both sources are kept, and an alert names the conflict; the other one is released by its own event."""
    victim = given(stack, [short_wav(1002)])
    found = given(stack, [short_wav(1003)])
    stack.event_grid.publish(with_delete_location_of(found.event, victim))

    manifest = assert_archived(stack, found.recording, released=False)
    assert "another document" in manifest["chunks"][0]["keptReason"]
    wait_told(stack, "ConflictingEvents", found.id)
    assert victim.chunks[0].exists
    victim.publish()
    assert_archived(stack, victim.recording)


def test_locations_that_change_after_the_proof_are_told_and_change_nothing(stack: Stack) -> None:
    """One of the two events is wrong; a person must decide which."""
    found, other = given(stack, [short_wav(1004)]), given(stack, [short_wav(1005)])
    found.publish()
    manifest = assert_archived(stack, found.recording)
    stack.event_grid.publish(with_delete_location_of(found.event, other))

    wait_told(stack, "ConflictingEvents", found.id)
    assert other.chunks[0].exists
    assert "released" == chunk_view(stack, found.id)["state"]
    assert manifest == assert_archived(stack, found.recording)


def test_a_forged_event_of_the_function_key_gives_way_to_event_grids(stack: Stack) -> None:
    """Its content is another recording's: quarantined until the true event arrives, which is then tried first."""
    found, other = given(stack, [short_wav(1007)]), given(stack, [short_wav(1008)])
    (chunk,) = found.event["data"]["recordingStorageInfo"]["recordingChunks"]
    (source,) = other.chunks
    forged = chunk | {
        "contentLocation": source.content_location,
        "metadataLocation": source.metadata_location,
        "deleteLocation": source.delete_location,
    }
    storage = {"recordingStorageInfo": {"recordingChunks": [forged]}}
    event = found.event | {"data": found.event["data"] | storage}
    stack.call("POST", "calls/events", json=[event], headers={"aeg-event-type": "Notification"})
    wait_told(stack, "RecordingQuarantined", found.id)
    found.publish()

    assert_archived(stack, found.recording, apart=True)
    assert source.exists


def test_the_setting_says_how_much_is_enough(other_stack: tuple[str, Stack]) -> None:
    """`event`: an event by Event Grid's door, unless the object is known to be another's. `false`: never."""
    authority, stack = other_stack
    plain, unproven = given(stack, [short_wav(1010)]), given(stack, [short_wav(1011)], placement=SPLIT)
    victim, thief = given(stack, [short_wav(1012)]), given(stack, [short_wav(1013)])
    without_metadata_to_delete(unproven)
    plain.publish()
    unproven.publish()
    stack.event_grid.publish(with_delete_location_of(thief.event, victim))

    for one in (plain, unproven):
        assert_archived(stack, one.recording, released=authority == "event")
    assert_archived(stack, thief.recording, released=False)
    assert victim.chunks[0].exists
    if authority == "false":
        deletes = [record for record in stack.acs.world.requests if record.operation == "delete"]
        assert ([], "RELEASE_AT_SOURCE is false") == (deletes, chunk_view(stack, plain.id)["keptReason"])
    wait_for(lambda: stack.queue_length() == 0, "the last messages to be done")
    assert {} == told(stack, "RecordingLost", plain.id)
