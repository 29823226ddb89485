"""What the blobs of a recording say, as the entry that the catalog has lost."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.lifecycle import Announced, Rebuilt, decide
from recording.core.model import (
    APP,
    UNKNOWN_LOCATION,
    Act,
    Actor,
    BlobName,
    CatalogEntry,
    Chunk,
    ChunkState,
    ConsentKind,
    DocumentId,
    Door,
    Place,
    RecordingState,
    Unread,
)
from recording.core.naming import encode
from recording.core.records.rebuilding import Seen, open_chunks, rebuilt, with_copies
from recording.core.records.told_by_acts import Standing, blobs_of, manifest_of, proof_of
from tests.core.entries_of import (
    GONE_BY,
    MANIFEST,
    NOW,
    RECORDING_ID,
    announced,
    changed_recording,
    chunk,
    document,
    entry_of,
    proof,
)

LATER = NOW + timedelta(minutes=5)
DOOR = Actor("eventGrid")
NAME, METADATA = BlobName("2026/03/01/0000.wav"), BlobName("2026/03/01/0000.wav.metadata.json")
DIGEST = "ab" * 32
BLOB_METADATA = {
    "acsdocumentid": encode(document(0)),
    "length": "100",
    "sha256blocks": DIGEST,
    "blocksize": "64",
}
STANDING = {
    NAME: Standing(100, "etag-0", BLOB_METADATA),
    METADATA: Standing(10, "metadata-0", {}, "cd" * 32, timedelta(seconds=7), timedelta(seconds=2), ("noted",)),
}
ARCHIVED = {
    "blob": NAME,
    "length": "100",
    "sha256OfBlocks": DIGEST,
    "blockSize": "64",
    "place": "archive",
    "metadataBlob": METADATA,
    "metadataSha256": "cd" * 32,
}


def act(what: str, of: int = 0, /, **details: str) -> Act:
    return Act(LATER, what, APP, document(of), tuple(details.items()))


def of_recording(what: str, /, **details: str) -> Act:
    return replace(act(what, **details), document_id=None)


def seen(fact: Announced, minutes: int = 0) -> Seen:
    return Seen(NOW + timedelta(minutes=minutes), fact, DOOR)


def made(
    *acts: Act,
    fact: Announced | None = None,
    manifest: CatalogEntry | None = None,
    standing: Mapping[BlobName, Standing] = STANDING,
) -> CatalogEntry:
    found = rebuilt(RECORDING_ID, manifest, [seen(fact)] if fact else [], acts, standing)
    assert found is not None
    return found


def first(entry: CatalogEntry) -> Chunk:
    return entry.chunks[0]


STARTED = of_recording("Started", output="audio-mixed-wav", paused="false")


def test_of_what_nothing_says_there_is_no_entry() -> None:
    assert rebuilt(RECORDING_ID, None, [], [of_recording("Looked")], {}) is None


def test_a_start_is_known_by_the_trail() -> None:
    """With its rule and on which kind of consent, as far as an act says it."""
    details = {"rule": "rule", "policy": "0" * 64, "template": "{index}", "retentionClass": "long"}
    said = of_recording("Started", output="audio-mixed-wav", paused="true", consent="attested", **details)
    recording = made(said).recording

    assert (RecordingState.PAUSED, LATER, "audio-mixed-wav") == (
        recording.state,
        recording.requested_at,
        str(recording.output),
    )
    assert recording.applied is not None
    assert ("rule", "{index}", "long") == (
        recording.applied.rule,
        recording.applied.template,
        recording.applied.retention_class,
    )
    assert recording.consent is not None
    assert ConsentKind.ATTESTED is recording.consent.kind


def test_a_start_without_a_rule_has_none() -> None:
    recording = made(STARTED).recording

    assert (None, None, RecordingState.STARTED) == (recording.applied, recording.consent, recording.state)


@pytest.mark.parametrize(
    ("what", "state"),
    [("Paused", "paused"), ("Stopped", "stopped"), ("NeverCame", "started"), ("Another", "started")],
)
def test_an_act_about_the_recording_is_what_it_was(what: str, state: str) -> None:
    assert state == made(STARTED, of_recording(what)).recording.state


def test_a_withdrawal_of_consent_still_stops_it() -> None:
    assert made(STARTED, of_recording("ConsentWithdrawn")).recording.withdrawn is not None


def test_an_event_is_decided_at_its_own_time() -> None:
    """What is left until its source ends is what it was; nobody is told again, and no row stands for it yet."""
    found = made(fact=announced(0, 1))
    recording = found.recording

    assert [GONE_BY, GONE_BY] == [one.gone_by for one in found]
    assert ([NOW, NOW], NOW) == ([one.candidate.seen_at for one in found], recording.announced_at)
    assert ((), None, 0) == (recording.untold, recording.opening.at, recording.trail.number)
    assert [("Announced", DOOR)] == [(one.what, one.by) for one in recording.history]


def test_a_copy_that_stands_as_the_trail_says_is_proven() -> None:
    found = first(made(act("Archived", **ARCHIVED), fact=announced(0)))

    assert (ChunkState.ARCHIVED, replace(proof(), verified_at=LATER)) == (found.state, found.proof)
    assert (timedelta(seconds=7), timedelta(seconds=2), ("noted",)) == (found.duration, found.paused, found.notes)


def test_it_has_the_name_that_it_was_given() -> None:
    """The template of names may be another one since."""
    name = BlobName("elsewhere/0.wav")
    found = first(
        made(act("Archived", **{**ARCHIVED, "blob": name}), fact=announced(0), standing={name: STANDING[NAME]})
    )

    assert (name, ChunkState.ARCHIVED) == (found.name, found.state)
    assert found.proof is not None
    assert found.proof.metadata is None


def test_a_copy_without_a_metadata_file_has_what_its_act_says() -> None:
    details = {name: text for name, text in ARCHIVED.items() if not name.startswith("metadata")}
    found = first(made(act("Archived", **details, byItsOwnWord="true"), fact=announced(0)))

    assert found.proof is not None
    assert (None, True) == (found.proof.metadata, found.proof.by_its_own_word)


@pytest.mark.parametrize(
    "standing",
    [
        {},
        {NAME: replace(STANDING[NAME], length=99)},
        {NAME: replace(STANDING[NAME], blob_metadata={**BLOB_METADATA, "sha256blocks": "00"})},
        {NAME: replace(STANDING[NAME], blob_metadata={**BLOB_METADATA, "acsdocumentid": "another"})},
        {NAME: replace(STANDING[NAME], blob_metadata={**BLOB_METADATA, "blocksize": "many"})},
    ],
    ids=["gone", "of another length", "of other bytes", "of another chunk", "without a block size"],
)
def test_a_copy_that_does_not_stand_so_is_left_to_the_next_step(standing: Mapping[BlobName, Standing]) -> None:
    """That compares it with the source."""
    assert ChunkState.ANNOUNCED is first(made(act("Archived", **ARCHIVED), fact=announced(0), standing=standing)).state


def test_a_copy_of_a_chunk_that_was_announced_in_two_ways_is_left_to_the_next_step() -> None:
    """The act does not say of which announcement it is."""
    events = [seen(announced(0, door=Door.FUNCTION_KEY, host="us-api")), seen(announced(0), 1)]
    found = rebuilt(RECORDING_ID, None, events, [act("Archived", **ARCHIVED)], STANDING)

    assert found is not None
    assert ChunkState.ANNOUNCED is first(found).state


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (act("Released", releasedAt="2026-03-01T12:04:00Z"), ChunkState.RELEASED),
        (act("Released"), ChunkState.RELEASED),
        (act("Kept"), ChunkState.KEPT),
        (act("Disputed"), ChunkState.QUARANTINED),
        (act("Damaged"), ChunkState.ANNOUNCED),
        (act("Expired", code="source_gone"), ChunkState.KEPT),
        (act("Archived", **ARCHIVED), ChunkState.ARCHIVED),
        (act("Another"), ChunkState.ARCHIVED),
    ],
    ids=["released", "released at some time", "kept", "disputed", "damaged", "expired", "archived again", "unknown"],
)
def test_what_happened_to_a_copy_holds(after: Act, state: ChunkState) -> None:
    assert state is first(made(act("Archived", **ARCHIVED), after, fact=announced(0))).state


def test_a_metadata_file_that_came_later_is_known() -> None:
    details = {name: text for name, text in ARCHIVED.items() if not name.startswith("metadata")}
    metadata = {name: text for name, text in ARCHIVED.items() if name.startswith("metadata")}
    found = first(made(act("Archived", **details), act("MetadataArchived", **metadata), fact=announced(0)))
    another = {METADATA: replace(STANDING[METADATA], sha256="00"), NAME: STANDING[NAME]}
    lacking = first(
        made(act("Archived", **details), act("MetadataArchived", **metadata), fact=announced(0), standing=another)
    )

    assert found.proof is not None
    assert (proof().metadata, timedelta(seconds=7)) == (found.proof.metadata, found.duration)
    assert lacking.proof is not None
    assert lacking.proof.metadata is None


@pytest.mark.parametrize(
    ("what", "details", "state", "is_given_up"),
    [
        ("Expired", {}, ChunkState.LOST, False),
        ("Decided", {"ruling": "give-up"}, ChunkState.LOST, True),
        ("Decided", {"ruling": "retry"}, ChunkState.ANNOUNCED, False),
        ("Released", {}, ChunkState.ANNOUNCED, False),
    ],
)
def test_what_has_no_copy_is_lost_if_it_was(
    what: str, details: dict[str, str], state: ChunkState, *, is_given_up: bool
) -> None:
    found = first(made(act(what, **details), fact=announced(0)))

    assert (state, is_given_up) == (found.state, found.is_given_up)


def test_acts_about_what_nothing_else_names_say_nothing() -> None:
    assert 1 == len(made(act("Archived", 7, **ARCHIVED), fact=announced(0)).chunks)


MANIFESTED = changed_recording(
    entry_of(
        replace(
            chunk(0, ChunkState.RELEASED),
            candidates=(
                unknown := replace(
                    chunk().candidate,
                    announced=replace(
                        chunk().announced,
                        content_location=UNKNOWN_LOCATION,
                        metadata_location=UNKNOWN_LOCATION,
                        delete_location=None,
                    ),
                ),
            ),
            proven=unknown,
        ),
        state=RecordingState.RELEASED,
        completed_at=NOW,
    ),
    requested_at=NOW,
    manifest_name=MANIFEST,
)


def test_an_event_gives_a_manifests_chunk_its_places_and_opens_nothing() -> None:
    found = made(fact=announced(0), manifest=MANIFESTED)

    assert announced(0).chunks[0].announced == first(found).announced
    assert (ChunkState.RELEASED, NOW, 1) == (first(found).state, found.recording.completed_at, found.recording.revision)
    assert () == found.recording.history


def test_a_chunk_that_came_after_the_manifest_opens_the_recording_again() -> None:
    """The next manifest is owed."""
    found = made(STARTED, act("Damaged"), of_recording("Stopped"), fact=announced(0, 1), manifest=MANIFESTED)

    assert [ChunkState.RELEASED, ChunkState.ANNOUNCED] == [one.state for one in found]
    assert (None, 2) == (found.recording.completed_at, found.recording.revision)


def test_a_chunk_that_could_not_be_read_is_noted() -> None:
    fact = announced(0)
    fact = replace(fact, event=replace(fact.event, unread=(Unread("event", "no index"),)))

    assert 1 == len(made(fact=fact, manifest=MANIFESTED).recording.unread)


def test_what_a_manifest_says_of_the_start_stays() -> None:
    """One of an earlier version does not say when it was."""
    output = changed_recording(MANIFESTED, requested_at=None, output=made(STARTED).recording.output)
    said = of_recording("Started", output="audio-mixed-mp3", paused="false", rule="rule")
    found = made(said, manifest=output).recording

    assert ("audio-mixed-wav", LATER) == (str(found.output), found.requested_at)
    assert found.applied is not None
    kept = made(said, manifest=changed_recording(output, applied=replace(found.applied, rule="of the manifest")))
    assert kept.recording.applied is not None
    assert "of the manifest" == kept.recording.applied.rule


def test_a_copy_apart_is_found_again_and_looked_at_while_its_source_lives() -> None:
    entry, copy = made(fact=announced(0)), proof(place=Place.QUARANTINE)
    looked_at = first(with_copies(entry, {}, {document(0): copy}, LATER))
    waiting = first(with_copies(entry, {}, {document(0): copy}, GONE_BY))

    assert (ChunkState.QUARANTINED, copy, LATER) == (looked_at.state, looked_at.apart, looked_at.look_at)
    assert (True, None) == (waiting.is_undecided, waiting.look_at)


def test_a_copy_in_the_second_account_is_brought_home() -> None:
    copy = proof(place=Place.OVERFLOW)
    found = with_copies(made(fact=announced(0)), {document(0): copy}, {}, GONE_BY)

    assert (ChunkState.ANNOUNCED, copy) == (first(found).state, first(found).overflow)
    assert () == found.recording.untold


def test_only_open_chunks_may_have_a_copy_apart() -> None:
    entry = entry_of(chunk(0, ChunkState.LOST), chunk(1, ChunkState.ARCHIVED), chunk(2))

    assert (entry.chunks[2],) == open_chunks(entry)


def test_a_blob_without_the_metadata_of_a_copy_proves_nothing() -> None:
    assert proof_of(document(0), NAME, Standing(100, "etag"), Place.ARCHIVE, NOW) is None


def test_acts_name_their_blobs_and_the_last_manifest() -> None:
    acts = [
        act("Archived", **ARCHIVED),
        of_recording("Completed", manifest="one"),
        of_recording("Completed", manifest=MANIFEST),
    ]

    assert {NAME, METADATA} == blobs_of(acts)
    assert (MANIFEST, None) == (manifest_of(acts), manifest_of(acts[:1]))


def test_nothing_is_rebuilt_over_an_entry_that_is_there() -> None:
    fact = Rebuilt(made(fact=announced(0)), "events: 1")
    there = entry_of(chunk(1))

    assert there == decide(there, fact, NOW).entry
    assert () == decide(there, fact, NOW).steps


@pytest.mark.parametrize(
    ("entry", "steps"),
    [
        (entry_of(chunk(0), chunk(1, ChunkState.RELEASED)), (document(0),)),
        (entry_of(chunk(0, ChunkState.RELEASED)), (document(0),)),
        (entry_of(chunk(0, ChunkState.RELEASED), completed_at=NOW), ()),
    ],
    ids=["open", "without a manifest", "complete"],
)
def test_what_is_rebuilt_goes_on_with_what_is_owed(entry: CatalogEntry, steps: tuple[DocumentId, ...]) -> None:
    decision = decide(None, Rebuilt(entry, "a manifest"), NOW, DOOR)

    assert steps == decision.steps
    assert [("Rebuilt", DOOR, "a manifest")] == [
        (one.what, one.by, one.detail) for one in decision.entry.recording.history
    ]
