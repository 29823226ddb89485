"""Where dead letters go: files, or blobs of a container, in the documented form and path."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from azure.storage.blob import BlobClient

from local.acs.events import Event, wire_time
from local.eventgrid.subscription import Outcome, Subscription


class DeadLetterStore(Protocol):
    """Stores one JSON array under a path."""

    def write(self, path: str, content: bytes) -> None:
        """Store it; blocks."""
        ...


class FolderStore:
    """Dead letters as files."""

    def __init__(self, folder: Path) -> None:
        """Store files in `folder`."""
        self.folder = folder

    def write(self, path: str, content: bytes) -> None:
        """Write one file."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def read(self) -> list[Event]:
        """All events, oldest file first."""
        files = sorted(self.folder.rglob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [event for path in files for event in json.loads(path.read_bytes())]


class ContainerStore:
    """Dead letters as blobs; the container must exist."""

    def __init__(self, connection_string: str, container: str) -> None:
        """Store blobs in `container`."""
        self._connection = connection_string
        self._container = container

    def write(self, path: str, content: bytes) -> None:
        """Upload one blob."""
        with BlobClient.from_connection_string(self._connection, self._container, path) as blob:
            blob.upload_blob(content)


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a delivery was dead-lettered, and after how many attempts."""

    published: datetime
    last_attempt: datetime
    attempts: int
    outcome: Outcome

    @property
    def reason(self) -> str:
        """The value of `deadLetterReason`."""
        if self.outcome.never_retried and self.outcome.status is not None:
            return f"UndeliverableDueToHttp{HTTPStatus(self.outcome.status).phrase.replace(' ', '')}"
        return "MaxDeliveryAttemptsExceeded"


def dead_letter(subscription: Subscription, events: Sequence[Event], ending: Ending) -> tuple[str, bytes]:
    """Path and content of the dead letter of a delivery."""
    more: dict[str, object] = {
        "deadLetterReason": ending.reason,
        "deliveryAttempts": ending.attempts,
        "lastDeliveryOutcome": ending.outcome.name,
        "publishTime": wire_time(ending.published, 7),
        "lastDeliveryAttemptTime": wire_time(ending.last_attempt, 7),
    }
    if ending.outcome.status is not None:
        more["lastHttpStatusCode"] = ending.outcome.status
    if subscription.schema == "cloudevents":
        more = {key.lower(): value for key, value in more.items()}
    at = datetime.now(UTC)
    path = f"{subscription.name.upper()}/{at.year}/{at.month}/{at.day}/{at.hour}/{uuid.uuid4()}.json"
    return path, json.dumps([event | more for event in events]).encode()
