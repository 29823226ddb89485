"""Which facts are acts of the audit trail, by whom, and what an act says."""

import hashlib
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.lifecycle import (
    Archived,
    Consented,
    ConsentWithdrawn,
    Decided,
    EndDecided,
    Exported,
    Fact,
    GivenUp,
    Held,
    HoldEnded,
    Looked,
    NeverCame,
    Paused,
    Released,
    Resumed,
    Started,
    Stopped,
    Told,
    Written,
    decide,
    decide_all,
    open_at,
    with_opening,
)
from recording.core.model import (
    APP,
    Act,
    Actor,
    CatalogEntry,
    ChunkState,
    ConsentKind,
    ConsentOperation,
    Door,
    RecordingState,
    Ruling,
    ServerCallId,
    Trail,
    Unread,
    View,
)
from recording.core.owing import ToDo, owed, to_do
from recording.core.retention import Choice
from recording.core.trail import links
from tests.core.entries_of import (
    APPLIED,
    ATTESTED,
    DUE,
    NOW,
    RECORDING_ID,
    WAV,
    announced,
    archived,
    changed_recording,
    chunk,
    chunk_facts,
    completed,
    document,
    entry_of,
)

ADA = Actor("entra:ada")
LATER = NOW + timedelta(minutes=1)
DAY = timedelta(days=1)
SECRET = "who said what to whom at https://example.org/?sig=abc"
REASON = hashlib.sha256(SECRET.encode()).hexdigest()
ASKED = replace(
    ATTESTED,
    kind=ConsentKind.ANNOUNCED,
    text_sha256="ab" * 32,
    operations=(ConsentOperation("played", NOW), ConsentOperation(f"attested: {SECRET}", NOW, who=(SECRET,))),
)
C, R = ChunkState, RecordingState


def acts(entry: CatalogEntry) -> list[Act]:
    return list(entry.recording.trail.unwritten)


def of(state: ChunkState) -> CatalogEntry:
    return entry_of(chunk(0, state), chunk(1))


def unreadable() -> CatalogEntry:
    return changed_recording(entry_of(), unread=(Unread("event", "no JSON", door=Door.FUNCTION_KEY),))


CASES: list[tuple[CatalogEntry | None, Fact, dict[str, str]]] = [
    (None, Started(RECORDING_ID, WAV), {"output": "audio-mixed-wav", "paused": "false"}),
    (
        None,
        Started(RECORDING_ID, WAV, applied=APPLIED, consent=ATTESTED),
        {
            "output": "audio-mixed-wav",
            "paused": "false",
            "rule": "rule",
            "policy": "0" * 64,
            "retentionClass": "long",
            "consent": "attested",
        },
    ),
    (
        changed_recording(entry_of(state=R.STARTED), consent=ATTESTED),
        Consented(ASKED),
        {"consent": "announced", "promptSha256": "ab" * 32, "operations": "2", "reasonSha256": REASON},
    ),
    (
        changed_recording(entry_of(state=R.STARTED), consent=ATTESTED),
        Consented(replace(ASKED, operations=ASKED.operations[:1])),
        {"consent": "announced", "promptSha256": "ab" * 32, "operations": "1"},
    ),
    (entry_of(state=R.STARTED), ConsentWithdrawn(SECRET), {"reasonSha256": REASON}),
    (entry_of(state=R.STARTED), Paused(), {}),
    (entry_of(state=R.PAUSED), Resumed(), {}),
    (entry_of(state=R.STARTED), Stopped(), {}),
    (of(C.ANNOUNCED), Paused(), {}),
    (of(C.RELEASED), Looked(View.TRAIL), {"view": "trail"}),
    (of(C.RELEASED), Held("h1"), {"hold": "h1"}),
    (of(C.RELEASED), HoldEnded("h1"), {"hold": "h1"}),
    (
        of(C.RELEASED),
        EndDecided(Choice.KEEP, date(2026, 3, 1), date(2027, 3, 1), SECRET),
        {"choice": "keep", "endsOn": "2026-03-01", "until": "2027-03-01", "reasonSha256": REASON},
    ),
    (
        of(C.RELEASED),
        EndDecided(Choice.DELETE, date(2026, 3, 1), None, SECRET),
        {"choice": "delete", "endsOn": "2026-03-01", "reasonSha256": REASON},
    ),
    (
        of(C.RELEASED),
        Exported("e-1", "whole", "complete", SECRET, "ab"),
        {"export": "e-1", "rule": "whole", "outcome": "complete", "purposeSha256": REASON, "hashesSha256": "ab"},
    ),
    (of(C.LOST), Decided(document(0), Ruling.RETRY, SECRET), {"ruling": "retry", "reasonSha256": REASON}),
    (unreadable(), GivenUp(SECRET), {"reasonSha256": REASON}),
    (
        of(C.ANNOUNCED),
        archived(0, SECRET),
        {
            "blob": "2026/03/01/0000.wav",
            "length": "100",
            "sha256OfBlocks": "ab" * 32,
            "blockSize": "64",
            "place": "archive",
            "metadataBlob": "2026/03/01/0000.wav.metadata.json",
            "metadataSha256": "cd" * 32,
        },
    ),
    (of(C.ARCHIVED), chunk_facts()["Disputed"], {}),
    (of(C.ARCHIVED), chunk_facts()["Damaged"], {}),
    (of(C.ARCHIVED), Released(document(0), NOW), {"releasedAt": "2026-03-01T12:00:00Z"}),
    (of(C.ANNOUNCED), Released(document(0), NOW), {"releasedAt": "2026-03-01T12:00:00Z"}),
    (of(C.ARCHIVED), chunk_facts()["Kept"], {"conflict": "false"}),
    (of(C.ANNOUNCED), chunk_facts()["Expired"], {"code": "source_busy"}),
    (entry_of(state=R.STOPPED), NeverCame(SECRET), {}),
    (
        entry_of(chunk(0, C.RELEASED)),
        completed(0),
        {"manifest": "2026/03/01/recording-1.manifest.json", "revision": "1", "lacks": "0"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "fact", "details"), CASES)
def test_what_was_done_is_an_act(before: CatalogEntry | None, fact: Fact, details: dict[str, str]) -> None:
    """With its actor, its time and its chunk; the words of a person or of a service are not in it."""
    after = decide(before, fact, LATER, ADA).entry
    document_id = getattr(fact, "document_id", None)

    assert [Act(LATER, type(fact).__name__, ADA, document_id, tuple(details.items()))] == acts(after)
    assert not any(SECRET in link.body.decode() or "https" in link.body.decode() for link in links(after.recording))


def test_a_name_that_a_person_gave_themselves_stands_as_its_digest() -> None:
    """The name itself is in the history, from which it can be removed."""
    after = decide(of(C.LOST), Decided(document(0), Ruling.RETRY, "why"), LATER, Actor("key:Ada")).entry

    assert [f"key:{hashlib.sha256(b'Ada').hexdigest()}"] == [act.by for act in acts(after)]
    assert "key:Ada" == after.recording.history[-1].by


def test_a_metadata_file_that_comes_late_is_an_act() -> None:
    before = decide(of(C.ANNOUNCED), archived(0, with_metadata=False), NOW).entry
    after = decide(before, chunk_facts()["MetadataArchived"], LATER).entry

    assert ["Archived", "MetadataArchived"] == [act.what for act in acts(after)]
    assert {"metadataBlob", "metadataSha256"} == dict(acts(after)[1].details).keys()


NONE: list[tuple[CatalogEntry, Fact]] = [
    (of(C.RELEASED), Told(())),
    (of(C.ANNOUNCED), chunk_facts()["Failed"]),
    (of(C.ANNOUNCED), chunk_facts()["Quarantined"]),
    (of(C.ANNOUNCED), chunk_facts()["Kept"]),  # impossible: it raises an alarm, and nothing was kept
    (of(C.RELEASED), archived(0, "one more note")),
    (of(C.RELEASED), Released(document(0), LATER)),
    (of(C.ARCHIVED), Decided(document(0), Ruling.ACCEPT, "refused")),
    (entry_of(state=R.RELEASED), GivenUp("refused")),
    (changed_recording(entry_of(state=R.STARTED), requested_at=NOW), Started(RECORDING_ID, WAV, ServerCallId("s"))),
]


@pytest.mark.parametrize(("before", "fact"), NONE)
def test_what_was_not_done_or_only_repeated_is_none(before: CatalogEntry, fact: Fact) -> None:
    assert [] == acts(decide(before, fact, LATER).entry)


@pytest.mark.parametrize("fact", [Paused(), Resumed(), Stopped(), Looked(View.HISTORY)])
def test_what_a_person_repeats_is_an_act_again_after_some_minutes(fact: Fact) -> None:
    """And at once, by another person or after something else."""
    entry = decide(entry_of(state=R.STARTED), fact, NOW, ADA).entry
    assert entry == decide(entry, fact, LATER, ADA).entry

    assert 2 == len(acts(decide(entry, fact, NOW + timedelta(minutes=10), ADA).entry))
    assert [ADA, APP] == [act.by for act in acts(decide(entry, fact, LATER).entry)]
    after = decide_all(entry, (Looked(View.TRAIL), fact), LATER, ADA).entry
    assert 3 == len(acts(after))


def test_a_look_changes_nothing_but_the_trail() -> None:
    """Neither the history nor who caused the last change."""
    before = of(C.ARCHIVED)
    after = decide(before, Looked(View.HISTORY), LATER, ADA).entry

    assert before == changed_recording(after, trail=Trail())


def test_what_is_written_changes_nothing_but_the_trail() -> None:
    before = decide(of(C.ARCHIVED), Released(document(0), NOW), NOW, ADA).entry
    (link,) = links(before.recording)
    after = decide(before, Written(1, link.hash), LATER).entry

    assert Trail(1, link.hash, link.act) == after.recording.trail
    assert before == changed_recording(after, trail=before.recording.trail)
    assert after == decide(after, Written(1, link.hash), LATER).entry


FACTS = st.sampled_from(
    [Paused(), Resumed(), Stopped(), Looked(View.TRAIL), archived(0), Released(document(0), NOW), announced(0)]
)


@given(st.lists(st.tuples(FACTS, st.sampled_from([ADA, APP]), st.booleans()), max_size=20))
def test_any_order_of_writers_gives_one_chain(steps: list[tuple[Fact, Actor, bool]]) -> None:
    """A writer may have an older entry, and its fact may come late: equal names, equal bytes."""
    entry, writers = decide(None, Started(RECORDING_ID, WAV), NOW).entry, list[CatalogEntry]()
    found = dict[str, bytes]()
    for minutes, (fact, by, writes) in enumerate(steps):
        entry = decide_known(entry, fact, NOW + timedelta(minutes=5 * minutes), by)
        writers.append(entry)
        if writes:
            for writer in writers[-3:]:
                for link in links(writer.recording):
                    assert link.body == found.setdefault(link.name, link.body)
                    entry = decide(entry, Written(link.number, link.hash), NOW).entry
    found |= {link.name: link.body for link in links(entry.recording)}

    numbers = [json.loads(body)["number"] for _, body in sorted(found.items())]
    assert list(range(1, len(numbers) + 1)) == numbers
    for (one, _), (_, body) in pairwise(sorted(found.items())):
        assert one.rpartition("-")[2] == f"{json.loads(body)['previous']}.json"


def decide_known(entry: CatalogEntry, fact: Fact, now: datetime, by: Actor) -> CatalogEntry:
    if isinstance(fact, Archived | Released) and not entry.chunks:
        return entry
    return decide(entry, fact, now, by).entry


# What is owed


def with_trail(entry: CatalogEntry, what: str, at: datetime = NOW) -> CatalogEntry:
    return changed_recording(entry, trail=Trail(unwritten=(Act(at, what, APP),)))


CLOSED = entry_of(chunk(0, C.RELEASED), completed_at=NOW)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (with_trail(CLOSED, "Completed"), DUE),
        (with_trail(CLOSED, "Looked", NOW + 30 * DAY), NOW + 30 * DAY + timedelta(hours=18)),
        (with_trail(entry_of(chunk(0)), "Archived"), DUE),
        (with_trail(entry_of(state=R.LOST), "Looked"), NOW + timedelta(hours=18)),
        (changed_recording(CLOSED, trail=Trail(3, "ab")), None),
    ],
)
def test_an_act_that_is_not_written_keeps_a_recording_open(entry: CatalogEntry, expected: datetime | None) -> None:
    """It comes behind what may be lost; where its run writes it, in the row that the chunk had."""
    assert expected == open_at(entry)
    assert (expected is not None) == ("1 act of its audit trail" in owed(entry))


@pytest.mark.parametrize(
    ("entry", "what", "is_new"),
    [
        (CLOSED, "Looked", True),
        (CLOSED, "Archived", True),  # a minute of its own
        (entry_of(chunk(0)), "Archived", False),
        (entry_of(chunk(0)), "Looked", False),
        (entry_of(state=R.STARTED), "Paused", False),
    ],
)
def test_the_row_is_new_only_if_nothing_but_acts_is_owed(entry: CatalogEntry, what: str, *, is_new: bool) -> None:
    """A new row says that the work goes on: who looks again and again would hide that a message is lost."""
    before = with_opening(None, entry)
    after = with_opening(before, replace(before, recording=with_trail(before, what).recording))

    assert (before.recording.opening.number + is_new) == after.recording.opening.number


def test_what_cannot_be_written_for_long_is_for_a_person() -> None:
    """Once they were warned, and nothing is more urgent."""
    late = with_trail(CLOSED, "Completed")
    assert ToDo.NOTHING is to_do(late)
    assert ToDo.CHECK_TRAIL is to_do(changed_recording(late, warned=("trail",)))
    assert ToDo.NOTHING is to_do(changed_recording(CLOSED, warned=("trail",)))
