"""What happens in the demo: calls, their recordings, a pause, and some faults."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from local.demo.ruled import ANNOUNCED_MS, announce, decline, order_native, refuse, show_native
from local.demo.talk import DemoFailedError, ask, asked, became, short
from local.demo.trailed import show_trail
from local.stack import Stack, wait_for
from recording.core.formats.events import RECORDING_FILE_STATUS_UPDATED

_TIMEOUT = 100.0  # seconds for all recordings together
_ATTESTED = json.dumps(
    {"context": "hotline", "consent": {"basis": "a demo", "by": "the demo", "at": "2026-03-01T12:00:00Z"}}
)
PEOPLE = tuple(f"8:acs:demo_participant-{number}" for number in range(1, 6))


@dataclass
class Shown:
    """One recording of the demo: its description, its id, and its last state."""

    title: str
    output: str
    chunk_ms: Sequence[int]
    recording_id: str = ""
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Played:
    """What has happened: the recordings with their last state, and all file events that were published.

    `manifest` is of what the service itself has written.
    """

    shown: list[Shown]
    manifest: str
    events: list[dict[str, Any]]


def play(stack: Stack, console: Console) -> Played:
    """Run the demo."""
    by_event = Shown("call event", "audio-mixed-wav", [45_000])
    video = Shown("paused once", "audioVideo-mixed-mp4", [30_000])
    small = Shown("503 at first", "audio-mixed-mp3", [120_000])
    long = Shown("three chunks", "audio-unmixed-wav", [90_000, 90_000, 40_000])
    shown = [by_event, video, small, long]
    announced = Shown("announced", "audio-mixed-wav", ANNOUNCED_MS)
    world, grid = stack.acs.world, stack.event_grid
    grid.copies, grid.order, grid.delay = 2, "reversed", 1.0
    calls = [
        world.start_call(participants=PEOPLE, chunk_ms=recording.chunk_ms, operation_context=context)
        for recording, context in zip(shown, (_ATTESTED, None, None, None), strict=True)
    ]
    refuse(stack, console)
    decline(stack, console)
    announced.recording_id, asked_call = announce(stack, console)
    native = order_native(stack, console)

    console.print("Another attests the consent, so that its rule allows it. Its signed callback")
    console.print("comes twice; the recording starts once:")
    callback = world.connect(calls[0])
    ids = {became(stack, callback)["recordingId"] for _ in range(2)}
    by_event.recording_id = ids.pop()
    console.print(f"  {by_event.output}  {short(by_event.recording_id)}" + ("  [red]twice![/red]" if ids else ""))

    console.print("Three more calls are recorded on request:")
    for recording, call in zip(shown[1:], calls[1:], strict=True):
        world.connect(call)
        content, channel, kind = recording.output.split("-")
        body = {"serverCallId": call.server_call_id, "content": content, "channel": channel, "format": kind}
        recording.recording_id = asked(stack.call("POST", "recordings", json=body))["recordingId"]
        console.print(f"  {recording.output}  {short(recording.recording_id)}")

    ask(stack, "POST", video.recording_id, "/pause")
    time.sleep(0.5)
    ask(stack, "POST", video.recording_id, "/resume")
    console.print("One is paused and resumed; then all calls end. Media is made, and events follow:")
    console.print("  each twice, in reversed order; one download answers 503, one breaks half way")

    def trouble(event: dict[str, Any]) -> None:
        if event["eventType"] != RECORDING_FILE_STATUS_UPDATED:
            return
        events.append(event)
        chunks = event["data"]["recordingStorageInfo"]["recordingChunks"]
        if event["subject"].endswith(small.recording_id):
            world.arm("busy_503", object_id=chunks[0]["documentId"], count=1)
        if event["subject"].endswith(long.recording_id):
            world.arm("reset_mid_body", object_id=chunks[1]["documentId"], count=1)

    events: list[dict[str, Any]] = []
    stack.before_publish = trouble
    for call in (*calls, asked_call, native.call):
        world.end_call(call)
    shown.append(announced)
    _watch(stack, console, shown)
    manifest = show_native(stack, console, native)
    show_trail(stack, console, by_event.recording_id)
    return Played(shown, manifest, events)


def _watch(stack: Stack, console: Console, shown: list[Shown]) -> None:
    columns = (
        TextColumn("  {task.description:<22}"),
        BarColumn(bar_width=24),
        DownloadColumn(binary_units=True),
        TimeElapsedColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, console=console) as progress:
        tasks = {
            recording.recording_id: progress.add_task(recording.output, total=None, state="making media")
            for recording in shown
        }

        def done() -> bool:
            world = stack.acs.world
            for recording in shown:
                if recording.state.get("completedAt"):
                    continue
                objects = [found for found in world.objects.values() if found.recording_id == recording.recording_id]
                if not objects:
                    continue
                recording.state = ask(stack, "GET", recording.recording_id)
                total = sum(found.length for found in objects)
                read = sum(min(found.length, world.bytes_served(found.document_id)) for found in objects)
                state = "released" if recording.state["completedAt"] else recording.state["state"]
                progress.update(tasks[recording.recording_id], total=total, completed=read, state=state)
            time.sleep(0.1)
            return all(recording.state.get("completedAt") for recording in shown)

        try:
            wait_for(done, "all recordings", _TIMEOUT)
        except TimeoutError as error:
            owed = [f"{one.output} ({_standing(one.state)})" for one in shown if not one.state.get("completedAt")]
            raise DemoFailedError(f"after {_TIMEOUT:.0f} s not archived: {', '.join(owed)}") from error


def _standing(state: dict[str, Any]) -> str:
    reasons = [reason for chunk in state.get("chunks", ()) for reason in (chunk["apart"] or {}).get("reasons", ())]
    return "; ".join((state.get("state", "no file event"), *reasons))
