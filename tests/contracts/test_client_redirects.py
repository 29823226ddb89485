"""The SDKs' clients, redirected by their service."""

from collections.abc import Callable
from contextlib import closing

import pytest
from azure.core.exceptions import AzureError
from azure.eventgrid import EventGridEvent

from recording.adapters import clients
from tests.contracts.scripted import Server, said

pytestmark = pytest.mark.usefixtures("surroundings")
KEY = "c2VjcmV0"


def connection_string(url: str) -> str:
    """The connection string of a storage account with all its services at this URL."""
    services = "".join(f"{name}Endpoint={url}/account;" for name in ("Blob", "Table", "Queue"))
    return f"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={KEY};{services}"


def ask_for_blob(url: str) -> None:
    with clients.blob_service(connection_string(url)) as service:
        service.get_blob_client("container", "blob").get_blob_properties()


def ask_for_row(url: str) -> None:
    with closing(clients.table("table", connection_string(url))) as rows:
        rows.get("a", "b")


def send_message(url: str) -> None:
    with clients.queue("queue", connection_string(url)) as messages:
        messages.send_message("message")


def ask_for_call(url: str) -> None:
    with clients.call_automation(url, clients.access_key(KEY)) as calls:
        calls.get_call_connection("call").get_call_properties()


def publish(url: str) -> None:
    with clients.event_grid(url, clients.access_key(KEY)) as topic:
        topic.send(EventGridEvent(subject="a", event_type="b", data={}, data_version="1"))


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
@pytest.mark.parametrize("ask", [ask_for_blob, ask_for_row, send_message, ask_for_call, publish])
def test_no_client_follows_a_redirect(ask: Callable[[str], None], status: str) -> None:
    """Its target is not checked: it would get what is meant for the service, and its replies would be trusted."""
    with Server([said(b"{}")] * 4) as other:
        with Server([said(b"", f"Location: {other.url}/account", status=status)]) as server:
            with pytest.raises(AzureError):
                ask(server.url)

            assert 1 == len(server.heard)
        assert [] == other.heard
