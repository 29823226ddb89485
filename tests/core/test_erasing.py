"""What the erasure of a recording does to its entry, and what a fact means after it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.lifecycle import (
    Archived,
    Completed,
    Decided,
    Done,
    Erased,
    ErasureBegun,
    Fact,
    GivenUp,
    Looked,
    Paused,
    Quarantined,
    Started,
    Stopped,
    Told,
    Warned,
    Written,
    decide,
    is_made_by_its_tombstone,
    knows_documents,
    knows_event,
    next_step,
    open_at,
    why_not_erased,
    with_opening,
)
from recording.core.model import (
    Actor,
    Alarm,
    Alert,
    CatalogEntry,
    ChunkState,
    Door,
    Erasure,
    Place,
    Proof,
    RecordingState,
    RemovalReason,
    Ruling,
    View,
)
from recording.core.trail import links
from tests.core.entries_of import (
    DUE,
    GONE_BY,
    MANIFEST,
    NOW,
    RECORDING_ID,
    WAV,
    announced,
    changed_recording,
    chunk,
    chunk_facts,
    document,
    entry_of,
    metadata_proof,
    proof,
)

ADA = Actor("entra:ada")
LATER = NOW + timedelta(minutes=1)
BEGUN = ErasureBegun(RECORDING_ID, RemovalReason.ERASURE)
R, C = RecordingState, ChunkState


def closed() -> CatalogEntry:
    """A whole recording, complete, of two chunks."""
    found = entry_of(chunk(0, C.RELEASED), chunk(1, C.KEPT), state=R.ARCHIVED, completed_at=NOW)
    return changed_recording(found, manifest_name=MANIFEST)


def begun() -> CatalogEntry:
    return decide(closed(), BEGUN, NOW, ADA).entry


def erased() -> CatalogEntry:
    return decide(begun(), Erased(), LATER).entry


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (entry_of(state=R.STARTED), "recorded"),
        (entry_of(state=R.PAUSED), "recorded"),
        (entry_of(state=R.STOPPED), "file event"),
        (entry_of(state=R.MISSING), "file event"),
        (entry_of(state=R.ANNOUNCED), "file event"),
        (entry_of(chunk(0, C.ANNOUNCED)), "chunk 0 is announced"),
        (entry_of(chunk(0, C.RELEASED), chunk(1, C.QUARANTINED)), "chunk 1 is quarantined"),
        (entry_of(chunk(0, C.RELEASED)), "manifest"),
        (entry_of(state=R.LOST), ""),
        (entry_of(state=R.EMPTY), ""),
        (entry_of(chunk(0, C.LOST), state=R.LOST), ""),
        (entry_of(replace(chunk(0, C.QUARANTINED, apart=True), look_at=None), state=R.QUARANTINED), ""),
        (closed(), ""),
    ],
)
def test_an_erasure_begins_only_where_nothing_is_open(entry: CatalogEntry, why: str) -> None:
    """Whoever still writes would write after it; where it cannot begin nothing changes."""
    after = decide(entry, BEGUN, NOW, ADA).entry

    assert why in why_not_erased(entry, NOW)
    assert bool(why) == bool(why_not_erased(entry, NOW)) == (after == entry)
    if not why:
        assert (R.ERASED, Erasure(NOW, RemovalReason.ERASURE, ADA)) == (after.recording.state, after.recording.erasure)
        assert entry.chunks == after.chunks
        assert ("ErasureBegun", ADA, "erasure") == tuple(
            getattr(after.recording.history[-1], name) for name in ("what", "by", "detail")
        )


def test_what_is_left_are_ids_times_and_the_acts() -> None:
    """And that it was erased: when, why and by whom. Repeated, it changes nothing."""
    before = changed_recording(begun(), started_at=NOW, lacks=("all",), call_id="call", warned=("once",))
    after = decide(before, Erased(), LATER).entry

    assert (R.ERASED, (), "call", NOW, None, (), ()) == (
        after.recording.state,
        after.chunks,
        after.recording.call_id,
        after.recording.started_at,
        after.recording.manifest_name,
        after.recording.lacks,
        after.recording.warned,
    )
    assert Erasure(NOW, RemovalReason.ERASURE, ADA, LATER) == after.recording.erasure
    assert ["ErasureBegun"] == [one.what for one in after.recording.history]
    assert ["ErasureBegun", "Erased"] == [link.act.what for link in links(after.recording)]
    assert after == decide(after, Erased(), LATER).entry == decide(after, BEGUN, LATER, ADA).entry


LATE: tuple[Fact, ...] = (
    announced(0),
    Started(RECORDING_ID, WAV),
    Paused(),
    Stopped(),
    Decided(document(0), Ruling.RETRY, "a secret"),
    GivenUp("a secret"),
    Warned("stage", "a secret"),
    *(fact for name, fact in chunk_facts().items() if name not in {"Archived", "MetadataArchived", "Overflowed"}),
)


@pytest.mark.parametrize("fact", LATE, ids=lambda fact: type(fact).__name__)
@pytest.mark.parametrize("is_finished", [False, True])
def test_whatever_comes_later_is_refused_and_noted(fact: Fact, *, is_finished: bool) -> None:
    """Nothing of what it says is kept, no chunk gets a message, and nothing is owed but the trail."""
    entry = erased() if is_finished else begun()
    decision = decide(entry, fact, LATER, ADA)
    after = decision.entry

    assert (entry.chunks, R.ERASED, (), ()) == (
        after.chunks,
        after.recording.state,
        decision.steps,
        after.recording.untold,
    )
    last = after.recording.history[-1]
    assert (type(fact).__name__, ADA, LATER, None) == (last.what, last.by, last.at, last.document_id)
    assert "refused" in last.detail
    assert "secret" not in last.detail
    assert entry.recording.trail == after.recording.trail
    kept = decide(after, Erased(), LATER).entry.recording.history
    assert last in kept


def test_repeated_events_do_not_make_it_longer() -> None:
    entry = erased()
    for _ in range(9):
        entry = decide(entry, announced(0), LATER).entry
    assert [1, 9] == [one.times for one in entry.recording.history]


def _archived(of: Proof) -> Archived:
    fact = chunk_facts()["Archived"]
    assert isinstance(fact, Archived)
    return replace(fact, proof=of)


_BOTH = f"{proof().name} and {metadata_proof().name}"


@pytest.mark.parametrize(
    ("fact", "name"),
    [
        (chunk_facts()["Archived"], f"{_BOTH} (archive)"),
        (chunk_facts()["Overflowed"], f"{_BOTH} (overflow)"),
        (chunk_facts()["MetadataArchived"], metadata_proof().name),
        (Quarantined(document(0), ("doubt",), LATER, proof(place=Place.QUARANTINE)), f"{_BOTH} (quarantine)"),
        (_archived(proof(with_metadata=False)), f"{proof().name} (archive)"),
        (Completed(MANIFEST, 1, frozenset()), MANIFEST),
    ],
)
def test_a_blob_that_was_written_meanwhile_is_told_to_a_person(fact: Fact, name: str) -> None:
    """Its run had begun before the erasure, and did not know of it; the metadata file says who took part."""
    entry = decide(erased(), fact, LATER).entry

    (alert,) = entry.recording.untold
    assert Alarm.CONFLICT is alert.alarm
    assert name in alert.reason
    assert () == decide(entry, Told((alert,)), LATER).entry.recording.untold


def test_nobody_is_told_to_remove_what_the_service_has_written() -> None:
    """It is the customer's, and was not written by the run."""
    late = _archived(proof(place=Place.NATIVE))
    assert () == decide(erased(), late, LATER).entry.recording.untold


def test_it_owes_nothing_but_its_trail() -> None:
    """No step and no end of a source; the acts are written as before."""
    entry = with_opening(closed(), begun())
    assert Done() == next_step(entry, document(0), GONE_BY) == next_step(erased(), document(0), GONE_BY)
    at = open_at(entry)
    assert at is not None
    assert at >= DUE
    last = list(links(erased().recording))[-1]
    after = decide(erased(), Written(last.number, last.hash), LATER).entry
    assert None is open_at(after)
    assert () == after.recording.trail.unwritten


def test_who_looks_at_an_erased_recording_is_in_its_trail() -> None:
    entry = decide(erased(), Looked(View.HISTORY), LATER, ADA).entry
    assert ["ErasureBegun", "Erased", "Looked"] == [act.what for act in entry.recording.trail.unwritten]


def test_a_tombstone_makes_an_entry_anew() -> None:
    """Its row was lost: whatever comes is refused again. That is no new act."""
    entry = decide(None, BEGUN, NOW, ADA).entry
    assert Erasure(NOW, RemovalReason.ERASURE, ADA, NOW) == entry.recording.erasure
    assert () == entry.recording.trail.unwritten
    assert () == decide(entry, announced(0), LATER).entry.chunks


def test_to_be_erased_means_nothing_before_it_has_begun() -> None:
    assert closed() == decide(closed(), Erased(), NOW).entry


def test_its_events_are_known_to_the_journal_and_taken_when_they_come() -> None:
    """The check of the journal gives none again; a dead letter, which never came, is taken and refused."""
    event = announced(0).event
    for entry in (begun(), erased()):
        assert knows_documents(entry, event)
        assert not knows_event(entry, event, Door.EVENT_GRID)


def test_an_alert_that_is_not_of_it_is_not_told() -> None:
    entry = changed_recording(begun(), untold=(Alert(Alarm.LOST, "gone"), Alert(Alarm.STUCK, "slow")))
    told = decide(entry, Told((Alert(Alarm.LOST, "gone"),)), LATER).entry.recording.untold
    assert (Alert(Alarm.STUCK, "slow"),) == told


def test_what_a_tombstone_alone_makes_is_known_from_what_was_erased_to_its_end() -> None:
    made = decide(None, ErasureBegun(RECORDING_ID, RemovalReason.ERASURE), NOW, ADA).entry
    assert is_made_by_its_tombstone(made)
    known = replace(made.recording, announced_at=NOW)
    assert not is_made_by_its_tombstone(replace(made, recording=known))
    asked = replace(made.recording, requested_at=NOW)
    assert not is_made_by_its_tombstone(replace(made, recording=asked))
    assert made.recording.erasure is not None
    later = replace(made.recording.erasure, finished_at=NOW + timedelta(seconds=1))
    assert not is_made_by_its_tombstone(replace(made, recording=replace(made.recording, erasure=later)))
    assert not is_made_by_its_tombstone(replace(made, recording=replace(made.recording, erasure=None)))
