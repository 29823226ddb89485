"""Azurite in the local stack, and the behaviour of Blob storage that the archive relies on."""

import base64
import os
import re
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from awscrt import checksums
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobBlock, BlobClient, BlobServiceClient, ContainerClient
from azure.storage.queue import QueueServiceClient

from local import azurite as module
from local.azurite import Azurite, AzuriteError

BLOCK = os.urandom(300_000)
BLOCK_ID = base64.b64encode(b"0" * 36).decode()


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """One Azurite for all tests of this file."""
    with Azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture
def container(azurite: Azurite) -> Iterator[ContainerClient]:
    """A new container."""
    with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        yield service.create_container(f"test-{uuid4()}")


@pytest.fixture
def blob(container: ContainerClient) -> BlobClient:
    """A blob that does not exist yet."""
    return container.get_blob_client("chunk")


def crc64(content: bytes) -> str:
    """The checksum as Blob expects it in a header: CRC-64/NVME, eight bytes, little-endian, in base64."""
    return base64.b64encode(checksums.crc64nvme(content).to_bytes(8, "little")).decode()


def refusal(error: HttpResponseError) -> tuple[int | None, str]:
    """Status and error code of a refused request."""
    code = getattr(error, "error_code", "")
    return error.status_code, getattr(code, "value", code)


# --- the process ---


def test_it_keeps_idle_connections_open(azurite: Azurite) -> None:
    """So it never closes one just as a client sends on it."""
    urls = re.findall(r"Endpoint=(http[^;]+)", azurite.connection_string)

    assert ["timeout=3600"] * 3 == [requests.get(url, timeout=10).headers["Keep-Alive"] for url in urls]


def test_all_three_services_answer(azurite: Azurite) -> None:
    """Blob, Queue and Table answer with the account and key of the connection string."""
    text = azurite.connection_string
    with BlobServiceClient.from_connection_string(text) as blobs:
        blobs.create_container("answers")
    with QueueServiceClient.from_connection_string(text) as queues:
        queues.create_queue("answers")
    with TableServiceClient.from_connection_string(text) as tables:
        tables.create_table("answers")


def test_two_run_side_by_side(azurite: Azurite, tmp_path: Path) -> None:
    """Each Azurite has its own ports and key."""
    with Azurite(tmp_path) as other:
        assert azurite.connection_string != other.connection_string
        assert azurite.pid != other.pid


def test_content_and_connection_string_outlive_a_restart(tmp_path: Path) -> None:
    """What was written before `stop` is read after `start`, by the same connection string."""
    with Azurite(tmp_path) as azurite:
        before = azurite.connection_string
        with BlobServiceClient.from_connection_string(before) as service:
            service.create_container("kept").upload_blob("chunk", BLOCK)
        azurite.stop()
        azurite.start()
        assert before == azurite.connection_string
        with BlobServiceClient.from_connection_string(before) as service:
            assert service.get_blob_client("kept", "chunk").download_blob().readall() == BLOCK


def test_a_killed_program_leaves_no_azurite_behind(tmp_path: Path) -> None:
    """Azurite ends when the process that started it is killed."""
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from local.azurite import Azurite

        azurite = Azurite(Path(sys.argv[1]))
        azurite.start()
        print(azurite.connection_string, flush=True)
        sys.stdin.read()
    """)
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = re.search(r"BlobEndpoint=http://127.0.0.1:(\d+)", process.stdout.readline())
        assert port
        with socket.create_connection(("127.0.0.1", int(port[1])), timeout=30) as connection:
            process.kill()
            assert connection.recv(1) == b"", "Azurite's end closes the connection"


def test_start_and_stop_may_be_called_twice(tmp_path: Path) -> None:
    """A second `start` keeps the process, a second `stop` finds nothing to do."""
    azurite = Azurite(tmp_path)
    azurite.start()
    first = azurite.pid
    azurite.start()
    assert first == azurite.pid
    azurite.stop()
    azurite.stop()
    assert azurite.pid is None


def test_missing_node_modules_name_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If Azurite is not installed, the error names the command that installs it."""
    monkeypatch.setattr(module, "PROGRAM", tmp_path / "azurite.js")
    with pytest.raises(AzuriteError, match="make setup"):
        Azurite(tmp_path).start()


def test_a_failed_start_tells_what_azurite_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the process ends at once, the error contains its last output."""
    broken = tmp_path / "azurite.js"
    broken.write_text("console.log('the disk is full'); process.exit(1)")
    monkeypatch.setattr(module, "PROGRAM", broken)
    with pytest.raises(AzuriteError, match="the disk is full"):
        Azurite(tmp_path).start()


def test_no_connection_string_before_the_first_start(tmp_path: Path) -> None:
    """Ports are known only once Azurite has them."""
    with pytest.raises(AzuriteError, match="first start"):
        _ = Azurite(tmp_path).connection_string


# --- checksums: a block that arrives changed is refused ---


def test_a_block_with_its_right_crc64_is_staged(blob: BlobClient) -> None:
    """Put Block accepts a block with the right `x-ms-content-crc64`, and returns the checksum."""
    answer = blob.stage_block(BLOCK_ID, BLOCK, headers={"x-ms-content-crc64": crc64(BLOCK)})
    assert base64.b64decode(crc64(BLOCK)) == bytes(answer["content_crc64"])
    assert [len(BLOCK)] == [block.size for block in blob.get_block_list("uncommitted")[1]]


def test_a_block_with_a_wrong_crc64_is_refused(blob: BlobClient) -> None:
    """Put Block answers 400 Crc64Mismatch to a block with a wrong checksum, and stages nothing."""
    with pytest.raises(HttpResponseError) as caught:
        blob.stage_block(BLOCK_ID, BLOCK, headers={"x-ms-content-crc64": crc64(b"another block")})
    assert (400, "Crc64Mismatch") == refusal(caught.value)
    assert not blob.exists()


def test_a_blob_with_its_right_crc64_is_put(blob: BlobClient) -> None:
    """Put Blob accepts a blob with the right `x-ms-content-crc64`."""
    blob.upload_blob(BLOCK, length=len(BLOCK), headers={"x-ms-content-crc64": crc64(BLOCK)})
    assert blob.download_blob().readall() == BLOCK


def test_a_blob_with_a_wrong_crc64_is_refused(blob: BlobClient) -> None:
    """Put Blob answers 400 Crc64Mismatch to a blob with a wrong checksum, and stores nothing."""
    with pytest.raises(HttpResponseError) as caught:
        blob.upload_blob(BLOCK, length=len(BLOCK), headers={"x-ms-content-crc64": crc64(b"another")})
    assert (400, "Crc64Mismatch") == refusal(caught.value)
    assert not blob.exists()


# --- conditions: what exists is never overwritten ---


def test_staging_onto_an_existing_blob_leaves_it_as_it_is(blob: BlobClient) -> None:
    """Put Block on a committed blob succeeds; readers still get the committed content."""
    blob.upload_blob(b"first", length=5)
    blob.stage_block(BLOCK_ID, BLOCK)
    assert blob.download_blob().readall() == b"first"


def test_a_second_commit_if_none_match_is_a_conflict(blob: BlobClient) -> None:
    """Put Block List with `If-None-Match: *` answers 409 BlobAlreadyExists if the blob exists."""
    blob.stage_block(BLOCK_ID, BLOCK)
    blob.commit_block_list([BlobBlock(BLOCK_ID)], match_condition=MatchConditions.IfMissing)
    blob.stage_block(BLOCK_ID, b"another")
    with pytest.raises(ResourceExistsError) as caught:
        blob.commit_block_list([BlobBlock(BLOCK_ID)], match_condition=MatchConditions.IfMissing)
    assert (409, "BlobAlreadyExists") == refusal(caught.value)
    assert blob.download_blob().readall() == BLOCK


def test_a_second_put_if_none_match_is_a_conflict(blob: BlobClient) -> None:
    """Put Blob with `If-None-Match: *` answers 409 BlobAlreadyExists if the blob exists."""
    blob.upload_blob(b"first", length=5)
    with pytest.raises(ResourceExistsError) as caught:
        blob.upload_blob(b"other", length=5, overwrite=False)
    assert (409, "BlobAlreadyExists") == refusal(caught.value)
    assert blob.download_blob().readall() == b"first"


def test_a_commit_discards_a_rivals_staged_blocks(blob: BlobClient) -> None:
    """After the first commit, a second one names blocks that no longer exist."""
    mine, rivals = BLOCK_ID, base64.b64encode(b"1" * 36).decode()
    blob.stage_block(mine, BLOCK)
    blob.stage_block(rivals, BLOCK)
    blob.commit_block_list([BlobBlock(rivals)], match_condition=MatchConditions.IfMissing)
    with pytest.raises(HttpResponseError) as caught:
        blob.commit_block_list([BlobBlock(mine)])
    assert (400, "InvalidBlockList") == refusal(caught.value)


def test_only_committed_blobs_are_seen(container: ContainerClient, blob: BlobClient) -> None:
    """A blob of staged blocks alone is invisible to readers and lists."""
    blob.stage_block(BLOCK_ID, BLOCK)
    assert not blob.exists()
    assert [] == list(container.list_blob_names())
