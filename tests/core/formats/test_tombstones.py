"""Tombstones: that a recording was erased, and nothing else."""

import json

import pytest

from recording.core.formats.records.tombstones import Tombstone, read_tombstone, tombstone_json, tombstone_name
from recording.core.model import Actor, RecordingId, RemovalReason
from tests.core.entries_of import NOW

TOMBSTONE = Tombstone(RecordingId("r/1"), NOW, RemovalReason.ERASURE, Actor("entra:ada"))


def test_a_tombstone_is_read_as_it_was_written() -> None:
    assert TOMBSTONE == read_tombstone(tombstone_json(TOMBSTONE))
    assert "tombstones/r=2F1.json" == tombstone_name(TOMBSTONE.recording_id)


def test_a_name_that_a_caller_gave_themselves_is_not_in_it() -> None:
    """It can never be changed."""
    named = Tombstone(RecordingId("r"), NOW, RemovalReason.RETENTION, Actor("key:Ada Lovelace"))
    assert b"Ada" not in tombstone_json(named)
    found = read_tombstone(tombstone_json(named))
    assert found is not None
    assert found.by.startswith("key:")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        *(
            json.dumps({**json.loads(tombstone_json(TOMBSTONE)), name: "?"}).encode()
            for name in ("schema", "at", "reason")
        ),
        *(
            json.dumps({**json.loads(tombstone_json(TOMBSTONE)), name: None}).encode()
            for name in ("recordingId", "by", "reason")
        ),
    ],
)
def test_what_is_none_is_not_read(body: bytes) -> None:
    assert None is read_tombstone(body)
