"""How the demo talks with the app, and what it calls a failure."""

from typing import Any
from urllib.parse import quote

import requests

from local.stack import Stack


class DemoFailedError(Exception):
    """The app did not do what the demo shows; the message says what."""


def asked(response: requests.Response) -> dict[str, Any]:
    """The answer's JSON.

    Raises:
        DemoFailedError: it is a problem.
    """
    found: dict[str, Any] = response.json()
    if not response.ok:
        where = f"{response.request.method} {response.request.path_url.partition('?')[0]}"
        raise DemoFailedError(f"{where}: {found.get('detail', found)}")
    return found


def ask(stack: Stack, method: str, recording_id: str, what: str = "") -> dict[str, Any]:
    """Ask the app about a recording, or to do something with it."""
    return asked(stack.call(method, f"recordings/{quote(recording_id, safe='')}{what}"))


def became(stack: Stack, body: object) -> dict[str, Any]:
    """What became of the one event of a signed callback."""
    found: dict[str, Any] = asked(stack.call_back(body))["events"][0]
    return found


def short(recording_id: str) -> str:
    """An id, so that several fit into a line."""
    return f"{recording_id[:12]}…{recording_id[-12:]}"
