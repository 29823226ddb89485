"""Shared by the tests of the Functions host: calls over HTTP, the functions' records, and waiting."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

APPS = Path(__file__).parent / "apps"
EVERY_TRIGGER = APPS / "every_trigger"
NEVER = "0 0 0 29 2 *"  # a schedule that never fires during a test
PATIENCE = 60.0  # seconds; a limit, not an expectation


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - as json.loads
        return json.loads(self.body)


def call(url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Reply:
    """Send one request as written: no proxy, no redirect, no headers but Host."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def until[T](found: Callable[[], T | None], what: str) -> T:
    """Waits for a condition; fails with its description at the timeout."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.02)
    raise AssertionError(f"never came: {what}")


class Seen:
    """What the functions of the fixture app recorded, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, function: str, **fields: object) -> list[dict[str, Any]]:
        """The records of one function that have these fields."""
        notes = [json.loads(path.read_text()) for path in sorted(self.folder.glob(f"{function}-*.json"))]
        return [note for note in notes if fields.items() <= note.items()]

    def wait(self, function: str, count: int = 1, **fields: object) -> list[dict[str, Any]]:
        """The same, once there are this many."""
        return until(
            lambda: found if len(found := self.of(function, **fields)) >= count else None,
            f"{count} of {function} {fields}",
        )

    def release(self, name: str) -> None:
        """Lets the functions that wait for this name continue."""
        (self.folder / name).touch()
