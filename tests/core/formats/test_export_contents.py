"""What a package says of itself: contents, page and hashes; and what is given of people."""

import json
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from recording.core.formats.manifest import manifest_json
from recording.core.formats.metadata import parse_metadata
from recording.core.formats.records.contents import Export, contents_json, folder_of, hashes_json, page
from recording.core.formats.records.given import Own, people_given, why_no_manifest, without_others
from recording.core.model import ChunkState, DocumentId, RecordingId
from recording.core.records.exporting import Days, Outcome, Person, Rule, Wanted, kind_of
from recording.core.records.packing import Absent, Block, Package, Packed, Step, Told
from tests.core.entries_of import chunk, entry_of

HOSTILE = "<script>alert(1)</script>\"&'\u2028\ud800"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, BEN = "4:+4930123456", "8:acs:one_two"


def package(recording_id: str = "r", blob: str = "b", reason: str = "it is lost") -> Package:
    found = Package()
    found.add(
        Step(
            blocks=(Block("x", 1),),
            packed=(Packed(f"{folder_of(RecordingId(recording_id))}trail.jsonl", 3, 1, "ab" * 32),),
            absent=(Absent("media", blob, reason), Absent("manifest", "", "none")),
            told=Told(recording_id, "archived", Outcome.PARTLY),
        )
    )
    found.add(Step(told=Told("other", "unknown", Outcome.ABSENT)))
    return found


def export(purpose: str = "access request", **fields: object) -> Export:
    return Export("e-1", AT, Wanted(purpose, **fields))  # type: ignore[arg-type]


def test_contents_name_what_is_there_and_what_is_not() -> None:
    found = json.loads(contents_json(export(rule=Rule.OWN_CHANNEL, person=Person("key")), package()))
    assert ("recording-export/1", "e-1", "a person", "own-channel") == tuple(
        found[name] for name in ("schema", "exportId", "of", "rule")
    )
    assert [
        {
            "recordingId": "r",
            "folder": "recordings/r/",
            "state": "archived",
            "outcome": "partly",
            "files": ["recordings/r/trail.jsonl"],
            "absent": [
                {"what": "media", "blob": "b", "reason": "it is lost"},
                {"what": "manifest", "blob": None, "reason": "none"},
            ],
        },
        {
            "recordingId": "other",
            "folder": "recordings/other/",
            "state": "unknown",
            "outcome": "absent",
            "files": [],
            "absent": [],
        },
    ] == found["recordings"]


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        (Wanted("p", person=Person("key")), "a person"),
        (Wanted("p", days=Days(date(2026, 3, 1), date(2026, 3, 1), {"call": "c"})), "a call"),
        (Wanted("p", days=Days(date(2026, 3, 1), date(2026, 3, 2))), "a search"),
        (Wanted("p", recording_ids=(RecordingId("r"),)), "recordings by their ids"),
    ],
)
def test_what_an_export_is_of(wanted: Wanted, kind: str) -> None:
    assert kind == kind_of(wanted)


def test_nothing_in_the_page_can_become_markup() -> None:
    """Ids come from events, reasons from errors, the purpose from a person: all of them are text."""
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            assert not [name for name, _ in attrs if name.startswith("on")]

    text = page(export(HOSTILE), package(HOSTILE, HOSTILE, HOSTILE)).decode()
    Reader().feed(text)
    assert {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "p",
        "ul",
        "li",
        "code",
        "table",
        "tr",
        "th",
        "td",
    } >= set(tags)
    assert "script-src" not in text
    assert "default-src 'none'" in text
    assert 4 <= text.count("&lt;script&gt;")


def test_hashes_are_those_of_the_entries() -> None:
    files = json.loads(hashes_json([Packed("a", 3, 1, "ab" * 32, "cd")]))
    assert {"schema": "recording-export-hashes/1", "files": [{"path": "a", "length": 3, "sha256": "ab" * 32}]} == files


METADATA = json.dumps(
    {
        "chunkDocumentId": "d",
        "Participants": [
            {"participantId": ANN, "channel": 0, "name": "Ann"},
            {"participantId": BEN},
            5,
            {"participantId": 7},
        ],
        "somebody": "Ben",
        "recordingInfo": {"contentType": "audio", "channelType": "mixed", "format": "wav"},
    }
).encode()


def test_people_are_given_whole_or_only_the_person() -> None:
    chunks = [(DocumentId("d"), 0, parse_metadata(METADATA)), (DocumentId("e"), 1, None)]
    everybody = json.loads(people_given(RecordingId("r"), chunks, Own()))
    assert [ANN, BEN] == [one["rawId"] for one in everybody["chunks"][0]["participants"]]
    assert None is everybody["chunks"][1]["participants"]
    own = json.loads(people_given(RecordingId("r"), chunks, Own(frozenset({ANN}))))
    assert ([ANN], True) == ([one["rawId"] for one in own["chunks"][0]["participants"]], own["onlyOwn"])


@pytest.mark.parametrize(("own", "kept"), [({ANN}, [ANN]), ({BEN}, [BEN]), (set(), []), ({"4:+49"}, [])])
def test_a_metadata_file_without_others(own: set[str], kept: list[str]) -> None:
    """Nor with a field that nobody knows: anybody may be in it."""
    found = json.loads(without_others(METADATA, Own(frozenset(own))))
    assert kept == [one["participantId"] for one in found["Participants"]]
    assert {"chunkDocumentId", "Participants", "recordingInfo"} == set(found)


def test_a_metadata_file_that_is_no_object_names_nobody() -> None:
    assert {} == json.loads(without_others(b"[1]", Own(frozenset())))
    assert {} == json.loads(without_others(b'{"participants": 5}', Own(frozenset())))


def test_a_manifest_must_agree_with_the_catalog() -> None:
    entry = entry_of(chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.RELEASED))
    raw = manifest_json(entry)
    assert "" == why_no_manifest(raw, entry)
    assert "" == why_no_manifest(manifest_json(entry_of(chunk(0, ChunkState.RELEASED))), entry)
    digest = json.loads(raw)["chunks"][0]["digest"]["value"].encode()
    assert "not the one that was proven" in why_no_manifest(raw.replace(digest, b"0" * 64), entry)
    assert "another recording's" in why_no_manifest(raw.replace(b"recording-1", b"recording-2"), entry)
    for other in (b"", b"[]", b'{"chunks": [1]}', b"{}"):
        assert "no manifest" in why_no_manifest(other, entry)
