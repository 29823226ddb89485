"""File events: repeated, concurrent, in both schemas, with missing, additional or forged fields."""

import json
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from azure.storage.queue import QueueClient

from local.acs.events import Event, as_schema
from local.acs.object_store import Placement
from local.eventgrid.oddities import ODDITIES
from local.stack import Stack, wait_for
from recording.settings import EVENT_QUEUE
from tests.scenarios.sounds import long_wav, short_wav
from tests.scenarios.worlds import (
    Given,
    assert_archived,
    assert_metadata_owed,
    assert_quarantined,
    chunk_view,
    given,
    journaled,
    told,
    view,
    wait_completed,
)

TRIGGER = "recording_file_status_updated"


def deliver(stack: Stack, body: object) -> int:
    """Deliver a body unchanged to the trigger's webhook; the status."""
    reply = requests.post(
        stack.host.event_grid_url(TRIGGER), json=body, headers={"aeg-event-type": "Notification"}, timeout=30
    )
    return reply.status_code


def post(stack: Stack, body: object) -> int:
    """Deliver an event as Event Grid to the endpoint for call events; the status."""
    return stack.call("POST", "calls/events", json=body, headers={"aeg-event-type": "Notification"}).status_code


def put(stack: Stack, body: object) -> int:
    """Put a message into the queue of events; returns 202 like a delivery."""
    with QueueClient.from_connection_string(stack.azurite.connection_string, EVENT_QUEUE) as client:
        client.send_message(json.dumps(body))
    return 202


def log(stack: Stack) -> str:
    """The host's log so far."""
    return (stack.folder / "host.log").read_text(encoding="utf-8")


def deletes(stack: Stack, one: Given) -> int:
    """The number of successful deletes of its chunks."""
    documents = set(one.recording.documents)
    return sum(
        record.operation == "delete" and record.document_id in documents and record.status == requests.codes.ok
        for record in stack.acs.world.requests
    )


def test_duplicates_give_one_archive_and_one_delete(stack: Stack) -> None:
    """Five concurrently, five at the same time by the endpoint, and one after the end."""
    found = given(stack, [long_wav(600), short_wav(601)])
    found.publish(copies=5)
    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(lambda _: deliver(stack, [found.event]), range(5)))
    wait_completed(stack, found.id)
    statuses.append(deliver(stack, [found.event, found.event]))
    wait_for(lambda: stack.queue_length() == 0, "the last messages to be done")

    assert [202] * 6 == statuses
    assert_archived(stack, found.recording)
    assert 2 == deletes(stack, found)


@pytest.mark.parametrize("subject_form", ["full", "recording", "call"])
@pytest.mark.parametrize("schema", ["eventgrid", "cloudevents"])
def test_both_schemas_and_every_subject_are_understood(stack: Stack, schema: Any, subject_form: Any) -> None:  # noqa: ANN401
    """The Functions binding has a different class for each schema."""
    found = given(stack, [short_wav(610)], schema=schema, subject_form=subject_form)
    status = deliver(stack, found.event)

    assert 202 == status
    assert_archived(stack, found.recording)


def test_cloud_events_with_a_capital_v_are_understood(stack: Stack) -> None:
    """Spelt as in Microsoft's samples."""
    found = given(stack, [short_wav(611)], schema="cloudevents")
    event = {("specVersion" if key == "specversion" else key): value for key, value in found.event.items()}
    status = deliver(stack, [event])

    assert 202 == status
    assert_archived(stack, found.recording)


def test_a_subscription_in_cloud_events_works_with_its_handshake(stack: Stack) -> None:
    """OPTIONS first, then single events."""
    url = stack.host.event_grid_url(TRIGGER)
    subscription = stack.event_grid.subscribe(url, ["only.this"], "cloudevents", name="cloud")
    found = given(stack, [short_wav(612)])
    event = as_schema(found.event, "cloudevents") | {"type": "only.this"}
    stack.event_grid.publish(event)
    stack.event_grid.wait_idle()
    stack.event_grid.unsubscribe(subscription)

    outcomes = [one.outcome.status for one in stack.event_grid.deliveries if one.subscription == "cloud"]
    assert [202] == outcomes
    assert [{"id": event["id"], "type": "only.this"}] == journaled(stack, event["id"])


def test_a_batch_of_many_events_in_one_delivery_archives_them_all(stack: Stack) -> None:
    """A malformed event and an unrelated one do not delay the others."""
    found = [given(stack, [short_wav(620 + number)]) for number in range(20)]
    broken = given(stack, [short_wav(619)]).event | {"id": str(uuid.uuid4()), "data": {"recordingStorageInfo": None}}
    foreign = found[0].event | {"id": str(uuid.uuid4()), "eventType": "Microsoft.Storage.BlobCreated"}
    status = deliver(stack, [broken, foreign, *(one.event for one in found)])

    assert 202 == status
    for one in found:
        assert_archived(stack, one.recording)


@pytest.mark.parametrize(
    "options",
    [
        {"omit": ["endReason"], "optional_fields": False},
        {"extra_data": {"recordingStartTime": None, "recordingDurationMs": "soon", "sessionEndReason": 7}},
        {"extra_data": {"shiny": {"new": [1, 2, 3]}, "recordingFormatType": "Flac"}, "replace": {"shiny": True}},
        {"placement": Placement(split=True, content_name="video")},
        {"placement": Placement(variants=("swapped", "crlf", "floats", "fractions7", "string_rate"))},
        {"placement": Placement(variants=("sparse",))},
    ],
    ids=["what is optional is missing", "nonsense", "fields of tomorrow", "split locations", "odd metadata", "sparse"],
)
def test_what_an_event_lacks_or_has_too_much_does_not_cost_the_media(stack: Stack, options: dict[str, Any]) -> None:
    """Doubtful fields are noted, not refused."""
    found = given(stack, [short_wav(640)], **options)
    found.publish()

    assert_archived(stack, found.recording)


# The host splits deliveries to the trigger: there the app gets single events, and only events.
@pytest.mark.parametrize(
    ("name", "send"),
    [
        pytest.param(name, send, id=f"{name}-{send.__name__}")
        for name in sorted(ODDITIES.keys() - {"chunk_unreadable_beside"})
        for send in (deliver, post, put)
        if send is not deliver or not name.endswith("_beside")
    ],
)
def test_an_odd_event_is_read_at_every_door(stack: Stack, name: str, send: Callable[[Stack, object], int]) -> None:
    """Its meaning is unambiguous; the odd fields affect only themselves."""
    found = given(stack, [short_wav(643)])
    status = send(stack, ODDITIES[name].delivery(found.event))

    assert status in {200, 202}
    assert_archived(stack, found.recording, released=send is not post)


def test_a_chunk_that_cannot_be_read_costs_only_itself(stack: Stack) -> None:
    """The other chunk is archived, an alert is published, and the recording does not count as whole."""
    found = given(stack, [short_wav(644)])
    status = deliver(stack, ODDITIES["chunk_unreadable_beside"].delivery(found.event))

    assert 202 == status
    wait_for(lambda: chunk_view(stack, found.id).get("blob"), "the good chunk to be archived")
    wait_for(lambda: told(stack, "RecordingEventUnreadable", found.id), "a person to be told")
    assert {} == told(stack, "RecordingArchived", found.id)


def test_what_cannot_be_read_at_the_keys_door_keeps_no_recording_open(stack: Stack) -> None:
    """Anyone with the key can post it for any recording: it causes an alert and nothing else."""
    found = given(stack, [short_wav(648)])
    junk = found.event | {"id": str(uuid.uuid4()), "data": found.event["data"] | {"recordingStorageInfo": {}}}
    assert 200 == post(stack, [junk])
    found.publish()

    assert_archived(stack, found.recording)
    assert 200 == post(stack, [junk | {"id": str(uuid.uuid4())}])
    wait_for(lambda: len(told(stack, "RecordingEventUnreadable", found.id)) > 1, "a person to be told of both")
    assert_archived(stack, found.recording)


def test_the_journal_keeps_every_field_of_an_event(stack: Stack) -> None:
    """Including fields that nobody reads; the binding's classes drop some, and reject a time with an offset."""
    found = given(stack, [short_wav(645)])
    odd = [ODDITIES[name].delivery(found.event) for name in ("time_offset", "attributes", "data_base64")]
    events: list[Event] = [event | {"id": f"kept-{uuid.uuid4()}"} for event in odd if isinstance(event, dict)]

    assert 202 == deliver(stack, events)
    assert [[event] for event in events] == [journaled(stack, event["id"]) for event in events]


@pytest.mark.parametrize("send", [deliver, post, put])
def test_an_incoming_call_leaves_its_type_and_id_alone_in_the_journal(
    stack: Stack, send: Callable[[Stack, object], int]
) -> None:
    """It contains a phone number and a token, and concerns no recording."""
    event_id = f"incoming-{uuid.uuid4()}"
    kind = "Microsoft.Communication.IncomingCall"
    found = given(stack, [short_wav(646)])
    body = {"from": {"phoneNumber": {"value": "+491234567"}}, "incomingCallContext": "t0ken"}
    send(stack, [found.event | {"id": event_id, "eventType": kind, "data": body}])

    kept = wait_for(lambda: journaled(stack, event_id), "the event in the journal")
    assert [{"id": event_id, "type": kind}] == kept


def test_a_delivery_of_900_kb_of_nothing_is_answered_in_one_line(stack: Stack) -> None:
    """A caller gets 4xx; with the headers of Event Grid it gets 200 and an alert, and no event is read."""
    body = b"[" + b"{}," * 300_000 + b"{}]"
    before = len(log(stack).splitlines())
    refused = stack.call_back(body)
    taken = stack.call("POST", "calls/events", data=body, headers={"aeg-event-type": "Notification"})

    assert (True, 200) == (400 <= refused.status_code < 500, taken.status_code)
    assert 1 == sum("event.refused" in line for line in log(stack).splitlines()[before:])


def test_health_answers_while_a_burst_of_events_is_taken(stack: Stack) -> None:
    found = given(stack, [short_wav(647)])
    kind = "Microsoft.Communication.ChatMessageReceived"
    bursts = [[found.event | {"id": str(uuid.uuid4()), "eventType": kind} for _ in range(20)] for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(deliver, stack, burst) for burst in bursts]
        health = stack.call("GET", "health")
        waiting = [answer for answer in answers if not answer.done()]

    assert (200, True) == (health.status_code, bool(waiting))
    assert {202} == {answer.result() for answer in answers}


def test_an_event_without_a_metadata_location_is_archived_without(stack: Stack) -> None:
    """The manifest says so. Its source is left: a metadata file that nobody named would be deleted with it."""
    found = given(stack, [short_wav(641)], omit=["metadataLocation"])
    found.publish()

    manifest = assert_archived(stack, found.recording, metadata=False, released=False)
    assert "the event named no metadataLocation" in manifest["chunks"][0]["notes"]


def test_an_event_without_a_delete_location_leaves_the_source_alone(stack: Stack) -> None:
    """Archived and published, with the reason in the manifest."""
    found = given(stack, [short_wav(642)], omit=["deleteLocation"])
    found.publish()

    manifest = assert_archived(stack, found.recording, released=False)
    assert "the event named no deleteLocation" == manifest["chunks"][0]["keptReason"]


def chunk_with(**fields: object) -> dict[str, object]:
    """An event body with one chunk, and changed fields in it."""
    place = "https://eu-storage.asm.skype.com/v1/objects/0-weu-d1-0/content/audio"
    chunk = {"documentId": "0-weu-d1-0", "index": 0, "contentLocation": place, **fields}
    return {"recordingStorageInfo": {"recordingChunks": [chunk]}}


MALFORMED: Mapping[str, object] = {
    "no data": None,
    "data is a text": "gone",
    "data is a list": [],
    "no storage": {},
    "storage is a text": {"recordingStorageInfo": "none"},
    "no chunks": {"recordingStorageInfo": {}},
    "chunks are empty": {"recordingStorageInfo": {"recordingChunks": []}},
    "chunks are an object": {"recordingStorageInfo": {"recordingChunks": {"0": 1}}},
    "a chunk is a text": {"recordingStorageInfo": {"recordingChunks": ["x"]}},
    "no document id": chunk_with(documentId=None),
    "document id is a number": chunk_with(documentId=7),
    "no content location": chunk_with(contentLocation=""),
    "index is negative": chunk_with(index=-1),
    "index is a negative text": chunk_with(index="-1"),
    "index is endless": chunk_with(index=10**9),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_event_is_taken_journaled_and_logged(stack: Stack, case: str) -> None:
    """Event Grid gets no 4xx, after which it would drop the event, and no 5xx, after which it would retry for a day."""
    event_id = f"malformed-{uuid.uuid4()}"
    event = {
        "id": event_id,
        "topic": "/subscriptions/x",
        "subject": "/recording/call/c/recordingId/r",
        "eventType": "Microsoft.Communication.RecordingFileStatusUpdated",
        "eventTime": "2026-11-23T12:00:00Z",
        "dataVersion": "1.0",
        "data": MALFORMED[case],
    }
    status = deliver(stack, [event])

    assert 202 == status
    assert [MALFORMED[case]] == [one["data"] for one in journaled(stack, event_id)]
    assert [line for line in log(stack).splitlines() if "event.refused" in line and event_id in line]


def test_an_event_of_an_unknown_type_is_taken_and_journaled(stack: Stack) -> None:
    """A subscription without a filter delivers other events too; only their type and id are kept."""
    event_id = f"unknown-{uuid.uuid4()}"
    found = given(stack, [short_wav(650)])
    status = deliver(stack, [found.event | {"id": event_id, "eventType": "Microsoft.Communication.SMSReceived"}])

    assert 202 == status
    kind = "Microsoft.Communication.SMSReceived"
    assert [{"id": event_id, "type": kind}] == journaled(stack, event_id)
    assert {} == view(stack, found.id)


def test_an_event_that_names_no_recording_is_archived_under_its_document(stack: Stack) -> None:
    """A missing recording id loses nothing."""
    found = given(stack, [short_wav(651)], optional_fields=False)
    document = found.recording.documents[0]
    status = deliver(stack, [found.event | {"subject": "elsewhere"}])

    body = wait_completed(stack, f"unidentified-{document}")
    assert 202 == status
    assert found.chunks[0].path.read_bytes() == stack.container().download_blob(body["chunks"][0]["blob"]).readall()


def changed(event: Event, **fields: str) -> Event:
    """The event with changed fields in its chunks."""
    storage = event["data"]["recordingStorageInfo"]
    chunks = [chunk | fields for chunk in storage["recordingChunks"]]
    return event | {"data": event["data"] | {"recordingStorageInfo": {"recordingChunks": chunks}}}


HOSTILE = {
    "another host": "https://evil.example/v1/objects/x/content/audio",
    "a lookalike before": "https://evil-asm.skype.com/v1/objects/x",
    "a lookalike behind": "https://eu-storage.asm.skype.com.evil.example/v1/objects/x",
    "plain http": "http://eu-storage.asm.skype.com/v1/objects/x/content/audio",
    "a user": "https://eu-storage.asm.skype.com@evil.example/v1/objects/x",
    "a backslash": "https://evil.example\\.asm.skype.com/v1/objects/x",
    "a port": "https://eu-storage.asm.skype.com:8443/v1/objects/x",
    "the machine's own": "https://169.254.169.254/metadata/identity/oauth2/token",
    "a file": "file:///etc/passwd",
    "no url": "0-weu-d1-0",
}


@pytest.fixture(scope="module")
def lied_to(stack: Stack) -> dict[tuple[str, str], Given]:
    """One recording for each hostile URL in each of the three locations, all announced at once."""
    found: dict[tuple[str, str], Given] = {}
    for field in ("contentLocation", "metadataLocation", "deleteLocation"):
        for where, place in HOSTILE.items():
            found[field, where] = given(stack, [short_wav(660)])
            stack.event_grid.publish(changed(found[field, where].event, **{field: place}))
    return found


@pytest.mark.parametrize("where", HOSTILE)
def test_a_hostile_content_location_is_never_asked(
    stack: Stack, lied_to: dict[tuple[str, str], Given], where: str
) -> None:
    """An alert is published with the reason; the true source is not deleted."""
    reason = assert_quarantined(stack, lied_to["contentLocation", where].recording, kept=False)
    assert "location" in reason


@pytest.mark.parametrize("where", HOSTILE)
def test_a_hostile_metadata_location_is_never_asked(
    stack: Stack, lied_to: dict[tuple[str, str], Given], where: str
) -> None:
    """The media is archived; its source is not deleted, and an alert has the reason."""
    reason = assert_metadata_owed(stack, lied_to["metadataLocation", where].recording)
    assert "location" in reason


@pytest.mark.parametrize("where", HOSTILE)
def test_a_hostile_delete_location_is_never_asked(
    stack: Stack, lied_to: dict[tuple[str, str], Given], where: str
) -> None:
    """The media is archived; its source is kept, with the reason in the manifest."""
    manifest = assert_archived(stack, lied_to["deleteLocation", where].recording, released=False)
    assert "deleteLocation" in manifest["chunks"][0]["keptReason"]


@pytest.mark.parametrize("field", ["contentLocation", "metadataLocation", "deleteLocation"])
def test_an_event_over_64_kb_is_taken_like_any_other(stack: Stack, field: str) -> None:
    """Messages and table properties hold at most 64 KiB; a location of that length is never the service's."""
    found = given(stack, [short_wav(670)])
    place = f"https://eu-storage.asm.skype.com/v1/objects/{'x' * 100_000}"
    status = deliver(stack, [changed(found.event, **{field: place})])

    assert 202 == status
    wait_for(lambda: chunk_view(stack, found.id).get("state") not in {None, "announced"}, "the chunk to be decided")
    assert found.chunks[0].exists


def test_ids_full_of_path_tricks_name_nothing_outside_their_folder(stack: Stack) -> None:
    """Ids are untrusted text, and become part of blob names and table keys."""
    trick = f"../../{uuid.uuid4()}/..\\?#%2e%2e/ä\n"
    found = given(stack, [short_wav(671)])
    event = changed(found.event, documentId=f"{trick}0")
    (source,) = found.chunks
    source.metadata = json.dumps(json.loads(source.metadata) | {"chunkDocumentId": f"{trick}0"}).encode()
    data = event["data"] | {"recordingId": trick}
    status = deliver(stack, [event | {"subject": "/recording/call/c", "data": data}])

    (body,) = wait_for(lambda: told(stack, "RecordingArchived", trick), "its RecordingArchived event").values()
    name = body["chunks"][0]["blob"]
    assert 202 == status
    assert ".." not in name
    assert found.chunks[0].path.read_bytes() == stack.container().download_blob(name).readall()


@pytest.mark.parametrize("field", ["documentId", "recordingId", "subject", "endReason", "id"])
def test_a_text_too_long_for_the_catalog_never_makes_event_grid_try_for_a_day(stack: Stack, field: str) -> None:
    """It is archived under what else is known of it, or refused with a journal entry and a log line."""
    endless = "x" * 200_000
    found = given(stack, [short_wav(672)])
    document = found.recording.documents[0]
    events = {
        "documentId": changed(found.event, documentId=endless),
        "recordingId": found.event | {"subject": "", "data": found.event["data"] | {"recordingId": endless}},
        "subject": found.event | {"subject": f"/recording/call/{endless}/recordingId/{found.id}"},
        "endReason": changed(found.event, endReason=endless),
        "id": found.event | {"id": endless},
    }
    event = events[field]

    assert 202 == deliver(stack, [event])
    match field:
        case "documentId":
            assert [event["data"]] == [one["data"] for one in journaled(stack, event["id"])]
        case "recordingId":
            wait_completed(stack, f"unidentified-{document}")
        case _:
            assert_archived(stack, found.recording)


def test_an_id_in_base64_can_be_asked_for(stack: Stack) -> None:
    """With every character that base64 can contain, percent-encoded in the path."""
    wanted = f"{uuid.uuid4()}/a+b=="
    found = given(stack, [short_wav(673)])
    data = found.event["data"] | {"recordingId": wanted}
    deliver(stack, [found.event | {"subject": "/recording/call/c", "data": data}])

    wait_completed(stack, wanted)
    assert wanted == view(stack, wanted)["recordingId"]
