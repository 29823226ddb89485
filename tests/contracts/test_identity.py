"""Requests for bytes are signed with tokens of the app's identity, which azure-core renews before they expire."""

import json
import re
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from azure.storage.blob import BlobServiceClient

from recording.adapters import clients
from recording.adapters.archive import BlobArchive
from recording.adapters.catalog import TableCatalog
from recording.adapters.http_transport import Reply, Urllib3Transport
from recording.core.errors import ArchiveRefused
from recording.core.model import RecordingId
from tests.contracts.containers import CONTENT, NAME, A, view
from tests.contracts.scripted import Server, Step, head, said, slowly

pytestmark = pytest.mark.usefixtures("surroundings", "trusted")
_TOKEN = re.compile(rb"authorization: Bearer (\S+)", re.IGNORECASE)
CREATED = said(status="201 Created")
REFUSED = said(status="401 Unauthorized")


@dataclass
class Identity:
    """Tokens numbered from 1; each is valid for `lasts` seconds."""

    lasts: int = 3600
    scopes: list[str] = field(default_factory=list)

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:  # noqa: ANN401 - as azure-core has it
        self.scopes += scopes
        return AccessToken(f"token-{len(self.scopes)}", int(time.time()) + self.lasts)


type Stage = Callable[[Server, Identity], Callable[[], None]]
type Read = Callable[[Server, Identity], Callable[[], Reply]]


@pytest.fixture
def stages(transport: Urllib3Transport) -> Stage:
    """Stages a block at a server, with an identity."""

    def writer(server: Server, identity: Identity) -> Callable[[], None]:
        service = BlobServiceClient(server.url, identity)
        archive = BlobArchive(service, clients.blob_requests(service, transport, retries=0), "recordings")
        return lambda: archive.stage(NAME, A, view(CONTENT))

    return writer


@pytest.fixture
def reads(transport: Urllib3Transport) -> Read:
    """Requests content from a server, with an identity."""

    def reader(server: Server, identity: Identity) -> Callable[[], Reply]:
        pipeline = clients.source_requests("https://contoso.communication.azure.com", identity, transport)
        return lambda: pipeline.run(HttpRequest("GET", server.url)).http_response

    return reader


def tokens(server: Server) -> list[str]:
    """The tokens of the requests."""
    return [found[1].decode() for request in server.heard if (found := _TOKEN.search(request))]


def played(tls: ssl.SSLContext, *steps: Step) -> Server:
    """A server that sends these replies, over one connection."""
    return Server(list(steps), tls=tls)


def test_a_write_carries_a_token_for_storage(certified: ssl.SSLContext, stages: Stage) -> None:
    """One token for many requests."""
    identity = Identity()
    with played(certified, CREATED, CREATED) as server:
        stage = stages(server, identity)
        for _ in range(2):
            stage()

    assert ["token-1", "token-1"] == tokens(server)
    assert ["https://storage.azure.com/.default"] == identity.scopes


def test_a_read_carries_a_token_for_communication(certified: ssl.SSLContext, reads: Read) -> None:
    """And the host name of the resource."""
    identity = Identity()
    with played(certified, said(), said()) as server:
        ask = reads(server, identity)
        for _ in range(2):
            ask()

    assert ["token-1", "token-1"] == tokens(server)
    assert ["https://communication.azure.com//.default"] == identity.scopes
    assert b"x-ms-host: contoso.communication.azure.com" in server.heard[0]


def test_a_token_that_ends_in_mid_copy_is_renewed(certified: ssl.SSLContext, stages: Stage, reads: Read) -> None:
    """Before the next request is sent."""
    for does, reply in ((reads, said()), (stages, CREATED)):
        with played(certified, reply, reply) as server:
            once = does(server, Identity(lasts=1))
            for _ in range(2):
                once()
        assert ["token-1", "token-2"] == tokens(server)


def test_a_token_that_is_refused_is_not_used_again(certified: ssl.SSLContext, stages: Stage, reads: Read) -> None:
    """The next try, by the copy or the queue, gets another."""
    with played(certified, REFUSED, said()) as server:
        ask = reads(server, Identity())
        assert [401, 200] == [ask().status_code for _ in range(2)]
    assert ["token-1", "token-2"] == tokens(server)

    with played(certified, REFUSED, CREATED) as server:
        stage = stages(server, Identity())
        with pytest.raises(ArchiveRefused):
            stage()
        stage()
    assert ["token-1", "token-2"] == tokens(server)


# The token endpoint


def token(number: int) -> bytes:
    """A reply of the token endpoint in Azure."""
    return said(
        json.dumps({"access_token": f"token-{number}", "expires_on": str(int(time.time()) + 86400)}).encode(),
        "Content-Type: application/json",
    )


@pytest.fixture
def in_azure(monkeypatch: pytest.MonkeyPatch) -> Callable[[Server], None]:
    """Sets the environment of an app with an identity in Azure."""

    def lead(server: Server) -> None:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")

    return lead


@pytest.mark.parametrize("client_id", ["id-of-the-app", ""])
def test_one_token_serves_all_clients_of_an_identity(
    certified: ssl.SSLContext, in_azure: Callable[[Server], None], client_id: str
) -> None:
    """It is requested once, with the client id if one is set."""
    absent = said(b"", "x-ms-error-code: BlobNotFound", status="404 Not Found")
    row = b'{"odata.error": {"code": "ResourceNotFound", "message": {"value": "none"}}}'
    no_row = said(row, "Content-Type: application/json", status="404 Not Found")
    with Server([token(1), token(2)]) as maker, Server([absent], [no_row], tls=certified) as server:
        in_azure(maker)
        identity: Any = clients.identity(client_id)
        with (
            identity,
            clients.blob_service("", server.url, identity) as blob,
            clients.blob_requests(blob) as writes,
            closing(clients.table("t", "", server.url, identity)) as table,
        ):
            assert BlobArchive(blob, writes, "recordings").find(NAME) is None
            assert TableCatalog(table).load(RecordingId("r")) is None

    assert ["token-1", "token-1"] == tokens(server)
    assert [bool(client_id)] == [b"client_id=id-of-the-app" in asked for asked in maker.heard]


def test_a_slow_token_is_none(in_azure: Callable[[Server], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The request for a token has a time limit as any other."""
    monkeypatch.setattr("recording.adapters.http_transport.opening.READ_SECONDS", 0.5)
    monkeypatch.setitem(clients.RETRY, "retry_total", 0)
    with Server([slowly(head("Content-Length: 300", "Content-Type: application/json"))]) as maker:
        in_azure(maker)
        with pytest.raises(AzureError):
            clients.identity("id-of-the-app").get_token("https://storage.azure.com/.default")
