"""The media host: ranges, redirects, metadata, delete, expiry, and every fault by name."""

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import urllib3
from azure.communication.callautomation import CallAutomationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError

from local.acs import LocalAcs
from local.acs.fault_table import FAULTS
from local.acs.model import StoredObject
from local.acs.object_store import Placement
from local.acs.world import World
from tests.local.acs_caller import Answer, Caller, regional

CONTENT = os.urandom(100_000)
BREAK = 30_000
"""Where faults that break a body are told to break it."""


@pytest.fixture(scope="module")
def acs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAcs]:
    """One service for all tests of this file."""
    with LocalAcs(tmp_path_factory.mktemp("acs"), lambda _: None) as running:
        yield running


@pytest.fixture
def caller(acs: LocalAcs) -> Iterator[Caller]:
    """A caller without the SDK; disarms all faults afterwards."""
    with Caller(acs) as opened:
        yield opened
    acs.world.faults.clear()


@pytest.fixture
def stored(acs: LocalAcs) -> StoredObject:
    """The only chunk of a new recording."""
    return only(acs.world)


def only(world: World, placement: Placement | None = None) -> StoredObject:
    """The only chunk of a new recording."""
    event = world.add_recording([CONTENT], placement=placement)
    chunk = event["data"]["recordingStorageInfo"]["recordingChunks"][0]
    return world.objects[chunk["documentId"]]


@pytest.fixture
def client(acs: LocalAcs, monkeypatch: pytest.MonkeyPatch) -> Iterator[CallAutomationClient]:
    """Microsoft's client, in the app's version; disarms all faults afterwards."""
    for name, value in acs.environment().items():
        monkeypatch.setenv(name, value)
    with CallAutomationClient(acs.endpoint, AzureKeyCredential(acs.world.access_key), retry_total=0) as opened:
        yield opened
    acs.world.faults.clear()


def test_the_real_client_downloads_and_deletes(client: CallAutomationClient, stored: StoredObject) -> None:
    """By default the host of the event serves directly."""
    part = client.download_recording(stored.content_location, headers={"Range": "bytes=0-99"})
    assert CONTENT[:100] == b"".join(part.iter_bytes())  # type: ignore[attr-defined]
    whole = client.download_recording(stored.content_location)
    assert CONTENT == b"".join(whole.iter_bytes())  # type: ignore[attr-defined]
    client.delete_recording(stored.delete_location)
    with pytest.raises(ResourceNotFoundError):
        client.delete_recording(stored.delete_location)
    assert not stored.exists


def test_the_real_client_fails_where_it_is_redirected(
    acs: LocalAcs, client: CallAutomationClient, stored: StoredObject
) -> None:
    """Its pipeline follows without the signature, so the answer is 401."""
    acs.world.arm("redirects", object_id=stored.document_id)
    with pytest.raises(ClientAuthenticationError) as followed:
        client.download_recording(stored.content_location)
    with pytest.raises(HttpResponseError) as redirect:
        client.download_recording(stored.content_location, permit_redirects=False)
    assert 302 == redirect.value.status_code
    for refused in (followed.value, redirect.value):
        # The SDK leaves the connection of a refused download open.
        refused.response.close()  # type: ignore[union-attr]


def test_the_first_host_can_redirect_to_a_regional_one(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    """302 with retry-after 0, for content, metadata and delete; the regional host serves them."""
    rule = acs.world.arm("redirects", object_id=stored.document_id)
    answers = [caller.get(url) for url in (stored.content_location, stored.metadata_location)]
    answers.append(caller.send("DELETE", stored.delete_location))
    assert [(302, "0")] * 3 == [(answer.status, answer.headers["retry-after"]) for answer in answers]
    content, metadata, delete = [answer.headers["Location"] for answer in answers]
    assert (regional(stored.content_location), regional(stored.delete_location)) == (content, delete)
    assert (CONTENT, stored.metadata) == (caller.get(content).body, caller.get(metadata).body)
    assert stored.exists
    rule.stop()
    assert 200 == caller.get(stored.content_location).status
    assert (200, False) == (caller.send("DELETE", delete).status, stored.exists)
    assert 404 == caller.send("DELETE", stored.delete_location).status


def test_a_fault_strikes_where_the_bytes_are_served(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    """With `redirects` that is the regional host."""
    acs.world.arm("redirects", object_id=stored.document_id)
    acs.world.arm("busy_503", object_id=stored.document_id)
    assert [302, 302] == [caller.get(stored.content_location).status for _ in range(2)]
    assert [503, 200] == [caller.get(regional(stored.content_location)).status for _ in range(2)]
    acs.world.arm("delete_503", object_id=stored.document_id)
    assert 302 == caller.send("DELETE", stored.delete_location).status
    assert [503, 200] == [caller.send("DELETE", regional(stored.delete_location)).status for _ in range(2)]


def test_what_is_served_looks_as_in_recorded_sessions(caller: Caller, stored: StoredObject) -> None:
    """Type octet-stream and Last-Modified for everything; 206 accepts ranges."""
    for url in (stored.content_location, stored.metadata_location):
        whole, part = caller.get(url), caller.get(url, "bytes=0-9")
        assert {"application/octet-stream"} == {answer.headers["Content-Type"] for answer in (whole, part)}
        assert {format_datetime(stored.made, usegmt=True)} == {a.headers["Last-Modified"] for a in (whole, part)}
        assert (None, "bytes") == (whole.headers.get("Accept-Ranges"), part.headers["Accept-Ranges"])
        assert {None} == {answer.headers.get("ETag") for answer in (whole, part)}


def test_a_refusal_looks_as_in_recorded_sessions(caller: Caller, stored: StoredObject) -> None:
    """JSON with the cause and a trace id."""
    caller.send("DELETE", stored.delete_location)
    for answer in (caller.get(stored.content_location), caller.send("DELETE", stored.delete_location)):
        said = json.loads(answer.body)
        assert (404, "application/json") == (answer.status, answer.headers["Content-Type"])
        assert {"title", "status", "detail", "instance", "message", "traceId"} == set(said)
        assert 404 == said["status"]
        assert said["traceId"] in said["instance"]


def test_both_hosts_want_a_signature(caller: Caller, stored: StoredObject) -> None:
    """Unsigned, signed for another path, or without x-ms-host: 401 with a problem."""
    for url in (stored.content_location, regional(stored.content_location)):
        other = caller.signature("GET", stored.delete_location)
        bare = {key: value for key, value in caller.signature("GET", url).items() if key != "x-ms-host"}
        for headers in ({}, other, bare):
            answer = caller.send("GET", url, headers=headers, unsigned=True)
            assert (401, "Unauthorized") == (answer.status, json.loads(answer.body)["title"])


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-299", 100, 299),
        ("bytes=99990-", 99_990, 99_999),
        ("bytes=99990-200000", 99_990, 99_999),
        ("bytes=-10", 99_990, 99_999),
    ],
)
def test_a_range_is_answered_with_its_bytes(
    caller: Caller, stored: StoredObject, asked: str, first: int, last: int
) -> None:
    """The status is 206, with a Content-Range."""
    answer = caller.get(stored.content_location, asked)
    assert (206, CONTENT[first : last + 1]) == (answer.status, answer.body)
    assert f"bytes {first}-{last}/100000" == answer.headers["Content-Range"]


def test_the_whole_has_a_content_range_too(caller: Caller, stored: StoredObject) -> None:
    """The status is 200, as at the real service."""
    answer = caller.get(stored.content_location)
    assert (200, CONTENT) == (answer.status, answer.body)
    assert "bytes 0-99999/100000" == answer.headers["Content-Range"]


def test_a_range_past_the_end_is_refused(caller: Caller, stored: StoredObject) -> None:
    """The status is 416, with the total."""
    answer = caller.get(stored.content_location, "bytes=100000-")
    assert (416, "bytes */100000") == (answer.status, answer.headers["Content-Range"])


def test_the_world_counts_what_was_served(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    """Requests are recorded with host, range and bytes; an object has its digest."""
    rule = acs.world.arm("redirects", object_id=stored.document_id)
    caller.get(stored.content_location)
    rule.stop()
    caller.get(stored.content_location, "bytes=0-999")
    mine = [record for record in acs.world.requests if record.document_id == stored.document_id]
    assert [(302, None), (206, "bytes=0-999")] == [(record.status, record.range) for record in mine]
    assert 1000 == acs.world.bytes_served(stored.document_id)
    assert hashlib.sha256(CONTENT).hexdigest() == stored.sha256


def test_split_locations_name_one_object(acs: LocalAcs, caller: Caller) -> None:
    """Metadata and delete locations have ids and a host of their own; a delete removes both."""
    split = only(acs.world, Placement(split=True))
    ids = {
        url.split("/objects/")[1].split("/")[0]
        for url in (split.content_location, split.metadata_location, split.delete_location)
    }
    assert 3 == len(ids)
    assert 200 == caller.send("DELETE", split.delete_location).status
    urls = (split.content_location, split.metadata_location, split.delete_location)
    assert [404, 404, 404] == [
        caller.get(url).status if "content" in url else caller.send("DELETE", url).status for url in urls
    ]


def test_after_24_hours_all_is_gone(tmp_path: Path) -> None:
    """Every request gets 404; signatures stay valid."""
    with LocalAcs(tmp_path, lambda _: None) as acs, Caller(acs) as caller:
        stored = only(acs.world)
        acs.world.clock = lambda: datetime.now(UTC) + timedelta(hours=24)
        assert not stored.exists
        assert 404 == caller.get(stored.content_location).status
        assert 404 == caller.send("DELETE", stored.delete_location).status


def test_a_sparse_file_over_4_gib_is_served_from_its_far_end(acs: LocalAcs, caller: Caller, tmp_path: Path) -> None:
    """Offsets over 32 bits work, and nothing before them is read."""
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.truncate(2**32 + 10)
        stream.seek(2**32)
        stream.write(b"far beyond")
    event = acs.world.add_recording([path], output="mp4")
    url = event["data"]["recordingStorageInfo"]["recordingChunks"][0]["contentLocation"]
    answer = caller.get(url, f"bytes={2**32}-")
    assert (b"far beyond", f"bytes 4294967296-4294967305/{2**32 + 10}") == (
        answer.body,
        answer.headers["Content-Range"],
    )


@pytest.mark.parametrize("name", [kind.name for kind in FAULTS.values() if kind.reply and kind.operation == "content"])
def test_a_status_fault_answers_once(acs: LocalAcs, caller: Caller, stored: StoredObject, name: str) -> None:
    """The status is the table's; the next request gets the media."""
    acs.world.arm(name, object_id=stored.document_id, retry_after=7)
    url = stored.content_location
    bad, good = caller.get(url), caller.get(url)
    reply = FAULTS[name].reply
    assert reply is not None
    assert (reply.status, "7") == (bad.status, bad.headers["Retry-After"])
    assert (reply.body == "html") == bad.body.startswith(b"<!DOCTYPE html>")
    assert CONTENT == good.body


def test_a_fault_can_wait_for_the_nth_request(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    """`after` normal answers come first, then `count` faults."""
    fault = acs.world.arm("unauthorized_mid_copy", object_id=stored.document_id, after=2, count=2)
    url = stored.content_location
    assert [206, 206, 401, 401, 206] == [caller.get(url, f"bytes={n}-{n + 9}").status for n in range(5)]
    assert (2, True) == (fault.hits, fault.spent)


def test_a_fault_can_wait_for_a_byte(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    """Only a range that contains the byte meets the fault."""
    acs.world.arm("busy_503", object_id=stored.document_id, at=BREAK)
    url = stored.content_location
    ranges = ("bytes=0-9999", "bytes=20000-39999", "bytes=20000-39999")
    assert [206, 503, 206] == [caller.get(url, asked).status for asked in ranges]


def bad_and_good(acs: LocalAcs, caller: Caller, stored: StoredObject, name: str) -> tuple[Answer, Answer]:
    """A range under a body fault, and the same range after it."""
    acs.world.arm(name, object_id=stored.document_id, at=BREAK, amount=5, seconds=0.01)
    url = stored.content_location
    return caller.get(url, "bytes=20000-49999"), caller.get(url, "bytes=20000-49999")


@pytest.mark.parametrize(
    ("name", "status", "length", "broken"),
    [
        ("zero_bytes", 200, 0, False),
        ("hang_mid_body", 206, 10_000, True),
        ("reset_mid_body", 206, 10_000, True),
        ("truncated_right_length", 206, 10_000, True),
        ("truncated_wrong_length", 206, 10_000, False),
        ("truncated_chunked", 206, 10_000, False),
        ("extra_bytes", 206, 30_005, False),
        ("range_ignored", 200, 100_000, False),
        ("range_shifted", 206, 30_000, False),
        ("content_changes", 206, 30_000, False),
        ("length_changes", 206, 30_000, False),
    ],
)
def test_a_body_fault_changes_one_body(
    acs: LocalAcs, caller: Caller, stored: StoredObject, name: str, status: int, length: int, *, broken: bool
) -> None:
    """Its length and ending are the table's; the next answer is complete."""
    bad, good = bad_and_good(acs, caller, stored, name)
    assert (status, length, broken) == (bad.status, len(bad.body), bad.broken)
    assert CONTENT[20_000:50_000] == good.body


def test_body_faults_of_one_length_differ(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    """Checks headers and bytes of the faults that have the same length."""
    wrong, _ = bad_and_good(acs, caller, stored, "truncated_wrong_length")
    assert ("10000", "bytes 20000-49999/100000") == (
        wrong.headers["Content-Length"],
        wrong.headers["Content-Range"],
    )
    chunked, _ = bad_and_good(acs, caller, stored, "truncated_chunked")
    assert "Content-Length" not in chunked.headers
    extra, _ = bad_and_good(acs, caller, stored, "extra_bytes")
    assert "bytes 20000-49999/100000" == extra.headers["Content-Range"]
    shifted, _ = bad_and_good(acs, caller, stored, "range_shifted")
    assert (CONTENT[20_005:50_005], "bytes 20005-50004/100000") == (
        shifted.body,
        shifted.headers["Content-Range"],
    )
    changed, _ = bad_and_good(acs, caller, stored, "content_changes")
    assert bytes(255 - value for value in CONTENT[20_000:50_000]) == changed.body
    longer, _ = bad_and_good(acs, caller, stored, "length_changes")
    assert "bytes 20000-49999/100005" == longer.headers["Content-Range"]


def test_a_slow_body_is_whole_in_the_end(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    acs.world.arm("slow_body", object_id=stored.document_id, amount=2000, seconds=0.001)
    assert CONTENT == caller.get(stored.content_location).body


def test_a_hang_ends_in_a_reset(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    """No answer comes, and the connection ends within the given seconds."""
    acs.world.arm("hang", object_id=stored.document_id, seconds=0.05)
    with pytest.raises(urllib3.exceptions.HTTPError):
        caller.get(stored.content_location)


def test_a_caller_that_gives_up_is_recorded(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    """Its request ends at once, and is recorded as aborted."""
    patience = (0.05, 0.5, 5)  # a busy machine may not have sent the request within the first
    acs.world.arm("hang", object_id=stored.document_id, seconds=60, count=len(patience))

    def asked(world: World) -> bool:
        return any(r.document_id == stored.document_id for r in world.requests)

    def given_up(world: World) -> bool:
        return any(r.client_aborted and r.document_id == stored.document_id for r in world.requests)

    for seconds in patience:
        with pytest.raises(urllib3.exceptions.HTTPError):
            caller.send("GET", stored.content_location, timeout=seconds)
        if asked(acs.world):
            break
    assert acs.world.wait_for(given_up)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("redirect_elsewhere", "https://evil.example/v1/objects/"),
        ("redirect_http", "http://eu-prod.as.asm.skype.com/v1/objects/"),
        ("redirect_loop", "https://us-storage.asm.skype.com/v1/objects/"),
    ],
)
def test_a_redirect_can_lead_elsewhere(
    acs: LocalAcs, caller: Caller, stored: StoredObject, name: str, start: str
) -> None:
    """The target is the fault's."""
    acs.world.arm(name, object_id=stored.document_id)
    answer = caller.get(stored.content_location)
    assert 302 == answer.status
    assert answer.headers["Location"].startswith(start)


def test_a_redirect_loop_never_ends(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    """Each hop leads to the other host; `redirect_back` makes a longer loop."""
    acs.world.arm("redirect_loop", object_id=stored.document_id)
    url = stored.content_location
    seen = []
    for _ in range(6):
        url = caller.get(url).headers["Location"]
        seen.append(url.split("/")[2])
    assert ["us-storage.asm.skype.com", "eu-storage.asm.skype.com"] * 3 == seen
    acs.world.faults.clear()
    acs.world.arm("redirect_back", object_id=stored.document_id)
    assert stored.content_location == caller.get(regional(stored.content_location)).headers["Location"]


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("metadata_not_ready_404", 404, b"{"),
        ("metadata_html", 200, b"<!DOCTYPE html>"),
        ("metadata_empty", 200, b""),
        ("metadata_503", 503, b"{"),
    ],
)
def test_metadata_can_be_bad_once(
    acs: LocalAcs, caller: Caller, stored: StoredObject, name: str, status: int, body: bytes
) -> None:
    """The content is not affected."""
    acs.world.arm(name, object_id=stored.document_id)
    url = stored.metadata_location
    assert CONTENT == caller.get(stored.content_location).body
    bad, good = caller.get(url), caller.get(url)
    assert status == bad.status
    assert bad.body[: len(body)] == body
    assert stored.metadata == good.body


def test_a_content_fault_can_be_armed_on_metadata(acs: LocalAcs, caller: Caller, stored: StoredObject) -> None:
    """Body faults also work on the smaller metadata file."""
    acs.world.arm("truncated_right_length", object_id=stored.document_id, on="metadata")
    bad = caller.get(stored.metadata_location)
    assert (True, len(stored.metadata) // 2) == (bad.broken, len(bad.body))


@pytest.mark.parametrize(
    ("name", "status", "exists"),
    [
        ("delete_404", 404, True),
        ("delete_401", 401, True),
        ("delete_403", 403, True),
        ("delete_500", 500, True),
        ("delete_503", 503, True),
        ("delete_409", 409, True),
        ("delete_broken_json_404", 404, True),
        ("delete_broken_xml_503", 503, True),
        ("delete_gzip_bomb", 500, True),
        ("delete_retry_after_day", 503, True),
        ("delete_slow_body", 200, False),
        ("delete_slow_head", 0, False),
        ("delete_long_body", 200, False),
        ("delete_202", 202, False),
        ("delete_204", 204, False),
        ("delete_200_html", 200, False),
        ("delete_timeout_after_success", 0, False),
        ("delete_response_lost", 0, False),
    ],
)
def test_a_delete_can_go_wrong(
    acs: LocalAcs, caller: Caller, stored: StoredObject, name: str, status: int, *, exists: bool
) -> None:
    """With or without the object deleted; 0 means no answer."""
    acs.world.arm(name, object_id=stored.document_id, seconds=0.05, amount=3)
    try:
        answered = caller.send("DELETE", stored.delete_location).status
    except urllib3.exceptions.HTTPError:
        answered = 0
    assert (status, exists) == (answered, stored.exists)


def test_every_fault_is_documented() -> None:
    """The table has a name, an effect and an answer for each."""
    assert all(kind.does and kind.answers and kind.name == name for name, kind in FAULTS.items())
