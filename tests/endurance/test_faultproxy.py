"""The fault proxy: transparent without a fault, and each fault does what its table says."""

import threading
import uuid
from collections.abc import Iterator

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError, ServiceResponseError
from azure.data.tables import TableClient
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueClient

from local.azurite import Azurite
from local.faultproxy import FaultProxy
from local.faultproxy.faults import FAULTS, Moment
from recording.adapters.archive import checksum
from recording.adapters.sdk_errors import code_of, retry_after_of

BODY = bytes(range(256)) * 4096


@pytest.fixture
def container(azurite: Azurite, proxy: FaultProxy) -> Iterator[ContainerClient]:
    """A new container, accessed through the proxy by a client without retries."""
    service = BlobServiceClient.from_connection_string(proxy.connection_string, retry_total=0)
    name = f"proxy-{uuid.uuid4().hex[:12]}"
    BlobServiceClient.from_connection_string(azurite.connection_string).create_container(name)
    with service, service.get_container_client(name) as client:
        yield client
        proxy.clear()


def test_what_is_not_told_to_fail_passes_unchanged(proxy: FaultProxy, container: ContainerClient) -> None:
    """Blobs, tables and queues, signed with the account's key."""
    blob = container.get_blob_client("a b/ü.wav")
    blob.stage_block("one", BODY)
    blob.commit_block_list([*blob.get_block_list("uncommitted")[1]])
    mark = uuid.uuid4().hex
    with TableClient.from_connection_string(proxy.connection_string, f"t{mark}") as table:
        table.create_table()
        table.submit_transaction([("create", {"PartitionKey": "p", "RowKey": "r", "body": "é"})])
        rows = [dict(row) for row in table.query_entities("PartitionKey eq 'p'")]
    with QueueClient.from_connection_string(proxy.connection_string, f"q{mark}") as queue:
        queue.create_queue()
        queue.send_message("text")
        message = queue.receive_message()

    assert BODY == blob.download_blob().readall()
    assert [{"PartitionKey": "p", "RowKey": "r", "body": "é"}] == rows
    assert message is not None
    assert "text" == message.content
    asked = [record.operation for record in proxy.requests if "a b/ü.wav" in record.path]
    assert ["stage", "get_block_list", "commit", "read"] == asked
    asked = [record.operation for record in proxy.requests if mark in record.path or record.service == "table"]
    assert ["table", "transaction", "query", "queue", "enqueue", "dequeue"] == asked[-6:]


@pytest.mark.parametrize("name", [name for name, kind in FAULTS.items() if kind.reply])
def test_a_status_is_answered_as_the_service_words_it(proxy: FaultProxy, container: ContainerClient, name: str) -> None:
    """Status and code, once; the operation is not executed."""
    reply = FAULTS[name].reply
    assert reply is not None
    blob = container.get_blob_client("x")
    proxy.arm(name, "put", retry_after=7)

    with pytest.raises(HttpResponseError) as refused:
        blob.upload_blob(BODY)

    assert (reply.status, reply.code) == (refused.value.status_code, code_of(refused.value))
    assert 7.0 == retry_after_of(refused.value)
    assert not blob.exists()
    blob.upload_blob(BODY)


def test_a_status_after_the_deed_leaves_the_deed(proxy: FaultProxy, container: ContainerClient) -> None:
    """The operation is executed, and the reply is an error."""
    blob = container.get_blob_client("x")
    proxy.arm("operation_timed_out_500", "put", "after")

    with pytest.raises(HttpResponseError):
        blob.upload_blob(BODY)

    assert BODY == blob.download_blob().readall()


@pytest.mark.parametrize(
    ("name", "done"), [("reset_before", False), ("reset_mid_body", False), ("response_lost", True)]
)
def test_a_reset_leaves_what_was_done_before_it(
    proxy: FaultProxy, container: ContainerClient, name: str, *, done: bool
) -> None:
    """All or nothing: half a body makes no blob."""
    blob = container.get_blob_client("x")
    proxy.arm(name, "put")

    with pytest.raises(ServiceResponseError):
        blob.upload_blob(BODY)
    proxy.wait_idle()

    assert done == blob.exists()


def test_a_reply_can_break_in_its_middle(proxy: FaultProxy, container: ContainerClient) -> None:
    """If the request has no body, the connection breaks in the reply."""
    blob = container.get_blob_client("x")
    blob.upload_blob(BODY)
    broken = proxy.arm("reset_mid_body", "read", count=None)  # the SDK reads again a few times by itself

    with pytest.raises(AzureError):
        blob.download_blob().readall()
    broken.stop()
    assert BODY == blob.download_blob().readall()


def test_one_byte_can_turn_on_its_way_there(proxy: FaultProxy, container: ContainerClient) -> None:
    """The service's checksum detects it."""
    blob = container.get_blob_client("x")
    proxy.arm("damaged_body", "stage")

    with pytest.raises(HttpResponseError) as refused:
        blob.stage_block("one", BODY, headers={"x-ms-content-crc64": checksum(memoryview(BODY))})

    assert refused.value.status_code == 400
    with pytest.raises(ResourceNotFoundError):
        blob.get_block_list("uncommitted")


def test_one_byte_can_turn_on_its_way_back(proxy: FaultProxy, container: ContainerClient) -> None:
    """Only comparing the bytes detects it."""
    blob = container.get_blob_client("x")
    blob.upload_blob(BODY)
    proxy.arm("damaged_reply", "read")

    read = blob.download_blob().readall()

    assert len(BODY) == len(read)
    assert 1 == sum(one != two for one, two in zip(BODY, read, strict=True))


@pytest.mark.parametrize("moment", ["before", "during", "after"])
@pytest.mark.parametrize("way", ["release", "drop"])
def test_a_request_is_held_where_it_was_told(
    proxy: FaultProxy, container: ContainerClient, moment: Moment, way: str
) -> None:
    """Before the request, in its middle or with the reply held back, until it is released or dropped."""
    blob = container.get_blob_client("x")
    held = proxy.arm("pause", "put", moment)
    failures: list[Exception] = []

    def upload() -> None:
        try:
            blob.upload_blob(BODY)
        except ServiceResponseError as error:
            failures.append(error)

    uploading = threading.Thread(target=upload)
    uploading.start()
    held.wait()
    seen = blob.exists()
    (held.release if way == "release" else held.drop)()
    uploading.join()
    proxy.wait_idle()

    assert (moment == "after") == seen
    assert (way == "release") == (not failures)
    assert (way == "release" or moment == "after") == blob.exists()


def test_a_hang_ends_in_a_reset_and_a_delay_in_the_good_reply(proxy: FaultProxy, container: ContainerClient) -> None:
    blob = container.get_blob_client("x")
    hang = proxy.arm("hang", "put", seconds=0.05)
    with pytest.raises(ServiceResponseError):
        blob.upload_blob(BODY)
    delay = proxy.arm("delay", "put", seconds=0.05)
    blob.upload_blob(BODY)

    assert (1, 1) == (hang.hits, delay.hits)


def test_a_fault_waits_for_its_turn_and_its_name(proxy: FaultProxy, container: ContainerClient) -> None:
    """After two good requests, for one blob only, twice."""
    fault = proxy.arm("authorization_failure_403", "head", named="/mine", after=2, count=2)
    mine, other = container.get_blob_client("mine"), container.get_blob_client("other")

    def refused() -> bool:
        try:
            mine.exists()
        except HttpResponseError:
            return True
        return False

    assert not other.exists()
    assert [False, False, True, True, False] == [refused() for _ in range(5)]
    assert not other.exists()
    assert fault.spent
