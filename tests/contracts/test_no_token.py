"""If the app's identity gets no token, nothing is sent, and the error says to check the identity."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest
from azure.communication.callautomation import CallAutomationClient
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from recording.adapters import clients
from recording.adapters.archive import BlobArchive
from recording.adapters.calls import AcsCalls
from recording.adapters.catalog import TableCatalog
from recording.adapters.queue import StorageQueue
from recording.adapters.source import AcsSource
from recording.adapters.topic import EventGridTopic
from recording.core.errors import ArchiveRefused, RecordingError, ServiceRefused, SourceRefused, Transient
from recording.core.formats.messages import ChunkMessage
from recording.core.formats.notifications import EventName, OutgoingEvent
from recording.core.model import (
    BlobName,
    CallConnectionId,
    CallLocator,
    DocumentId,
    Location,
    RecordingId,
    ServerCallId,
)
from tests.contracts.switchboards import order
from tests.core.entries_of import proof

ENDPOINT = "https://contoso.communication.azure.com"
LOCATOR = CallLocator(server_call_id=ServerCallId("c2VydmVy"))
LOCATION = Location("https://eu-api.asm.skype.com/v1/objects/0/content/audio")
STEP = ChunkMessage(RecordingId("r"), DocumentId("d"))
HERE = "https://127.0.0.1:9"
"""Discard: whatever is sent there is refused, and would be told as a matter of the network."""


class Refusal:
    """A refusal by the token endpoint, as the SDK reads it."""

    status_code = 400
    reason = "Bad Request"
    headers: dict[str, str] = {}  # noqa: RUF012 - as a response has them

    def text(self) -> str:
        """The text of the body."""
        return '{"error": "invalid_request"}'


@dataclass
class Identity:
    """Gets no token."""

    failure: Exception

    def get_token(self, *_scopes: str, **_options: Any) -> NoReturn:  # noqa: ANN401 - as azure-core has it
        raise self.failure


def no_identity() -> Exception:
    """The identity does not exist on this machine."""
    return CredentialUnavailableError("the id of a tenant")


def chain_failed() -> Exception:
    """No credential of the chain is usable."""
    return ClientAuthenticationError("the id of a tenant")


def refused() -> Exception:
    """The token endpoint refuses, with its own status."""
    response: Any = Refusal()
    return ClientAuthenticationError("the id of a tenant", response=response)


def calls(identity: Any) -> AcsCalls:  # noqa: ANN401 - as azure-core has it
    """The adapter, by an identity."""
    return AcsCalls(CallAutomationClient(ENDPOINT, identity, retry_total=0))


def source(identity: Any) -> AcsSource:  # noqa: ANN401 - as azure-core has it
    """The adapter, by an identity."""
    return AcsSource(clients.source_requests(HERE, identity))


def archive(identity: Any) -> BlobArchive:  # noqa: ANN401 - as azure-core has it
    """The adapter, by an identity."""
    service = BlobServiceClient(HERE, identity, retry_total=0)
    return BlobArchive(service, clients.blob_requests(service, retries=0), "recordings")


def read(identity: object) -> None:
    """A read of the source."""
    with source(identity).open(LOCATION):
        pass


def publish(identity: Any) -> None:  # noqa: ANN401 - as azure-core has it
    """An event for the topic."""
    event = OutgoingEvent("id", EventName.ARCHIVED, "subject", {}, datetime.now(UTC))
    EventGridTopic(clients.event_grid(HERE, identity)).publish(event)


PORTS: dict[str, tuple[type[RecordingError], Callable[[Any], object]]] = {
    "start": (ServiceRefused, lambda one: calls(one).start(order(LOCATOR))),
    "resolve": (ServiceRefused, lambda one: calls(one).resolve(CallConnectionId("c"))),
    "stop": (ServiceRefused, lambda one: calls(one).stop(RecordingId("r"))),
    "read": (SourceRefused, read),
    "delete": (SourceRefused, lambda one: source(one).delete(LOCATION, proof())),
    "stage": (ArchiveRefused, lambda one: archive(one).stage(BlobName("n"), "QQ==", memoryview(b"content"))),
    "find": (ArchiveRefused, lambda one: archive(one).find(BlobName("n"))),
    "load": (
        ArchiveRefused,
        lambda one: TableCatalog(clients.table("t", "", HERE, one)).load(RecordingId("r")),
    ),
    "put message": (
        ArchiveRefused,
        lambda one: _queue(QueueClient(HERE, "q", credential=one, retry_total=0)).put(STEP, timedelta()),
    ),
    "publish": (ServiceRefused, publish),
}


FAILURES = [
    *((port, failure) for port in PORTS for failure in (no_identity, chain_failed)),
    *((port, refused) for port in ("start", "resolve", "stop", "read", "delete", "stage", "publish")),
]


@pytest.mark.parametrize(("port", "failure"), FAILURES)
def test_an_identity_that_gets_no_token_is_named(port: str, failure: Callable[[], Exception]) -> None:
    """Not the network. The error is never a permanent refusal: it is transient until the identity is fixed."""
    kind, use = PORTS[port]
    with pytest.raises(kind) as caught:
        use(Identity(failure()))

    assert isinstance(caught.value, Transient)
    assert "managed identity" in str(caught.value)
    assert ["network" in str(caught.value), "tenant" in str(caught.value)] == [False, False]


def _queue(client: QueueClient) -> StorageQueue:
    return StorageQueue(client, client)
