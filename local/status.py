"""`make status`: what the running stack records, what is owed of it, and what the app has published."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueServiceClient
from rich import box
from rich.console import Console
from rich.table import Table

from local.claim import folder_for, is_claimed, names_in_use
from local.running import Running
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, URGENT_QUEUE

WIDTH = 80
"""Columns of a terminal that nobody has made wider."""

_ID_END = 8  # characters: the beginnings are alike
type Json = Mapping[str, Any]


def main(arguments: list[str]) -> int:
    """Show it once; 1 if no stack runs."""
    parser = argparse.ArgumentParser(prog="make status", description=__doc__)
    parser.add_argument("--name", default="", help="of the stack, if make up was given one")
    folder = folder_for("up", parser.parse_args(arguments).name)
    running = Running.read(folder) if is_claimed(folder) else None
    if running is None:
        others = "".join(f"\nAnother one does: make status ARGS='--name {name}'" for name in names_in_use("up"))
        print(f"No stack runs in .local/{folder.name}: make up starts one.{others}", file=sys.stderr)
        return 1
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    _show(console, running)
    return 0


def _show(console: Console, running: Running) -> None:
    at_service = _asked(f"{running.control}/recordings")["recordings"]
    views = [_of_app(running, f"recordings/{quote(one['recordingId'], safe='')}") for one in at_service]
    owed = {one["recordingId"]: one for one in _owed(running)}
    events = _asked(f"{running.control}/published")["events"]
    armed = _asked(f"{running.control}/faults")["armed"]
    faults = ", ".join(f"{fault['name']} (struck {fault['hits']} times)" for fault in armed)
    if at_service:
        console.print(recordings_table(at_service, views, owed), "")
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


def _owed(running: Running) -> Iterator[Json]:
    """All that the app owes, page by page."""
    after: str | None = ""
    while after is not None:
        page = _of_app(running, f"owed?limit=50&after={after}")
        yield from page.get("owed", ())
        after = page.get("next")


def _of_app(running: Running, path: str) -> Json:
    """What the app answers; empty if it does not know it, or cannot answer."""
    url = f"{running.app}/{path}"
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


def recordings_table(at_service: Iterable[Json], views: Iterable[Json], owed: Mapping[str, Json]) -> Table:
    """A line for each recording: its state at the app, and what is owed until when, by recording id."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for column in ("recording", "output", "state", "owed", "left"):
        table.add_column(column, overflow="fold")
    for recording, view in zip(at_service, views, strict=True):
        open_ = owed.get(recording["recordingId"], {})
        table.add_row(
            _short(recording["recordingId"]),
            "-".join(recording["output"][name] for name in ("content", "channel", "format")),
            view.get("state", "not known"),
            _why(open_) if open_ else "nothing",
            _left(open_),
        )
    return table


def _why(open_: Json) -> str:
    what = "; ".join(open_["owed"])
    return f"{what}: {open_['lastError']}" if open_["lastError"] else what


def _left(open_: Json) -> str:
    left = open_.get("secondsLeft")
    return "" if left is None else str(timedelta(seconds=left))


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
