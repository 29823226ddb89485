"""A look by person as it is kept."""

import json

from recording.core.model import Actor
from recording.core.records.lookups import Lookup
from tests.core.entries_of import NOW


def test_a_look_says_who_looked_for_whom_and_why() -> None:
    lookup = Lookup("id", NOW, Actor("entra:1"), "find recordings", "request 7", ("hash",), "key", 3)

    assert f"acts/{NOW:%Y/%m/%d/%H%M%S%f}-id.json" == lookup.name
    assert {
        "schema": "recording-lookup/1",
        "id": "id",
        "at": "2026-03-01T12:00:00Z",
        "by": "entra:1",
        "what": "find recordings",
        "purpose": "request 7",
        "people": ["hash"],
        "keyId": "key",
        "count": 3,
    } == json.loads(lookup.to_json())
