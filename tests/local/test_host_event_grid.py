"""The Event Grid webhook of the local Functions host."""

import json
import uuid
from typing import Any

import pytest

from local.host import FunctionsHost
from tests.local.hosts import Reply, Seen, call


def event(**data: object) -> dict[str, Any]:
    """An event in Event Grid's schema."""
    return {
        "id": uuid.uuid4().hex,
        "topic": "/subscriptions/x",
        "subject": "/recording",
        "eventType": "Microsoft.Communication.RecordingFileStatusUpdated",
        "eventTime": "2026-11-23T10:11:12.1234567Z",
        "data": data,
        "dataVersion": "1.0",
        "metadataVersion": "1",
    }


def cloud_event(**data: object) -> dict[str, Any]:
    """An event in the CloudEvents schema."""
    return {"id": uuid.uuid4().hex, "source": "/x", "type": "Some.Type", "specversion": "1.0", "data": data}


def deliver(
    host: FunctionsHost, function: str, content: object, kind: str = "Notification", schema: str = "json"
) -> Reply:
    """Posts to a function's webhook as Event Grid does."""
    content_type = {"json": "application/json"}.get(schema, f"application/{schema}+json; charset=utf-8")
    headers = {"aeg-event-type": kind, "content-type": content_type}
    return call(host.event_grid_url(function), "POST", json.dumps(content).encode(), headers)


def test_the_handshake_returns_the_validation_code(shared_host: FunctionsHost) -> None:
    """The function does not run."""
    content = [event(validationCode="512d38b6", validationUrl="https://example.test")]
    reply = deliver(shared_host, "on_event", content, "SubscriptionValidation")

    assert (200, {"validationResponse": "512d38b6"}) == (reply.status, reply.json())


def test_the_handshake_of_a_cloud_events_subscription_reads_data_inside_a_string(
    shared_host: FunctionsHost,
) -> None:
    """The event is one object whose data is encoded twice."""
    content = cloud_event() | {"data": json.dumps({"validationCode": "512d38b6"})}
    reply = deliver(shared_host, "on_event", content, "SubscriptionValidation", "cloudevents")

    assert {"validationResponse": "512d38b6"} == reply.json()


def test_the_cloud_events_handshake_allows_whoever_asks(shared_host: FunctionsHost) -> None:
    """The answer to OPTIONS allows the WebHook-Request-Origin."""
    url = shared_host.event_grid_url("on_cloud_event")
    reply = call(url, "OPTIONS", headers={"WebHook-Request-Origin": "eventgrid.azure.net"})

    assert (200, "eventgrid.azure.net", "*") == (
        reply.status,
        reply.headers["webhook-allowed-origin"],
        reply.headers["webhook-allowed-rate"],
    )


def test_each_event_of_an_array_is_one_run(shared_host: FunctionsHost, shared_seen: Seen) -> None:
    """The status is 202 after all runs have ended."""
    events = [event(n=1), event(n=2), event(n=3)]
    reply = deliver(shared_host, "on_event", events)
    runs = [shared_seen.of("on_event", id=each["id"]) for each in events]

    assert 202 == reply.status
    assert [[{"n": 1}], [{"n": 2}], [{"n": 3}]] == [[run["data"] for run in found] for found in runs]


def test_an_event_that_is_asked_for_as_text_has_all_its_fields(shared_host: FunctionsHost, shared_seen: Seen) -> None:
    """In both schemas, also fields that the library's classes drop or refuse; read by an async function."""
    sent = [
        event(n=1) | {"eventTime": "2026-11-23T10:11:12.1234567+02:00"},
        cloud_event(n=2) | {"traceparent": "00-1", "data_base64": "e30="},
    ]

    assert 202 == deliver(shared_host, "on_event_text", sent).status
    assert sent == [run["event"] for each in sent for run in shared_seen.of("on_event_text", id=each["id"])]


def test_a_single_object_is_one_event(shared_host: FunctionsHost, shared_seen: Seen) -> None:
    """Event Grid may send an object instead of an array."""
    sent = event(n=1)

    assert 202 == deliver(shared_host, "on_event", sent).status
    assert ["Microsoft.Communication.RecordingFileStatusUpdated"] == [
        run["type"] for run in shared_seen.of("on_event", id=sent["id"])
    ]


def test_one_failing_event_fails_the_delivery(shared_host: FunctionsHost, shared_seen: Seen) -> None:
    """The status is 500, so that Event Grid repeats all of them; the caller gets no trace."""
    events = [event(n=1), event(fail=True)]
    reply = deliver(shared_host, "on_event", events)

    assert (500, b"Exception while executing function: Functions.on_event") == (reply.status, reply.body)
    assert [1, 1] == [len(shared_seen.of("on_event", id=each["id"])) for each in events]


@pytest.mark.parametrize("schema", ["cloudevents", "cloudevents-batch"])
def test_cloud_events_arrive_as_such(shared_host: FunctionsHost, shared_seen: Seen, schema: str) -> None:
    """One event, or a batch."""
    events = [cloud_event(n=1), cloud_event(n=2)][: 1 if schema == "cloudevents" else 2]
    content = events[0] if schema == "cloudevents" else events
    reply = deliver(shared_host, "on_cloud_event", content, schema=schema)

    assert 202 == reply.status
    assert ["Some.Type"] * len(events) == [
        run["type"] for each in events for run in shared_seen.of("on_cloud_event", id=each["id"])
    ]


def test_function_and_path_are_found_in_any_case(shared_host: FunctionsHost) -> None:
    """As in the real host."""
    url = shared_host.event_grid_url("ON_EVENT").replace("EventGrid", "eventgrid")

    assert 202 == call(url, "POST", json.dumps([event()]).encode(), {"aeg-event-type": "Notification"}).status


@pytest.mark.parametrize("function", ["", "nothing", "work", "echo"])
def test_an_unknown_function_is_404(shared_host: FunctionsHost, function: str) -> None:
    """A function with another trigger is unknown too."""
    assert 404 == deliver(shared_host, function, [event()]).status


def test_a_wrong_key_is_401(shared_host: FunctionsHost) -> None:
    """A function key is not valid for the webhook; the system and master keys are."""
    url = f"{shared_host.url}/runtime/webhooks/EventGrid?functionName=on_event"
    keys = ("", "wrong", shared_host.function_key, shared_host.master_key)
    headers = {"aeg-event-type": "Unsubscribe"}

    assert [401, 401, 401, 202] == [call(f"{url}&code={each}", "POST", b"", headers).status for each in keys]


def test_unsubscribe_is_accepted(shared_host: FunctionsHost) -> None:
    """It has no effect."""
    assert 202 == deliver(shared_host, "on_event", [], "Unsubscribe").status


@pytest.mark.parametrize("kind", ["", "Something"])
def test_another_kind_of_message_is_400(shared_host: FunctionsHost, kind: str) -> None:
    """A request without aeg-event-type is not a delivery."""
    assert 400 == deliver(shared_host, "on_event", [event()], kind).status


@pytest.mark.parametrize("body", [b"", b"{", b"7", b"\xff\xfe"])
def test_a_body_that_is_no_event_is_500(shared_host: FunctionsHost, body: bytes) -> None:
    """As in the real extension, whose parser raises."""
    url = shared_host.event_grid_url("on_event")

    assert 500 == call(url, "POST", body, {"aeg-event-type": "Notification"}).status
