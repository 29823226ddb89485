"""What the tests of the Functions host share: calls over HTTP, what functions saw, and waiting for it."""

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
NEVER = "0 0 0 29 2 *"  # a schedule that does not disturb
PATIENCE = 20.0  # seconds; how long a thing may take before the test gives it up, not how long it should


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - as json.loads
        return json.loads(self.body)


def call(url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Reply:
    """One request as written: no proxy, no redirect, no header of its own but Host."""
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
    """Waits for a condition; fails, saying for what, when patience ends."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.02)
    raise AssertionError(f"never came: {what}")


class Seen:
    """What the functions of the fixture app noted, in the order in which they noted it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, function: str, **fields: object) -> list[dict[str, Any]]:
        """The notes of one function that have these fields."""
        notes = [json.loads(path.read_text()) for path in sorted(self.folder.glob(f"{function}-*.json"))]
        return [note for note in notes if fields.items() <= note.items()]

    def wait(self, function: str, count: int = 1, **fields: object) -> list[dict[str, Any]]:
        """The same, once there are so many."""
        return until(
            lambda: found if len(found := self.of(function, **fields)) >= count else None,
            f"{count} of {function} {fields}",
        )

    def release(self, name: str) -> None:
        """Lets the functions go on that wait for this name."""
        (self.folder / name).touch()
