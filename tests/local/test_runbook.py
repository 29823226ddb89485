"""The runbook works as it is written: each command is run in the situation for which it is meant."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from local.acs.faults import Fault
from local.acs.model import Call
from local.stack import OPEN_TABLE, ROOT, TABLE, Stack, wait_for
from recording.adapters import clients
from recording.adapters.catalog import TableCatalog
from recording.adapters.open_work import TableOpenWork
from recording.core.formats.api import RUNBOOK
from recording.core.formats.events import RECORDING_FILE_STATUS_UPDATED
from recording.core.formats.messages import Task
from recording.core.formats.notifications import EventName
from recording.core.model import CatalogEntry, RecordingId
from recording.core.naming import encode
from recording.core.owing import WAITING_FOR_PEOPLE
from recording.settings import CHUNK_QUEUE
from tests.infra.rules import APP_ALERTS, PLAIN, metric_rules_of, rules_of
from tests.local.shell import Shell
from tests.scenarios.rules import assert_a_rule_hears
from tests.scenarios.sounds import short_wav, silent_wav, wav
from tests.scenarios.test_calls import recordings_of
from tests.scenarios.test_sweep import BY_DAYS
from tests.scenarios.worlds import (
    Given,
    blob_name,
    chunk_view,
    do_at_once,
    given,
    outlive,
    rewrite,
    told,
    view,
    wait_completed,
    wait_failures,
    wait_state,
)

PAGE = (ROOT / RUNBOOK).read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- situation: ([^\n]+) -->\n```sh\n(.*?)```\n", re.DOTALL)
PREFACE, *CHAPTERS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
LONG_AGO = timedelta(hours=2)
PLACES = ("preface", "in Azure", "on one machine")
"""What is pasted first; the command for Azure needs its client, and is not run."""
SETTINGS = {
    # Nothing is tried again by itself while a command is run.
    "RETRY_FIRST_SECONDS": "1200",
    "RETRY_LONGEST_SECONDS": "1800",
    "COPY_SLICE_SECONDS": "1",
    "SWEEP_SECONDS": "1",
    "OVERDUE_SECONDS": "1",
    "FILE_EVENT_SECONDS": "1",
    "PAUSE_LIMIT_SECONDS": "1",
}


@dataclass
class Scene:
    """A stack, a shell in which the runbook's preface was pasted, and the recording that a chapter is about."""

    stack: Stack
    shell: Shell
    folder: Path
    seeds: Iterator[int]
    event: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def about(self, recording_id: str, document_id: str = "") -> None:
        """Set the ids of the alert."""
        self.recording_id = self.subject = recording_id
        self.shell.paste(f"RECORDING_ID='{recording_id}' DOCUMENT_ID='{document_id}'")

    def recorded(self, *chunks: bytes, **options: object) -> Given:
        """A recording at the source, which the commands that follow are about; nothing is published yet."""
        self.given = given(self.stack, chunks or [short_wav(next(self.seeds))], **options)
        self.about(self.given.id, self.given.chunks[0].document_id)
        return self.given

    def hold(self, fault: str) -> None:
        """Arm a fault of the source until `mend`."""
        self.faults.append(self.given.arm(fault, count=None))

    def mend(self) -> None:
        """Let the source work again."""
        while self.faults:
            self.faults.pop().stop()

    def fail(self) -> None:
        """Publish a recording whose first try fails."""
        self.recorded()
        self.hold("not_ready_404")
        self.given.publish()
        wait_failures(self.stack, self.given.id, 1)

    def doubt(self) -> None:
        """A recording in quarantine: it lasts shorter than it should."""
        self.recorded(wav(10_000, next(self.seeds)), duration_ms=60_000)
        self.given.publish()
        wait_state(self.stack, self.given.id, "quarantined")
        self.told(EventName.QUARANTINED)

    def pass_time(self, *, is_gone: bool) -> None:
        """Let the next look be due, and, if so, the sources have ended; then drive the first chunk."""
        at = datetime.now(UTC) - timedelta(seconds=1)
        if is_gone:
            outlive(self.stack, self.given.id)
        rewrite(self.stack, self.given.id, lambda chunk: replace(chunk, look_at=chunk.look_at and at))
        message = {"recordingId": self.given.id, "documentId": self.given.chunks[0].document_id}
        with QueueClient.from_connection_string(self.stack.azurite.connection_string, CHUNK_QUEUE) as queue:
            queue.send_message(json.dumps(message))

    def found(self) -> None:
        """A person has found the event, or mended it."""
        (self.folder / "event.json").write_text(json.dumps(self.event or self.given.event))

    def told(self, name: EventName) -> None:
        """A person is told."""
        wait_for(lambda: told(self.stack, name, self.recording_id), name)
        self.settle()

    def settle(self) -> None:
        """The alerts are noted as published: the entry does not change by itself any more."""
        wait_for(lambda: not self.entry().recording.untold, "the alerts to be noted")

    def entry(self) -> CatalogEntry:
        """The catalog's entry."""
        with closing(clients.table(TABLE, self.stack.azurite.connection_string)) as table:
            entry = TableCatalog(table).load(RecordingId(self.recording_id))
        assert entry is not None
        return entry

    def archived(self, revision: int = 1) -> None:
        wait_completed(self.stack, self.recording_id, revision)


type Situation = Callable[[Scene], Iterator[None]]
SITUATIONS: dict[str, Callable[[Scene], AbstractContextManager[None]]] = {}
"""Arranges a situation; after the commands were run, sees that what the runbook says does happen."""


def situation(name: str) -> Callable[[Situation], Situation]:
    def register(arrange: Situation) -> Situation:
        SITUATIONS[name] = contextmanager(arrange)
        return arrange

    return register


@situation("archived")
def _(scene: Scene) -> Iterator[None]:
    scene.recorded().publish()
    scene.archived()
    yield


@situation("at risk")
def _(scene: Scene) -> Iterator[None]:
    scene.recorded()
    scene.hold("not_ready_404")
    late = datetime.now(UTC) - timedelta(hours=23, minutes=30)
    scene.stack.event_grid.publish(scene.given.event | {"eventTime": late.isoformat()})
    wait_failures(scene.stack, scene.given.id, 1)
    scene.told(EventName.AT_RISK)
    yield


@situation("at risk, and the source answers again")
def _(scene: Scene) -> Iterator[None]:
    scene.mend()
    yield
    scene.archived()


def running(scene: Scene, *, is_started: bool = True) -> Call:
    """A recording that runs."""
    world = scene.stack.acs.world
    call = world.start_call(chunk_ms=[1_000])
    world.connect(call)
    order = {"callConnectionId": call.call_connection_id}
    scene.about(scene.stack.call("POST", "recordings", json=order).json()["recordingId"])
    scene.shell.paste(f"CALL='{call.server_call_id}'")
    if is_started:
        wait_for(lambda: view(scene.stack, scene.recording_id)["serviceState"] == "active", "the recording to begin")
    return call


def recorded_again(scene: Scene, call: Call) -> None:
    """Another recording of the call runs."""
    recordings = scene.stack.acs.world.recordings.values()
    states = {one.recording_id == scene.recording_id: one.state for one in recordings if one.call is call}
    assert {True: "ended", False: "active"} == states
    scene.stack.acs.world.end_call(call)


@situation("interrupted")
def _(scene: Scene) -> Iterator[None]:
    running(scene)
    scene.stack.acs.world.pause_recording(scene.recording_id)
    scene.told(EventName.INTERRUPTED)
    yield
    assert "paused" == view(scene.stack, scene.recording_id)["state"]


@situation("interrupted, and to be resumed")
def _(scene: Scene) -> Iterator[None]:
    yield
    assert "active" == scene.stack.acs.world.recordings[scene.recording_id].state


@situation("interrupted, and to be recorded again")
def _(scene: Scene) -> Iterator[None]:
    call = running(scene)
    scene.stack.acs.world.interrupt_recording(scene.recording_id)
    scene.told(EventName.INTERRUPTED)
    yield
    recorded_again(scene, call)


@situation("not started")
def _(scene: Scene) -> Iterator[None]:
    scene.stack.acs.world.arm("start_recording_failed")
    call = running(scene, is_started=False)
    scene.told(EventName.NOT_STARTED)
    yield
    recorded_again(scene, call)


@situation("paused for long")
def _(scene: Scene) -> Iterator[None]:
    running(scene)
    scene.stack.call("POST", f"recordings/{scene.recording_id}/pause")
    scene.told(EventName.PAUSED_LONG)
    yield
    assert "active" == scene.stack.acs.world.recordings[scene.recording_id].state


@situation("missing")
def _(scene: Scene) -> Iterator[None]:
    stack = scene.stack
    with losing(stack) as events:
        call = stack.acs.world.start_call(chunk_ms=[1_000])
        stack.acs.world.connect(call)
        scene.about(stack.call("POST", "recordings", json={"serverCallId": call.server_call_id}).json()["recordingId"])
        stack.call("POST", f"recordings/{scene.recording_id}/stop")
        scene.told(EventName.MISSING)
        wait_for(lambda: events, "the event that is lost")
    (scene.event,) = events
    yield
    assert "missing" == view(stack, scene.recording_id)["state"]


@situation("missing, and its event was found")
def _(scene: Scene) -> Iterator[None]:
    scene.found()
    yield
    wait_state(scene.stack, scene.recording_id, "kept")
    scene.archived()


@situation("quarantined")
def _(scene: Scene) -> Iterator[None]:
    scene.doubt()
    yield


@situation("quarantined, and the copy is right")
def _(scene: Scene) -> Iterator[None]:
    yield
    scene.archived()
    wait_state(scene.stack, scene.recording_id, "released")


@situation("quarantined, and the source is right again")
def _(scene: Scene) -> Iterator[None]:
    scene.doubt()
    (source,) = scene.given.chunks
    whole = source.path.with_name(f"whole-{source.path.name}")
    whole.write_bytes(wav(60_000, next(scene.seeds)))
    source.path, source.length = whole, whole.stat().st_size
    yield
    scene.archived()


@situation("quarantined, and worth nothing")
def _(scene: Scene) -> Iterator[None]:
    scene.doubt()
    yield
    scene.told(EventName.LOST)
    assert chunk_view(scene.stack, scene.recording_id)["apart"]["blob"]


@situation("undecided")
def _(scene: Scene) -> Iterator[None]:
    scene.doubt()
    scene.pass_time(is_gone=True)
    wait_for(lambda: chunk_view(scene.stack, scene.recording_id)["nextLookAt"] is None, "it to be left to a person")
    scene.settle()
    yield
    scene.told(EventName.LOST)


@situation("incomplete")
def _(scene: Scene) -> Iterator[None]:
    found = scene.recorded(short_wav(next(scene.seeds)), short_wav(next(scene.seeds)))
    first = json.loads(json.dumps(found.event))
    del first["data"]["recordingStorageInfo"]["recordingChunks"][1:]
    scene.stack.event_grid.publish(first)
    wait_state(scene.stack, found.id, "released")
    scene.pass_time(is_gone=True)
    scene.told(EventName.INCOMPLETE)
    wait_for(lambda: "incomplete" == view(scene.stack, found.id)["state"], "it to be closed")
    yield


@situation("incomplete, and the event of the missing chunk was found")
def _(scene: Scene) -> Iterator[None]:
    scene.found()
    yield
    scene.archived(revision=2)


@situation("damaged")
def _(scene: Scene) -> Iterator[None]:
    scene.recorded()
    scene.hold("delete_503")
    scene.given.publish()
    wait_failures(scene.stack, scene.given.id, 1)
    scene.stack.container().delete_blob(blob_name(scene.given))
    scene.mend()
    scene.pass_time(is_gone=False)
    scene.told(EventName.DAMAGED)
    yield
    scene.archived()


@situation("not told")
def _(scene: Scene) -> Iterator[None]:
    world = scene.stack.acs.world
    call = world.start_call(chunk_ms=[1_000], pstn=True)
    call.operation_context = "announced"
    scene.stack.call_back(world.connect(call))
    (recording,) = wait_for(lambda: recordings_of(scene.stack, call), "the recording to start")
    scene.about(recording.recording_id)
    scene.subject = call.call_connection_id
    wait_for(lambda: view(scene.stack, recording.recording_id).get("startedByThisApp"), "the app to know it")
    scene.faults.append(world.arm("report_failed", count=None))
    world.join(call, "4:+4930123456")
    scene.told(EventName.NOT_CONSENTED)
    wait_for(lambda: recording.state == "paused", "the recording to be paused")
    scene.mend()
    yield
    wait_for(lambda: recording.state == "active", "it to go on")
    world.end_call(call)


@situation("held")
def _(scene: Scene) -> Iterator[None]:
    scene.recorded().publish()
    scene.archived()
    day = datetime.now(UTC).date()
    body = {"recordings": [scene.recording_id], "reason": "case 7", "owner": "legal", "by": "Ada"}
    hold = scene.stack.call("POST", "holds", json={**body, "reviewOn": f"{day + timedelta(days=1)}"}).json()["holdId"]
    scene.shell.paste(f"HOLD_ID={hold} DAY={day + timedelta(days=90)}")
    wait_for(lambda: holds(scene)[hold] == "active", "the hold to be placed")
    yield


@situation("held, and still needed")
def _(scene: Scene) -> Iterator[None]:
    (first,) = holds(scene)
    yield
    wait_for(lambda: {*holds(scene).values()} == {"active"}, "the other hold to be placed")
    assert {first} < {*holds(scene)}


@situation("held, and to be ended")
def _(scene: Scene) -> Iterator[None]:
    before = holds(scene)
    yield
    wait_for(lambda: len(holds(scene)) == len(before) - 1, "one hold to end, and the other to stay")


def holds(scene: Scene) -> dict[str, str]:
    """The state of each hold on the recording that is not ended, by its id."""
    found = scene.stack.call("GET", "holds").json()["holds"]
    return {one["holdId"]: one["state"] for one in found if scene.recording_id in one["scope"]["recordings"]}


@situation("silent")
def _(scene: Scene) -> Iterator[None]:
    scene.recorded(silent_wav(12_000, channels=2)).publish()
    scene.archived()
    do_at_once(scene.stack, scene.recording_id, Task.FILE, Task.SEAL)
    scene.told(EventName.SILENT)
    yield
    seals = [name for name in scene.stack.container().list_blob_names() if name.endswith(".seal.json")]
    assert 1 == len([name for name in seals if encode(RecordingId(scene.recording_id)) in name])


@situation("lost")
def _(scene: Scene) -> Iterator[None]:
    scene.fail()
    scene.pass_time(is_gone=True)
    scene.told(EventName.LOST)
    yield


@situation("lost, and the source lives")
def _(scene: Scene) -> Iterator[None]:
    scene.mend()
    yield
    scene.archived()


@situation("conflict")
def _(scene: Scene) -> Iterator[None]:
    other = given(scene.stack, [short_wav(next(scene.seeds))])
    found = scene.recorded()
    found.publish()
    scene.archived()
    second = json.loads(json.dumps(found.event)) | {"id": "another"}
    (chunk,) = second["data"]["recordingStorageInfo"]["recordingChunks"]
    chunk["deleteLocation"] = other.event["data"]["recordingStorageInfo"]["recordingChunks"][0]["deleteLocation"]
    scene.stack.event_grid.publish(second)
    scene.told(EventName.CONFLICT)
    yield
    assert other.chunks[0].exists


@situation("swept")
def _(scene: Scene) -> Iterator[None]:
    scene.fail()
    scene.mend()
    scene.stack.clear_messages()
    at = datetime.now(UTC) - LONG_AGO
    rewrite(scene.stack, scene.given.id, lambda chunk: replace(chunk, look_at=at))
    recording = scene.entry().recording
    with closing(clients.table(OPEN_TABLE, scene.stack.azurite.connection_string)) as rows:
        TableOpenWork(rows).touch(recording.recording_id, recording.opening, since=at, look_at=at)
    scene.told(EventName.SWEPT)
    yield
    scene.archived()


@situation("unreadable")
def _(scene: Scene) -> Iterator[None]:
    found = scene.recorded()
    broken = json.loads(json.dumps(found.event))
    del broken["data"]["recordingStorageInfo"]["recordingChunks"][0]["contentLocation"]
    scene.stack.event_grid.publish(broken)
    scene.told(EventName.UNREADABLE)
    yield
    assert view(scene.stack, found.id)["unread"]


@situation("unreadable, and the event was mended")
def _(scene: Scene) -> Iterator[None]:
    scene.found()
    yield
    scene.archived()


@situation("missing, and a dead letter is to be looked at")
def _(scene: Scene) -> Iterator[None]:
    name = "SUBSCRIPTION/2026/3/1/12/letter.json"
    scene.stack.container("recordings-deadletter").upload_blob(name, b"[]", overwrite=True)
    scene.shell.paste(f"BLOB={name}")
    yield
    assert b"[]" == (scene.folder / "letter.json").read_bytes()


@situation("quarantined, and the copy is to be played")
def _(scene: Scene) -> Iterator[None]:
    apart = chunk_view(scene.stack, scene.recording_id)["apart"]
    scene.shell.paste(f"CONTAINER={apart['container']} BLOB='{apart['blob']}'")
    yield
    assert (scene.folder / "copy").read_bytes().startswith(b"RIFF")


@situation("unreadable, and the event is to be looked at")
def _(scene: Scene) -> Iterator[None]:
    journal = scene.stack.container("recordings-journal")
    latest = max(journal.list_blobs(), key=lambda blob: blob.last_modified)
    scene.shell.paste(f"BLOB='{latest.name}'")
    yield
    assert json.loads((scene.folder / "event.json").read_text())


@situation("unreadable, and handed in by mistake")
def _(scene: Scene) -> Iterator[None]:
    found = scene.recorded()
    broken = json.loads(json.dumps(found.event))
    del broken["data"]["recordingStorageInfo"]["recordingChunks"][0]["contentLocation"]
    scene.stack.call("POST", "recordings/events", json=broken)
    scene.told(EventName.UNREADABLE)
    yield
    assert "lost" == view(scene.stack, found.id)["state"]


@contextmanager
def losing(stack: Stack) -> Iterator[list[dict[str, Any]]]:
    """Event Grid loses every event meanwhile; the file events among them."""
    publish, lost = stack.event_grid.publish, list[dict[str, Any]]()

    def lose(event: dict[str, Any], **_: object) -> None:
        if event["eventType"] == RECORDING_FILE_STATUS_UPDATED:
            lost.append(event)

    stack.event_grid.publish = lose  # type: ignore[method-assign, assignment]
    try:
        yield lost
    finally:
        stack.event_grid.publish = publish  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("runbook")
    with Stack(folder / "stack", settings=SETTINGS, media_folder=folder / "media") as running:
        yield running


def commands(text: str) -> Sequence[tuple[str, Sequence[str]]]:
    """The situations of a text, and the lines of each; a function of several lines is one."""
    lines = re.compile(r"^\S.*(?:\n {4}.*)*", re.MULTILINE)
    return [(name, lines.findall(block)) for name, block in BLOCK.findall(text)]


def is_request(line: str) -> bool:
    return bool(re.match(r"(ask|look|decide) ", line))


@pytest.mark.parametrize(
    ("number", "chapter"), [*enumerate([PREFACE, *CHAPTERS])], ids=["", *(text.partition("\n")[0] for text in CHAPTERS)]
)
def test_every_command_works_in_its_situation(stack: Stack, tmp_path: Path, number: int, chapter: str) -> None:
    """And what the runbook says happens then."""
    (_, preface), _, (_, (fetch,)), *_ = commands(PREFACE)
    with Shell({}, tmp_path) as shell:
        scene = Scene(stack, shell, tmp_path, iter(range(8000 + 10 * number, 8010 + 10 * number)))
        for line in preface:
            assert "" == shell.paste(line)
        shell.paste(fetch.replace(".venv/bin/python", sys.executable))
        shell.paste(f"export PYTHONPATH='{ROOT}' ARCHIVE_STORAGE='{stack.azurite.connection_string}'")
        shell.paste(f"APP={stack.host.url}/api KEY={stack.host.function_key} BY=Ada")
        for name, lines in commands(chapter):
            if name in PLACES:
                continue
            with SITUATIONS[name](scene):
                for line in lines:
                    answer = shell.paste(line)
                    assert isinstance(json.loads(answer), dict) if is_request(line) else answer == "", f"{name}: {line}"
        title = chapter.partition("\n")[0]
        if title in APP_ALERTS - BY_DAYS:
            assert_a_rule_hears(stack, title, scene.subject)


def test_every_command_has_a_situation_and_every_situation_a_command() -> None:
    named = [name for name, _ in commands(PAGE)]

    assert PAGE.count("```sh") == len(named)
    assert {*PLACES, *SITUATIONS} == set(named)


def test_every_chapter_has_a_command() -> None:
    assert [] == [text.partition("\n")[0] for text in CHAPTERS if not commands(text)]


def test_there_is_a_chapter_for_each_alert_and_for_each_state_that_waits_for_a_person() -> None:
    """Those of the app, and those of the rules that watch over the app."""
    headings = [text.partition("\n")[0] for text in CHAPTERS]
    alerts = {*rules_of(PLAIN), *metric_rules_of(PLAIN)}

    assert sorted([*alerts, *(f"State `{state}`" for state in WAITING_FOR_PEOPLE)]) == sorted(headings)
