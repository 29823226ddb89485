"""`make status`: what the running stack records, what is owed of it, and what the app has published."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueServiceClient
from rich import box
from rich.console import Console
from rich.table import Table

from local.claim import folder_for, is_claimed
from local.running import Running
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, URGENT_QUEUE

WIDTH = 80
"""Columns of a terminal that nobody has made wider."""

_ENDED = ("released", "kept")
_ID_END = 8  # characters: the beginnings are alike
type Json = Mapping[str, Any]


def main(arguments: list[str]) -> int:
    """Show it once; 1 if no stack runs."""
    parser = argparse.ArgumentParser(prog="make status", description=__doc__)
    parser.add_argument("--name", default="", help="of the stack, if make up was given one")
    folder = folder_for("up", parser.parse_args(arguments).name)
    running = Running.read(folder) if is_claimed(folder) else None
    if running is None:
        print(f"No stack runs in .local/{folder.name}: make up starts one.", file=sys.stderr)
        return 1
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    _show(console, running)
    return 0


def _show(console: Console, running: Running) -> None:
    at_service = _asked(f"{running.control}/recordings")["recordings"]
    views = [_view(running, recording["recordingId"]) for recording in at_service]
    events = _asked(f"{running.control}/published")["events"]
    armed = _asked(f"{running.control}/faults")["armed"]
    faults = ", ".join(f"{fault['name']} (struck {fault['hits']} times)" for fault in armed)
    if at_service:
        console.print(recordings_table(at_service, views, datetime.now(UTC)), "")
    else:
        console.print("Nothing is recorded yet: make up has printed how a call begins.")
    if events:
        console.print(published_table(events), "")
    console.print(f"Messages in queues: {_queues(running)}", highlight=False)
    console.print(f"Faults at the service: {faults or 'none'}", highlight=False)


def _asked(url: str) -> Any:  # noqa: ANN401 - JSON
    response = requests.get(url, timeout=30)
    response.raise_for_status()
    return response.json()


def _view(running: Running, recording_id: str) -> Json:
    """The app's view of a recording; empty if the app does not know it, or cannot answer."""
    url = f"{running.app}/recordings/{quote(recording_id, safe='')}"
    response = requests.get(url, headers={"x-functions-key": running.function_key}, timeout=30)
    found: Json = response.json() if response.ok else {}
    return found


def _queues(running: Running) -> str:
    service = QueueServiceClient.from_connection_string(running.storage)

    def length(name: str) -> int:
        try:
            return int(service.get_queue_client(name).get_queue_properties().approximate_message_count or 0)
        except ResourceNotFoundError:  # the host makes a poison queue with its first message
            return 0

    return ", ".join(
        f"{name} {length(name)} (poison {length(f'{name}-poison')})"
        for name in (EVENT_QUEUE, CHUNK_QUEUE, URGENT_QUEUE)
    )


def recordings_table(at_service: Iterable[Json], views: Iterable[Json], now: datetime) -> Table:
    """A line for each recording: its state at the app, and what is owed until when."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for column in ("recording", "output", "state", "owed", "left"):
        table.add_column(column, overflow="fold")
    for recording, view in zip(at_service, views, strict=True):
        table.add_row(
            _short(recording["recordingId"]),
            "-".join(recording["output"][name] for name in ("content", "channel", "format")),
            view.get("state", "not known"),
            owed(recording, view),
            _left(view, now),
        )
    return table


def owed(recording: Json, view: Json) -> str:
    """What is not done yet, in words."""
    if recording["state"] != "ended":
        return "its end"
    if not view.get("announcedAt"):
        return "its file event"
    if view["completedAt"]:
        return "nothing"
    return "; ".join(_owed_of(chunk) for chunk in view["chunks"] if chunk["state"] not in _ENDED) or "its manifest"


def _owed_of(chunk: Json) -> str:
    lacks = " and ".join(chunk["lacks"]) or "release"
    why = chunk["apart"]["reasons"] if chunk["apart"] else []
    cause = why[-1] if why else (chunk["lastFailure"] or {}).get("cause", "")
    return f"{lacks} of chunk {chunk['index']}" + (f": {cause}" if cause else "")


def _left(view: Json, now: datetime) -> str:
    if view.get("completedAt") or not view.get("due"):
        return ""
    return str(datetime.fromisoformat(view["due"]) - now).partition(".")[0]


def published_table(events: Iterable[Json]) -> Table:
    """A line for each event that the app has published to its topic."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for column in ("published", "event", "recording", "says"):
        table.add_column(column, overflow="fold")
    for event in events:
        body = event["data"]
        at = datetime.fromisoformat(event["eventTime"]).strftime("%H:%M:%S")
        table.add_row(at, event["eventType"], _short(body.get("recordingId") or ""), _said(body))
    return table


def _said(body: Json) -> str:
    chunks = body.get("chunks", ())
    length = sum(chunk["length"] for chunk in chunks)
    size = f"{length / (1 << 20):.1f} MiB" if length >= 1 << 20 else f"{length / 1024:.0f} KiB"
    whole = f"{len(chunks)} chunk{'s' * (len(chunks) != 1)}, {size}"
    return body.get("reason") or "; ".join((whole, *body.get("lacks", ())))


def _short(recording_id: str) -> str:
    return f"…{recording_id[-_ID_END:]}" if recording_id else ""
