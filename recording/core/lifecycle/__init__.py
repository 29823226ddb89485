"""What a fact means in every state, and what is done next. This page is the theory; the modules below follow it.

**The entry.** The catalog holds one entry for each recording: a `Recording` and its `Chunk`s, as frozen values. An
entry changes by facts alone: `decide(entry, fact, now)` returns the entry after the fact, and `CatalogUpdates.apply`
saves it on the condition that nobody has saved another since; on a conflict the entry is read and the fact decided
anew. Nothing here reads a clock, waits, or does I/O.

**States.** A chunk is in one of six states:

- ANNOUNCED: an event has named it; it is to be copied.
- ARCHIVED: a copy in the archive is verified; its metadata file or its release is still owed.
- RELEASED: closed. The source was deleted, on a proof.
- KEPT: closed. A copy is verified, and the source was left alone on purpose, or had ended by itself. Or the media was
  verified in the native container into which the service has written it.
- QUARANTINED: in doubt. The source is left alone and looked at again at `look_at`; without a `look_at` the chunk is
  closed, and a person decides about the copy that stands apart, or about one in the overflow that cannot be brought
  home. If the person accepts the copy that stands apart (`is_accepted`), it is copied into the archive.
- LOST: closed. The source has ended, and there is no copy.

ARCHIVED, RELEASED and KEPT are the proven states (`PROVEN`): in exactly these a chunk has a `proof`. A `Chunk` that
breaks this, or another of its promises, cannot be made. The state of a recording moves by the facts about it (`Paused`,
`Resumed`, `Stopped`, `Denied`, `Missed`, `NeverCame`) until the first file event; from then on it is computed from the
states of the chunks. A recording that is over without a file event is STOPPED, then MISSING, and LOST at last; one
that cannot have a file, as it was never resumed or its start failed, is EMPTY, unless a file event comes. That it
is over may be said by the service alone (`Denied`): two such answers are needed, some minutes apart, and one that says
that it records (`Checked`) takes them back, whatever state they have led to.

**Erasure.** `ErasureBegun` leads from every state in which nothing is open (`why_not_erased`) to ERASED, from which
nothing leads. From then on each fact is refused and noted in the history: an event, a replay, a decision, a copy. Once
nothing is left in any container, `Erased` takes away all of the entry but ids, times, trail, and that it was erased.

**While it runs.** The entry keeps each pause with who began and ended it. An order is noted before it is sent
(`Ordered`), as the service may tell of the change before it answers. A callback is never believed: where it contradicts
the entry (`contradicts`) the service is asked. If that says that the recording is paused, and nobody here has ordered
it, the pause is one by OUTSIDE, and a person is told (INTERRUPTED); likewise if it is over while its call goes on
(`Interrupted`). A recording that was started in its place names it (`Joined`), and the other way round (`Continued`).

**Facts.** A fact is something that has happened: an event was read, a copy was verified, a try failed. Its name is a
past participle, its fields are what was seen. A `ChunkFact` is about one chunk of an entry, and `CHUNK_TRANSITIONS`
says which state it leads to from each state. A `RecordingFact` is about the recording, or, for `Announced`, about
several chunks.

**No fact is refused.** When a fact is decided, it is true already: the blob is committed, the source is deleted. To
refuse it would not undo it; the catalog would be wrong, and the step that saw it would run again and see it again.
Besides, every step may run twice, on two workers at the same time, and its message may come late. So each fact has a
meaning in each state, and no cell of the table is empty. For a late fact the meaning is often that nothing changes. A
fact that cannot be true in a state, such as the release of a chunk without a proof, changes nothing and raises the
alarm IMPOSSIBLE. To decide a fact twice is the same as once, except that `Failed`, `Quarantined` and `Expired` count
tries and failures. Only a fact about a recording or a chunk that the entry does not have is an error (`KeyError`): a
mistake in the program.

**How belief is revised.** An announcement tells where a chunk is, and may be wrong. Each different one is a candidate
of the chunk: Event Grid's before those that came with the function key, then the newest first. They are tried in turn
until the bytes of one are verified. Three rules decide what may change what:

1. A proof is not withdrawn for a later announcement or a doubt. It is withdrawn in three cases: the archive no longer
   holds the copy (`Damaged`) while it can be made anew; metadata that came after the proof contradicts the media
   (`Disputed`); Event Grid announces a chunk otherwise than the function key, by which alone it was proven; if it does
   so during the copy, that copy becomes no proof. Each raises an alarm. Any other announcement that contradicts a proof
   is noted and alerted as a CONFLICT, and changes nothing else.
2. Nothing is given up while the source may live. `due` is the earliest and `gone_by` the latest moment at which it may
   end. Before `gone_by` a failure or a doubt has a next look. Only facts of after `gone_by` lead to LOST: `Expired`,
   and `Quarantined` without a next look; and neither does where a copy stands apart, which is left to a person, or in
   the overflow, which is brought home; one that cannot be is left to a person too. What an event says to be in a native
   container has no end: after `gone_by` it is left to a person. Even a LOST chunk becomes ANNOUNCED
   when it is announced again, and ARCHIVED when the copy of another try proves to be right.
3. What ends without a whole archive is told to a person.
4. A person's decision (`Decided`, `GivenUp`) outweighs what was found. It is kept in the history, with name and reason.

A recording is complete once its manifest is written (`Completed`). If a chunk opens again after that, or what the
recording lacks becomes another, `completed_at` is cleared and `revision` goes up by one: another manifest is owed.

**Alerts.** An `Alert` is an alarm, a reason, and the chunk that it concerns. `decide` adds it to `Recording.untold`
when the change happens that calls for it, so it is saved with that change. After the save, `CatalogUpdates.tell`
publishes it, at least once, and `Told` removes it.

**What is done next.** `next_step(entry, document_id, now)` computes it from the entry, and no other place decides it.
It is not stored, so it cannot be out of date. For a chunk, the first that applies:

- it is closed: `CompleteRecording` if the recording owes a manifest, `LookAgain` if it will at a known moment, else
  `Done`;
- its next look is in the future: `LookAgain`;
- a person has accepted the copy that stands apart: `AcceptCopy`;
- it is not proven: `CopyChunk`, with the candidate whose turn it is; or `ProveInPlace`, if the service has written
  that one into a native container;
- a copy of it is in the overflow, and the archive has all that it has, or no more is awaited: `RemoveOverflow`;
- its metadata file is owed, and the source had not ended before the copy was verified: `ArchiveMetadata`;
- else: `ReleaseChunk`.

A worker does the step, applies the fact that comes of it, and asks again. Where the last release of a recording leads
to its completion at once, both facts are saved together (`decide_all`). `Decision.steps` names the chunks for which a
message is to be queued; only `Announced` and `Decided` name any.

**Open work.** `open_at(entry)` is by when the entry needs attention, and None if it owes nothing. Each entry that owes
something has a row in the table of open work. `CatalogUpdates` writes it before it saves the entry, and removes it
after it has saved that nothing is owed. So an event, a message or a worker may be lost: the sweep finds the row.

**To add a fact:** give it a class in `facts` and a place in `ChunkFact` or `RecordingFact`. For a chunk fact, fill its
cell in every state of `tables`, and write in `chunks` what it changes (`_changed`) and whether it alerts (`_alert`);
for a recording fact, in `applying`. Add an example of it to `chunk_facts` in `tests/core/entries_of.py` and its column
to the table in `tests/core/test_lifecycle.py`, which fails until both tables agree.

**To add a state of a chunk:** give it a member in `ChunkState`, a row in `tables` and in that test, and decide: is it
proven (`PROVEN`), is it closed (`_CLOSED` in `model.chunk`), what must a chunk in it have (`Chunk.__post_init__`), what
state has a recording with such a chunk (`_state_of` in `changes`), what does the recording lack (`wholeness`), and what
is done next (`next_step`). A new field or value is stored in the catalog: raise `SCHEMA` in
`recording/adapters/rows.py`.

**To add an alarm:** give it a member in `Alarm`, and an event name in `core/formats/notifications.py`.
"""

from recording.core.lifecycle.applying import CONFIRMED_AFTER, Decision, decide, decide_all, makes_entry
from recording.core.lifecycle.candidates import located
from recording.core.lifecycle.changes import with_chunks, with_state
from recording.core.lifecycle.chunks import was_left_in_overflow
from recording.core.lifecycle.erasing import is_made_by_its_tombstone, why_not_erased
from recording.core.lifecycle.facts import (
    Announced,
    Announcement,
    Archived,
    Checked,
    ChunkFact,
    Compared,
    Completed,
    Consented,
    ConsentWithdrawn,
    Continued,
    Damaged,
    Decided,
    Denied,
    Disputed,
    Expired,
    Fact,
    Failed,
    FoundBySweep,
    GivenUp,
    Interrupted,
    Joined,
    Kept,
    Looked,
    MetadataArchived,
    Missed,
    NeverCame,
    Ordered,
    OverflowClosed,
    Overflowed,
    ParticipantsSeen,
    Paused,
    Quarantined,
    ReadOn,
    RecordingFact,
    Released,
    Resumed,
    Started,
    StartFailed,
    Stopped,
    Told,
    Warned,
    Written,
)
from recording.core.lifecycle.knowing import known_since, knows_documents, knows_event
from recording.core.lifecycle.next_step import (
    AcceptCopy,
    ArchiveMetadata,
    CompleteRecording,
    CopyChunk,
    Done,
    LookAgain,
    NextStep,
    ProveInPlace,
    ReleaseChunk,
    RemoveOverflow,
    next_step,
)
from recording.core.lifecycle.opening import is_stale, life_of, open_at, with_opening
from recording.core.lifecycle.overflow import not_in_archive
from recording.core.lifecycle.records_facts import (
    EndDecided,
    Erased,
    ErasureBegun,
    Exported,
    Held,
    HoldEnded,
    Rebuilt,
    Rewritten,
    UnlinkBegun,
    Unlinked,
    UnlinkGivenUp,
)
from recording.core.lifecycle.rulings import refusal, refusal_of_giving_up
from recording.core.lifecycle.running import (
    SETTLES,
    contradicts,
    is_paused,
    is_paused_by_others,
    is_unasked_end,
    may_record,
    may_revive,
    paused_by,
    runs,
)
from recording.core.lifecycle.tables import CHUNK_TRANSITIONS, RECORDING_TRANSITIONS
from recording.core.lifecycle.unlinking import has_taken_out, is_unlinking, why_not_unlinked
from recording.core.lifecycle.wholeness import completion_at, doubts_about_whole, lacks
from recording.core.lifecycle.withdrawal import withdrawal_owed

__all__ = [
    "CHUNK_TRANSITIONS",
    "CONFIRMED_AFTER",
    "RECORDING_TRANSITIONS",
    "SETTLES",
    "AcceptCopy",
    "Announced",
    "Announcement",
    "ArchiveMetadata",
    "Archived",
    "Checked",
    "ChunkFact",
    "Compared",
    "CompleteRecording",
    "Completed",
    "ConsentWithdrawn",
    "Consented",
    "Continued",
    "CopyChunk",
    "Damaged",
    "Decided",
    "Decision",
    "Denied",
    "Disputed",
    "Done",
    "EndDecided",
    "Erased",
    "ErasureBegun",
    "Expired",
    "Exported",
    "Fact",
    "Failed",
    "FoundBySweep",
    "GivenUp",
    "Held",
    "HoldEnded",
    "Interrupted",
    "Joined",
    "Kept",
    "LookAgain",
    "Looked",
    "MetadataArchived",
    "Missed",
    "NeverCame",
    "NextStep",
    "Ordered",
    "OverflowClosed",
    "Overflowed",
    "ParticipantsSeen",
    "Paused",
    "ProveInPlace",
    "Quarantined",
    "ReadOn",
    "Rebuilt",
    "RecordingFact",
    "ReleaseChunk",
    "Released",
    "RemoveOverflow",
    "Resumed",
    "Rewritten",
    "StartFailed",
    "Started",
    "Stopped",
    "Told",
    "UnlinkBegun",
    "UnlinkGivenUp",
    "Unlinked",
    "Warned",
    "Written",
    "completion_at",
    "contradicts",
    "decide",
    "decide_all",
    "doubts_about_whole",
    "has_taken_out",
    "is_made_by_its_tombstone",
    "is_paused",
    "is_paused_by_others",
    "is_stale",
    "is_unasked_end",
    "is_unlinking",
    "known_since",
    "knows_documents",
    "knows_event",
    "lacks",
    "life_of",
    "located",
    "makes_entry",
    "may_record",
    "may_revive",
    "next_step",
    "not_in_archive",
    "open_at",
    "paused_by",
    "refusal",
    "refusal_of_giving_up",
    "runs",
    "was_left_in_overflow",
    "why_not_erased",
    "why_not_unlinked",
    "with_chunks",
    "with_opening",
    "with_state",
    "withdrawal_owed",
]
