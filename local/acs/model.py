"""The local service's records: calls, recordings, stored objects, and requests."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from local.acs.outputs import Output

RecordingState = Literal["pending", "active", "paused", "ended"]
"""`pending`: accepted, and not begun."""


@dataclass(frozen=True, slots=True)
class Prompted:
    """A prompt that was ordered: for all, or, with `target`, for one participant whose key is awaited."""

    text: str
    context: str | None
    target: str | None = None
    url: str = ""


@dataclass(slots=True)
class Call:
    """One call; `call_connection_id` is the id people use for it in the control API.

    `callback_url` is where reports of prompts go, by default where the world's do; `prompts` are those ordered so far;
    `keys` are the ones that a participant presses, one for each prompt; who presses none stays silent.
    """

    server_call_id: str
    call_connection_id: str
    correlation_id: str
    group_id: str | None
    room_id: str | None
    participants: tuple[str, ...]
    pstn: bool
    started: datetime
    chunk_ms: tuple[int, ...] | None = None
    operation_context: str | None = None
    established: bool = False
    ended: datetime | None = None
    participant_lists: int = 0
    callback_url: str | None = None
    prompts: list[Prompted] = field(default_factory=list)
    keys: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Pause:
    """An interval of a recording that is left out; `end` is None while it lasts."""

    start: datetime
    end: datetime | None = None


@dataclass(slots=True)
class Recording:
    """One recording, from its start to its announced file.

    `has_failed`: the accepted start failed. `ends_after`: it ends by itself after so many seconds.
    """

    recording_id: str
    event_id: str
    call: Call
    output: Output
    started: datetime
    state: RecordingState
    chunk_ms: tuple[int, ...] | None = None
    state_callback_uri: str | None = None
    channels: tuple[str, ...] = ()
    external_container: str | None = None
    pauses: list[Pause] = field(default_factory=list)
    ended: datetime | None = None
    session_end_reason: str = "CallEnded"
    media_started: datetime | None = None
    duration_ms: int = 0
    documents: list[str] = field(default_factory=list)
    announced: datetime | None = None
    has_failed: bool = False
    ends_after: float | None = None


@dataclass
class StoredObject:
    """One chunk in the short-lived storage: its content and its metadata file.

    `length` is in bytes. `exists` is False after it was deleted or has expired.
    """

    document_id: str
    recording_id: str
    index: int
    output: Output
    path: Path
    length: int
    metadata: bytes
    made: datetime
    expires: datetime
    clock: Callable[[], datetime] = field(repr=False)
    content_location: str
    metadata_location: str
    delete_location: str
    duration_ms: int
    end_reason: str
    deleted: datetime | None = None

    @property
    def exists(self) -> bool:
        """Whether content and metadata can still be read."""
        return self.deleted is None and self.clock() < self.expires

    @cached_property
    def sha256(self) -> str:
        """The content's SHA-256 in hex, read from the file on first use."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(slots=True)
class RequestRecord:
    """One request that reached the TLS server; `status` 0 means the connection was dropped without an answer.

    `bytes_sent` counts body bytes given to the socket: the peer of an aborted request may have read fewer.
    """

    at: datetime
    method: str
    host: str
    path: str
    range: str | None
    operation: str = ""
    document_id: str | None = None
    status: int = 0
    bytes_sent: int = 0
    client_aborted: bool = False
    fault: str | None = None
    done: bool = False


class ServiceRefusal(Exception):
    """An answer other than success, with the code and message the real service would give."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep what the wire needs."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
