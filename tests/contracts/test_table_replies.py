"""What a table is asked and what it replies: every key is signed as it is sent, and no odd reply is taken for a row."""

from contextlib import closing

import pytest
from azure.core.exceptions import DecodeError

from recording.adapters import clients
from recording.core.errors import Transient
from recording.core.model import RecordingId
from tests.contracts.catalogs import TABLE, RealCatalog, claim, entry
from tests.core.entries_of import changed_recording

ETAG = {"ETag": "W/\"datetime'2026-03-01T12%3A00%3A00Z'\""}
KEYS = [
    "plain", "o'clock", "''", "50%", "%27", "=2F", "a b", "a+b", "a&b=c;d,e", "(RowKey='x')", "ä録音😀", "~",
    '"quoted"', "a:b@c!$*",
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_signed_as_it_is_sent(key: str, table: str) -> None:
    """Real rows under each: written, replaced and read."""
    with closing(clients.table(TABLE, table, retries=0)) as rows:
        first = {"PartitionKey": f"signed {key}", "RowKey": key, "body": key.encode()}
        etag = rows.insert(first)
        changed = rows.replace(first | {"body": b"changed"}, etag)
        found, standing = rows.get(f"signed {key}", key)

    assert (b"changed", changed) == (found["body"], standing)
    assert (f"signed {key}", key) == (found["PartitionKey"], found["RowKey"])


def test_another_row_is_not_taken_for_the_one_that_was_asked_for(
    real_catalog: RealCatalog, recording_id: RecordingId
) -> None:
    """A claim or an owner does not say its own key: the recording of another call would be answered."""
    real_catalog.catalog.claim(claim(f"other {recording_id}"))
    real_catalog.network.answer(200, headers=ETAG, body=real_catalog.network.sent[-1].body)

    with pytest.raises(Transient):
        real_catalog.catalog.find_claim(f"mine {recording_id}")


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_without_an_etag_is_not_taken_for_a_write(
    status: int, real_catalog: RealCatalog, recording_id: RecordingId
) -> None:
    """It is not of the table: what was not written would count as saved, owned or claimed."""
    real_catalog.network.answer(status, body=b"<html>signed in</html>" if status == 200 else b"")
    with pytest.raises(Transient):
        real_catalog.catalog.save(entry(recording_id, 0))
    assert real_catalog.rival.load(recording_id) is None

    real_catalog.network.answer(status)
    with pytest.raises(Transient):
        real_catalog.catalog.claim(claim(f"claim {recording_id}"))
    assert real_catalog.rival.find_claim(f"claim {recording_id}") is None

    saved = real_catalog.catalog.save(entry(recording_id, 0))
    real_catalog.network.answer(status)
    with pytest.raises(Transient):
        real_catalog.catalog.save(changed_recording(saved, revision=2))
    assert saved == real_catalog.rival.load(recording_id)


BODIES = {
    "no JSON": b"<html></html>",
    "no object": b"[]",
    "garbage for base64": b'{"PartitionKey":"p","RowKey":"r","body@odata.type":"Edm.Binary","body":"a2V5!!a2V5"}',
    "cut base64": b'{"PartitionKey":"p","RowKey":"r","body@odata.type":"Edm.Binary","body":"a2V"}',
    "a number for bytes": b'{"PartitionKey":"p","RowKey":"r","body@odata.type":"Edm.Binary","body":7}',
    "no keys": b"{}",
    "nested without end": b'{"a":' + b"[" * 100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_no_row_is_said_to_be_none(body: bytes, real_catalog: RealCatalog, table: str) -> None:
    with closing(clients.table(TABLE, table, transport=real_catalog.network, retries=0)) as rows:
        real_catalog.network.answer(200, headers=ETAG, body=body)
        with pytest.raises(DecodeError):
            rows.get("p", "r")


@pytest.mark.parametrize("status", [404, 409, 412])
def test_a_refused_replacement_is_read_again(status: int, real_catalog: RealCatalog, recording_id: RecordingId) -> None:
    saved = real_catalog.catalog.save(entry(recording_id, 0))
    code = {404: "ResourceNotFound", 409: "EntityAlreadyExists", 412: "UpdateConditionNotSatisfied"}[status]
    real_catalog.network.answer(status, code)
    with pytest.raises(Transient):
        real_catalog.catalog.save(changed_recording(saved, revision=2))

    assert saved == real_catalog.rival.load(recording_id)
