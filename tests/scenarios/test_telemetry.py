"""What the app exports of a recording: one trace from its event to its release, and metrics, with nothing private."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from local.host.telemetry import METRICS, SPANS
from local.stack import Stack, wait_for
from local.timeline import spans_in, timeline
from recording import telemetry
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import Given, assert_archived, given

CALLER = "4:+15550100123"


@pytest.fixture
def retried(stack: Stack) -> Given:
    """A recording whose first try fails, archived and released, whose last span is exported."""
    recording = given(stack, [short_wav(7)], participants=[CALLER])
    recording.arm("busy_503", count=5)
    recording.publish()
    assert_archived(stack, recording.recording)
    wait_for(lambda: telemetry.COMPLETE in names_of(stack, recording.id), "the span of the completion")
    return recording


def names_of(stack: Stack, recording_id: str) -> list[str]:
    """The spans of a recording, in order, with those of their steps."""
    spans = spans_in(stack.folder)
    own = {span.own for span in spans if span.recording == recording_id}
    return [span.name for span in spans if span.own in own or span.parent in own]


def metrics_of(stack: Stack) -> Mapping[str, list[dict[str, Any]]]:
    """Every data point that was exported, by the name of its metric."""
    found: dict[str, list[dict[str, Any]]] = {}
    lines = (stack.folder / METRICS).read_text().splitlines()
    scopes = [scope for line in lines for one in json.loads(line)["resource_metrics"] for scope in one["scope_metrics"]]
    for metric in (metric for scope in scopes for metric in scope["metrics"]):
        found.setdefault(metric["name"], []).extend(metric["data"]["data_points"])
    return found


def failures_of(found: Mapping[str, list[dict[str, Any]]]) -> list[object]:
    """The attributes of the failures among the data points."""
    return [point["attributes"] for point in found.get(telemetry.FAILURES.name, [])]


def test_a_recording_is_one_trace_from_its_event_to_its_release(stack: Stack, retried: Given) -> None:
    """Each run of the chunk is under the event's span, and each after the first is linked to the one before."""
    own = [span for span in spans_in(stack.folder) if span.recording == retried.id]
    event, *runs = own

    assert telemetry.ANNOUNCE == event.name
    assert {telemetry.RUN} == {run.name for run in runs}
    assert {event.trace} == {span.trace for span in own}
    assert {event.own} == {run.parent for run in runs}
    assert [(), *((run.own,) for run in runs[:-1])] == [run.links for run in runs]
    assert len(runs) >= 2
    assert [telemetry.RELEASE, telemetry.COMPLETE] == names_of(stack, retried.id)[-2:]


def test_the_timeline_shows_the_failed_try_the_wait_and_the_release(stack: Stack, retried: Given) -> None:
    told = "\n".join(timeline(spans_in(stack.folder), retried.id))

    assert told.startswith(f"recording …{retried.id[-8:]}, 1 trace(s)\n")
    for words in ("chunk.copy for ", ": source_busy", " of waiting, again: done", "chunk.release for ", " in all"):
        assert words in told


def test_metrics_name_no_recording(stack: Stack, retried: Given) -> None:
    """Only what `telemetry.METRICS` lists is exported, with the attributes listed there."""
    failed, released = {"step": "chunk.copy", "code": "source_busy"}, telemetry.SECONDS_TO_RELEASE.name
    wait_for(  # other tests on this stack may have exported either of them
        lambda: failed in failures_of(found := metrics_of(stack)) and released in found, "the metrics of both tries"
    )
    found = metrics_of(stack)
    listed = {metric.name: set(metric.attributes) for metric in telemetry.METRICS}

    assert {} == {name: found[name] for name in found.keys() - listed.keys()}
    for name, points in found.items():
        assert {frozenset(listed[name])} == {frozenset(point["attributes"]) for point in points}
    assert {retried.id} & {
        str(value) for points in found.values() for point in points for value in point["attributes"].values()
    } == set()


def test_the_number_of_a_caller_is_nowhere(stack: Stack, retried: Given) -> None:
    """The metadata file has it, and is archived."""
    assert CALLER.encode() in (retried.chunks[0].metadata or b"")
    for name in ("host.log", SPANS, METRICS):
        assert CALLER[-9:] not in (stack.folder / name).read_text()


def test_no_span_but_the_apps_own_is_exported(stack: Stack, retried: Given) -> None:
    """None of a library that sends requests: their spans have URLs. No span has an event, a status text or a URL."""
    lines = [json.loads(line) for line in (stack.folder / SPANS).read_text().splitlines()]

    assert set() == {line["name"] for line in lines} - telemetry.SPANS
    assert {"SpanKind.INTERNAL"} == {line["kind"] for line in lines}
    assert [] == [event for line in lines for event in line["events"]]
    assert [] == [line for line in lines if "description" in line["status"]]
    allowed = {telemetry.RECORDING_ID, telemetry.DOCUMENT_ID, telemetry.ERROR_CODE, telemetry.OUTCOME}
    assert set() == {name for line in lines for name in line["attributes"]} - allowed
