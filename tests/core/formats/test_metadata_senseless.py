"""Bodies in place of a metadata file: errors of the service, and complete files without a known field."""

import json
import tracemalloc
from datetime import timedelta

import pytest

from recording.core.errors import SourceNotReady
from recording.core.formats.metadata import MAX_LENGTH, MAX_PARTICIPANTS, parse_metadata

XML = '<?xml version="1.0" encoding="utf-8"?>'


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"\xef\xbb\xbf\r\n<HTML><body>no</body></HTML>", "HTML"),
        ("<html></html>".encode("utf-16"), "HTML"),
        (b"<h1>Bad Gateway</h1>", "HTML"),
        (b"<!-- sorry --><!DOCTYPE HTML>", "HTML"),
        (XML.encode() + b'<!DOCTYPE html PUBLIC "x"><html xmlns="y"></html>', "HTML"),
        (XML.encode() + b"<Error><Code>BlobNotFound</Code></Error>", "error report"),
        (XML.encode() + b'<m:error xmlns:m="x"><m:code>1</m:code></m:error>', "error report"),
        (XML.encode() + b"<recording><chunk>", "not whole"),
        (XML.encode(), "not whole"),
        (b"<!-- only this", "not whole"),
        (b"< ", "not whole"),
        (b'{"chunkDocumentId": "d"', "not JSON"),
        (b"[1, 2", "not JSON"),
        (b"Service Unavailable", "not JSON"),
        (b"\xff\xfe\xfd", "not JSON"),
        (b'{"error": {"code": "8522", "message": "not found"}}', "error report"),
        (b'{"code": "8522", "message": "not found"}', "error report"),
        (b'{"Message": "not found"}', "error report"),
        (b'{"title": "Not Found", "status": 404, "traceId": "x"}', "error report"),
    ],
)
def test_what_is_no_metadata_file_is_not_there_yet(raw: bytes, cause: str) -> None:
    """An error page is temporary: the file is read again later."""
    with pytest.raises(SourceNotReady, match=cause):
        parse_metadata(raw)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"{}", "is an object without any field"),
        (b'{"x": 1, "y": {"chunkIndex": 1}}', "has no field that is known"),
        (b"[]", "is an array"),
        (b'[{"chunkDocumentId": "d"}]', "is an array"),
        (b"null", "is null"),
        (b"true", "is true or false"),
        (b"5", "is a number"),
        (b"5.5", "is a number"),
        (b"9" * 5000, "is a number"),
        (b'"<html>"', "is a text"),
        (XML.encode() + b"<recording><chunk/></recording>\n", "is XML"),
        (b"<recording/>", "is XML"),
        ("<recording></recording >".encode("utf-16"), "is XML"),
        (b"[" * 200_000 + b"]" * 200_000, "is nested too deeply"),
        (b'{"chunkIndex":' * 50_000 + b"1" + b"}" * 50_000, "is nested too deeply"),
        (b"[" + b"1," * MAX_LENGTH + b"1]", f"has {2 * MAX_LENGTH + 3} bytes"),
    ],
    ids=range(16),
)
def test_what_is_whole_and_says_nothing_is_returned_and_makes_no_sense(raw: bytes, what: str) -> None:
    """The file is kept as evidence, which a better one may replace."""
    found = parse_metadata(raw)

    assert not found.makes_sense
    assert len(found.notes) == 1
    assert found.notes[0].startswith(f"the metadata file {what}")


@pytest.mark.parametrize("raw", [b'{"callId": 5}', b'{"participants": [], "error": {}}'])
def test_one_field_that_is_known_makes_sense(raw: bytes) -> None:
    assert parse_metadata(raw).makes_sense


def test_a_prolog_of_many_comments_is_read_in_a_moment() -> None:
    """The regular expressions do not backtrack."""
    with pytest.raises(SourceNotReady, match="not whole"):
        parse_metadata(b"<!---->" * 100_000 + b"<")


@pytest.mark.parametrize(
    "raw",
    [
        b"[" + b"1," * (2 << 20) + b"1]",
        b"[" + b"{}," * (MAX_LENGTH // 3 - 2) + b"1]",
        b'{"participants":[' + b"{}," * (MAX_LENGTH // 3 - 10) + b"1]}",
        b'{"participants":[' + b'{"participantId":"x"},' * (MAX_LENGTH // 22 - 10) + b"1]}",
    ],
    ids=["four mebibytes of numbers", "objects", "no participants", "participants"],
)
def test_what_a_metadata_file_costs_is_bounded(raw: bytes) -> None:
    """The memory needed is at most a few dozen times the longest file that is parsed."""
    tracemalloc.start()
    parse_metadata(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 48 << 20


def test_thousands_of_participants_are_read_in_part() -> None:
    people = [{"participantId": f"8:acs:{number}"} for number in range(MAX_PARTICIPANTS + 1)]
    found = parse_metadata(json.dumps({"chunkDocumentId": "d", "participants": people}).encode())

    assert len(found.participants) == MAX_PARTICIPANTS
    assert found.notes == (f"participants in the metadata file has more than {MAX_PARTICIPANTS}: the rest is not read",)


def test_thousands_of_pauses_are_summed_up() -> None:
    """The duration of the media is compared with the sum."""
    found = parse_metadata(json.dumps({"pauseResumeIntervals": [{"duration": 10}] * 1500}).encode())

    assert found.paused == timedelta(seconds=15)
