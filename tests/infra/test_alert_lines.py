"""Every rule fires on what the app writes, and on nothing else; each line is written by the app itself, over fakes."""

import ast
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recording import log
from recording.chunks.failed_step import log_failure
from recording.core.errors import Permanent, SourceRefused
from recording.core.formats.deliveries import Member
from recording.core.formats.messages import ChunkMessage
from recording.core.formats.notifications import EventName
from recording.core.model import Alarm, Alert, DocumentId, Door, RecordingId
from tests.infra.rules import APP_ALERTS, NO_ALERTS, PLAIN, Rule, metric_rules_of, rules_of, table, told_of, traces
from tests.use_cases.keepings import file_all, run_jobs
from tests.use_cases.seals import QUIET, archived, recorded, seal
from tests.use_cases.test_placing_holds import made, world_of
from tests.use_cases.world import RECORDING, World
from tools.package import ROOT

RULES = rules_of(PLAIN)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SILENT = "SweepStopped"
ABOUT_THE_APP = {"AppError", "FailedExecutions", "OldMessage", "PoisonMessage", SILENT, "WaitingEvent"}
METRICS = {"DeadLetteredEvent", "DroppedEvent"}
BY_RECORDS = {"RecordingIncomplete", "ConsentNotObtained", "RecordingSilent", "HoldOverdue", "HoldLifted"}
TOGETHER = {"SweepFoundWork", "RetentionLimited"}
"""Alerts of the app that are about all recordings together."""
BY_ALARM = {
    Alarm.CONFLICT: "ConflictingEvents",
    Alarm.DAMAGED: "RecordingDamaged",
    Alarm.FOUND_BY_SWEEP: "SweepFoundWork",
    Alarm.LOST: "RecordingLost",
    Alarm.MISSING: "RecordingMissing",
    Alarm.QUARANTINED: "RecordingQuarantined",
    Alarm.UNREADABLE: "RecordingEventUnreadable",
    Alarm.AT_RISK: "RecordingAtRisk",
    Alarm.IMPOSSIBLE: "RecordingAtRisk",
    Alarm.STUCK: "RecordingAtRisk",
    Alarm.INTERRUPTED: "RecordingInterrupted",
    Alarm.NOT_STARTED: "RecordingNotStarted",
    Alarm.PAUSED_LONG: "RecordingPausedLong",
}


@pytest.fixture
def world(caplog: pytest.LogCaptureFixture) -> World:
    """The app, and all that it logs."""
    caplog.set_level(logging.DEBUG, "recording")
    return World()


def rows_of(caplog: pytest.LogCaptureFixture) -> dict[str, list[dict[str, Any]]]:
    """What the app has logged, as Application Insights would have it."""
    levels = {logging.INFO: 1, logging.WARNING: 2, logging.ERROR: 3}
    found = [
        row
        for record in caplog.records
        for row in traces([record.getMessage()], NOW, levels.get(record.levelno, 0))["traces"]
    ]
    return table("traces", *found)


def told(caplog: pytest.LogCaptureFixture) -> dict[str, set[str]]:
    """The rules that fire on it, each with its subjects. That nothing sweeps in these tests is of no interest."""
    found = {name: set(rule.fires(rows_of(caplog), NOW)) for name, rule in RULES.items() if name != SILENT}
    return {name: subjects for name, subjects in found.items() if subjects}


def test_the_alerts_are_one_list() -> None:
    """Of the code, of the rules, and of the runbook, which `test_runbook` holds to both; and one rule for each."""
    assert set(BY_ALARM.values()) | BY_RECORDS | TOGETHER == APP_ALERTS
    assert set(Alarm) == set(BY_ALARM)
    assert APP_ALERTS | ABOUT_THE_APP == set(RULES)
    assert METRICS == set(metric_rules_of(PLAIN))


@pytest.mark.parametrize("alarm", sorted(Alarm))
def test_each_alarm_is_told_by_its_rule_alone(world: World, caplog: pytest.LogCaptureFixture, alarm: Alarm) -> None:
    """Under the id of its recording, whatever a reason may say that came from elsewhere."""
    world.announce(world.add())
    world.run()
    alert = Alert(alarm, "a reason of many words = a few", DocumentId("document-0"))
    caplog.clear()
    world.updates.tell(replace(world.entry(), recording=replace(world.entry().recording, untold=(alert,))))

    subject = "" if alarm is Alarm.FOUND_BY_SWEEP else RECORDING
    assert {BY_ALARM[alarm]: {subject}} == told(caplog)


def test_what_ends_incomplete_is_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.announce(world.add("document-1", 1))  # and no chunk before it
    world.run()

    assert {RECORDING} == told(caplog)["RecordingIncomplete"]


def test_consent_that_is_not_obtained_is_told_for_each_call(caplog: pytest.LogCaptureFixture) -> None:
    """A call has no recording yet, so it is known by its connection."""
    caplog.set_level(logging.DEBUG, "recording")
    for connection_id in ("c-1", "c-2"):
        told_of_it = {"call_connection_id": connection_id, "alert": "ConsentNotObtained", "cause": "PlayFailed"}
        log.event("consent.not_obtained", told_of_it, logging.ERROR)

    assert {"ConsentNotObtained": {"c-1", "c-2"}} == told(caplog)


def test_a_silent_recording_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "recording")
    seal(archived(recorded(QUIET)))

    assert {"RecordingSilent": {RECORDING}} == told(caplog)


def test_what_becomes_of_a_hold_is_told_of_each_hold(caplog: pytest.LogCaptureFixture) -> None:
    """However many recordings it covers: who removes all of its legal holds gives one alert."""
    world = world_of("r1", "r2", "r3")
    holds = {made(world, recordings=ids, reviewOn="2026-03-02").hold_id for ids in (["r1", "r2"], ["r3"])}
    run_jobs(world)
    world.removals["archive"].held.clear()
    world.clock.at += timedelta(days=2)
    caplog.set_level(logging.DEBUG, "recording")
    world.app.records.keeping.watching_holds.run()

    assert {"HoldLifted": holds, "HoldOverdue": holds} == told(caplog)


def test_a_limited_retention_is_told_of_all_recordings_together(caplog: pytest.LogCaptureFixture) -> None:
    classes = "{version: 1, default: short, classes: [{name: short, days: 10, afterwards: delete}]}"
    world = World(settings={"RETENTION_CLASSES": classes, "RETENTION_MOST_A_DAY": "0"})
    world.announce(world.add())
    world.run()
    file_all(world)
    world.app.records.retaining.run()
    world.clock.at += timedelta(days=20)
    caplog.set_level(logging.DEBUG, "recording")
    world.app.records.retaining.run()

    assert {"RetentionLimited": {""}} == told(caplog)


def test_what_is_refused_is_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """An event that is none, and a message of a queue that is none: each by its own id."""
    world.refusing.refuse_events([Member({"id": "e-1"}, b"{}")], Door.EVENT_GRID, "no type")
    world.refusing.refuse_message(b"[]", Permanent("read message", "no recordingId"))
    world.deliver([{"id": "e-2", "eventType": "Microsoft.Communication.RecordingFileStatusUpdated", "data": None}])

    assert {"RecordingEventUnreadable"} == set(told(caplog))
    subjects = told(caplog)["RecordingEventUnreadable"]
    assert {"e-1", "e-2"} < subjects
    assert 3 == len(subjects)


def test_what_goes_well_tells_nobody(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A recording from its event to its release, a try that fails, and a sweep."""
    world.announce(world.add())
    world.run()
    log_failure(ChunkMessage(RECORDING, DocumentId("d")), SourceRefused("read source", "403"), 1)
    world.app.sweeping.sweep_all()

    assert {} == told(caplog)
    assert set() == told_of(RULES, rows_of(caplog), NOW)  # not even of silence: the sweep has written its line


def test_one_loss_does_not_hide_another(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Two recordings are two alerts, and ids that are quoted are ids."""
    ids = [RecordingId("r-1"), RecordingId("cmVjb3JkaW5nLTI=")]
    for recording_id in ids:
        world.announce(world.add(), recording_id=recording_id)
        entry = world.catalog.load(recording_id)
        assert entry is not None
        alert = Alert(Alarm.LOST, "the source has ended", DocumentId("document-0"))
        world.updates.tell(replace(entry, recording=replace(entry.recording, untold=(alert,))))

    assert {"RecordingLost": set(ids)} == told(caplog)


@pytest.mark.parametrize("name", sorted(APP_ALERTS - TOGETHER | {"PoisonMessage"}))
def test_what_has_happened_is_told_every_time(name: str) -> None:
    """A rule that is resolved by itself, or one for all recordings, says nothing of a second loss."""
    properties = RULES[name].properties
    assert not properties["autoMitigate"]
    assert "muteActionsDuration" not in properties
    (dimension,) = RULES[name].criterion["dimensions"]
    assert ("Include", ["*"]) == (dimension["operator"], dimension["values"])


@pytest.mark.parametrize("name", sorted(ABOUT_THE_APP - {"PoisonMessage"} | TOGETHER))
def test_what_lasts_is_told_when_it_begins_and_ends(name: str) -> None:
    assert RULES[name].properties["autoMitigate"]


@pytest.mark.parametrize(
    ("age", "is_silent"), [(timedelta(), False), (11 * MINUTE, False), (19 * MINUTE, False), (21 * MINUTE, True)]
)
@pytest.mark.parametrize("name", ["sweep.done", "sweep.slice_done"])
def test_silence_is_heard(age: timedelta, name: str, *, is_silent: bool) -> None:
    """A timer sweeps every five minutes."""
    found = RULES[SILENT].fires(traces([f"{name} rows=0 saved=True ended=True"], NOW - age), NOW)
    assert is_silent == bool(found)


def test_no_line_at_all_is_silence_and_so_are_sweeps_that_an_error_cuts_off() -> None:
    """An app that is down writes nothing, and a table has no row."""
    cut_off = traces(["sweep.slice_done rows=0 saved=True ended=False", "recording.archived ended=True"], NOW)
    assert RULES[SILENT].fires(traces([], NOW), NOW)
    assert RULES[SILENT].fires(cut_off, NOW)


def test_the_sweep_writes_the_line_that_is_listened_for(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """With nothing to do as well: small installations have nothing to do for days."""
    world.app.sweeping.sweep_all()
    assert {} == RULES[SILENT].fires(rows_of(caplog), NOW)


def test_every_error_that_the_app_logs_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Each line that the code writes as an error; those of an alert by the alert's rule."""
    names = set(_names_of_errors())
    assert {"sweep.row_missing", "journal.not_read", "request.failed", "call.not_recorded"} <= names
    for name in names:
        caplog.clear()
        log.event(name, {"cause": "a cause"}, logging.ERROR)
        assert {"AppError": {name}} == told(caplog)


def test_the_runbook_says_what_to_do_about_each_error_that_has_no_cause_in_it() -> None:
    """Nor an alert of its own, whose chapter says it."""
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    chapter = page.partition("\n## AppError\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^- `([\w.]+)`: ", chapter, re.MULTILINE)) == _names_without_a_cause()


def _names_without_a_cause() -> set[str]:
    """By the fields that stand in the call; where a name stands for them, by the function around it."""
    found = set[str]()
    for part in _parts_of_code(ast.FunctionDef):
        for name, call in _errors_in(part):
            fields = ast.unparse(call.args[1])
            if not re.search("'(cause|alert)'", ast.unparse(part) if "fields" in fields else fields):
                found |= {name} if ast.unparse(call.func) == "log.event" else set()
    return found


def _names_of_errors() -> set[str]:
    return {name for part in _parts_of_code(ast.Module) for name, _ in _errors_in(part)}


def _parts_of_code(kind: type[ast.AST]) -> Iterator[ast.AST]:
    for path in (ROOT / "recording").rglob("*.py"):
        yield from (part for part in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(part, kind))


def _errors_in(code: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """The calls that write a line as an error, with its name."""
    for call in ast.walk(code):
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).startswith("log."):
            continue
        first = call.args[0]
        is_error = ast.unparse(call.func) == "log.bug" or {"logging.ERROR", "level"} & {
            ast.unparse(argument) for argument in call.args
        }
        if is_error and isinstance(first, ast.Constant):
            yield str(first.value), call


def trigger(age: timedelta) -> str:
    """The line of the Functions host before each run by a queue message."""
    inserted = (NOW - age).isoformat()
    return f"Trigger Details: MessageId: 0f8fad5b, DequeueCount: 80, InsertedOn: {inserted}, ClientRequestId: x"


@pytest.mark.parametrize(("hours", "is_old"), [(0, False), (3.9, False), (4.1, True)])
def test_a_message_that_stays_in_its_queue_is_told(hours: float, *, is_old: bool) -> None:
    found = RULES["OldMessage"].fires(traces([trigger(timedelta(hours=hours))], NOW), NOW)
    assert is_old == bool(found)


@pytest.mark.parametrize(("minutes", "is_told"), [(0, False), (29, False), (31, True)])
def test_an_event_that_nothing_takes_is_told(
    world: World, caplog: pytest.LogCaptureFixture, minutes: int, *, is_told: bool
) -> None:
    """By the sweep, which runs by another trigger; an empty queue says nothing."""
    world.app.sweeping.sweep_all()
    world.event_queue.put("an event")
    world.event_queue.since = world.clock.now() - minutes * MINUTE
    world.app.sweeping.sweep_all()

    assert is_told == ("WaitingEvent" in told(caplog))
    assert 1 == caplog.text.count("sweep.events_waiting")


@pytest.mark.parametrize(
    ("operation", "queue", "expected"),
    [
        ("PutMessage", "recording-chunks-poison", {"recording-chunks-poison"}),
        ("PutMessage", "recording-events-poison", {"recording-events-poison"}),
        ("PutMessage", "recording-chunks", set()),
        ("DeleteMessage", "recording-chunks-poison", set()),
    ],
)
def test_a_message_given_up_is_told_whatever_its_queue(operation: str, queue: str, expected: set[str]) -> None:
    uri = f"https://starchive.queue.core.windows.net:443/{queue}/messages?visibilitytimeout=0"
    rows = table("StorageQueueLogs", {"TimeGenerated": NOW, "OperationName": operation, "Uri": uri})
    assert expected == set(RULES["PoisonMessage"].fires(rows, NOW))


@pytest.mark.parametrize(("failures", "is_told"), [(20, False), (21, True)])
def test_failures_are_told_when_they_are_many(failures: int, *, is_told: bool) -> None:
    rows = [{"timestamp": NOW, "success": False}] * failures + [{"timestamp": NOW, "success": True}] * 30
    assert is_told == bool(RULES["FailedExecutions"].fires(table("requests", *rows), NOW))


SEVERITIES: Mapping[int, set[str]] = {
    0: {
        *("RecordingAtRisk", "RecordingMissing", "RecordingLost", "RecordingDamaged", SILENT, "PoisonMessage"),
        *("DeadLetteredEvent", "DroppedEvent", "WaitingEvent", "RecordingInterrupted", "RecordingNotStarted"),
    },
    2: {"SweepFoundWork", "FailedExecutions", "RetentionLimited"},
}


def test_what_is_lost_or_will_be_is_critical() -> None:
    """What waits for a person is an error; what goes on by itself a warning."""
    of: Callable[[Rule], int] = lambda rule: rule.properties["severity"]  # noqa: E731 - typed
    found = {name: of(rule) for name, rule in RULES.items()}
    found |= {name: properties["severity"] for name, properties in metric_rules_of(PLAIN).items()}
    assert {name: next((level for level, names in SEVERITIES.items() if name in names), 1) for name in found} == found


def test_the_page_says_which_are_critical() -> None:
    """docs/deploy.md has a row for each alert, and calls those critical that are."""
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    said = page.partition("\n## Alerts\n")[2].partition("\n### ")[0]
    called: dict[str, bool] = {}
    for names, meaning in re.findall(r"^\| ([^|]*`[^|]*) \| ([^|]*) \|", said, re.MULTILINE):
        called |= dict.fromkeys(re.findall(r"`(\w+)`", names), meaning.startswith("critical: "))
    rules = {**{name: rule.properties for name, rule in RULES.items()}, **metric_rules_of(PLAIN)}

    assert {name: properties["severity"] == 0 for name, properties in rules.items()} == called


def test_the_names_are_those_that_are_published() -> None:
    """What has gone well is no alert."""
    assert set(EventName) - set(RULES) == NO_ALERTS
