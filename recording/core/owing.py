"""What a recording owes, and what a person is to do about it, in words for people. Nothing is decided by it."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from recording.core.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveRefused,
    CopyInTheWay,
    CopyLost,
    ForeignBlocks,
    ServiceRefused,
    SourceRefused,
    SourceUnreachable,
)
from recording.core.lifecycle import completion_at, lacks, refusal_of_giving_up
from recording.core.model import (
    MESSAGE_GIVEN_UP,
    RUNNING,
    CatalogEntry,
    Chunk,
    ChunkState,
    Failure,
    Recording,
    RecordingState,
    Subject,
)
from recording.core.trail import LATE

WAITING_FOR_PEOPLE = frozenset(
    {RecordingState.QUARANTINED, RecordingState.INCOMPLETE, RecordingState.MISSING, RecordingState.LOST}
)
"""The states in which a recording may stay unless a person does something."""


class ToDo(StrEnum):
    """What a person is to do."""

    NOTHING = "nothing: it goes on by itself"
    DECIDE = "decide about the chunk that is in doubt: retry, accept or give-up"
    WAIT_OR_DECIDE = "nothing, or decide: the chunk that is in doubt is looked at again by itself"
    RECORD_AGAIN = "if its call goes on, start another recording of it"
    FIND_EVENT = "find its file event and hand it in"
    MEND_EVENT = "mend its file event, which the journal has, and hand it in"
    MEND_OR_GIVE_UP = "mend the event that was handed in, and hand it in again; or give the recording up"
    FIND_CHUNKS = "find the file event of what it lacks and hand it in"
    CHECK_STORAGE = "check the storage account: its keys and roles, its network, its limits"
    REPAIR_COPY = (
        "restore the copy in the second account, or move away what has its name in the archive; then decide: retry or"
        " give-up"
    )
    CHECK_NATIVE = (
        "check the native container: whether it has the blob that the event names, and whether the app may read it;"
        " then decide: retry or give-up"
    )
    CHECK_APP = "check why runs of the app are killed or do not begin: its log, memory and settings; then retry"
    CHECK_TRAIL = "check the container of the audit trails: its rights, and by GET .../trail/verify what stands in it"
    CHECK_SOURCE = "check the access to the Communication Services resource: its keys and roles, the network"


_BY_CODE: Mapping[str, ToDo] = {
    **{error.code: ToDo.CHECK_STORAGE for error in (ArchiveBusy, ArchiveDamaged, ArchiveRefused, ForeignBlocks)},
    **{error.code: ToDo.REPAIR_COPY for error in (CopyInTheWay, CopyLost)},
    MESSAGE_GIVEN_UP: ToDo.CHECK_APP,
    **{error.code: ToDo.CHECK_SOURCE for error in (ServiceRefused, SourceRefused, SourceUnreachable)},
}
"""By the error of the last try."""
_FEW = 3
"""A person need not react to fewer failed tries in a row: most causes pass by themselves."""
_WITHOUT_CHUNK: Mapping[RecordingState, str] = {
    RecordingState.STARTED: "its end",
    RecordingState.PAUSED: "its end",
    RecordingState.STOPPED: "its file event",
    RecordingState.MISSING: "its file event",
    RecordingState.ANNOUNCED: "a file event that can be read",
}

_WITHOUT_EVENT: Mapping[RecordingState, ToDo] = {
    RecordingState.MISSING: ToDo.FIND_EVENT,
    RecordingState.ANNOUNCED: ToDo.MEND_EVENT,
}
"""What is to be done for a recording without a chunk."""


def owed(entry: CatalogEntry) -> tuple[str, ...]:
    """Everything that is not done, the steps of each chunk first; empty if nothing is."""
    recording = entry.recording
    acts = len(recording.trail.unwritten)
    return (
        *_owed(entry),
        *(f"the publication of an alert: {alert.alarm}" for alert in recording.untold),
        *([f"{acts} {'act' if acts == 1 else 'acts'} of its audit trail"] if acts else []),
    )


def lacking(chunk: Chunk) -> tuple[Subject, ...]:
    """Which of the chunk's two blobs, media and metadata file, are not in the archive."""
    has_metadata = chunk.announced.metadata_location is None or bool(chunk.proof and chunk.proof.metadata)
    return (*([] if chunk.is_proven else [Subject.MEDIA]), *([] if has_metadata else [Subject.METADATA]))


def last_error(entry: CatalogEntry) -> str:
    """The doubts about the first chunk that is in doubt, and the last failed try; empty if nothing is wrong.

    Each with its chunk, and the try with the code of its error.
    """
    doubted = next((chunk for chunk in _waiting(entry) if chunk.doubts), None)
    doubts = [] if doubted is None else [f"chunk {doubted.index}", "; ".join(doubted.doubts)]
    failed = next(iter(_failed(entry)), None)
    if failed is None:
        return ": ".join(doubts)
    return "; ".join(filter(None, [": ".join(doubts), _in_words(*failed)]))


def most_tries(entry: CatalogEntry) -> int:
    """The most failed tries in a row of what is owed."""
    return max((chunk.tries for chunk in _held_up(entry)), default=0)


def to_do(entry: CatalogEntry) -> ToDo:
    """What a person is to do, the most urgent if it is more than one thing."""
    found = _to_do(entry)
    is_old = bool(entry.recording.trail.unwritten) and LATE in entry.recording.warned
    return ToDo.CHECK_TRAIL if found is ToDo.NOTHING and is_old else found


def _to_do(entry: CatalogEntry) -> ToDo:
    undecided = [chunk for chunk in entry if chunk.is_undecided]
    if undecided:
        return _to_decide(undecided)
    if not entry.chunks:
        return _to_do_without_chunk(entry)
    for chunk, failure in _failed(entry):
        # A message is given up only after its runs have failed often.
        is_lasting = chunk.tries >= _FEW or failure.code == MESSAGE_GIVEN_UP
        if is_lasting and failure.code in _BY_CODE:
            return _BY_CODE[failure.code]
    if not any(_waiting(entry)):
        return ToDo.FIND_CHUNKS if lacks(entry) and _is_manifest_owed(entry) else ToDo.NOTHING
    is_doubted = any(chunk.state is ChunkState.QUARANTINED and not chunk.is_accepted for chunk in entry)
    return ToDo.WAIT_OR_DECIDE if is_doubted else ToDo.NOTHING


def _to_do_without_chunk(entry: CatalogEntry) -> ToDo:
    if entry.recording.unread and not refusal_of_giving_up(entry):
        return ToDo.MEND_OR_GIVE_UP
    if _is_to_be_replaced(entry.recording):
        return ToDo.RECORD_AGAIN
    return _WITHOUT_EVENT.get(entry.recording.state, ToDo.NOTHING)


def _is_to_be_replaced(recording: Recording) -> bool:
    """Whether it does not record although it should, and nothing records its call in its place."""
    is_wrong = recording.interrupted_at is not None or recording.failed_at is not None
    return is_wrong and recording.state in RUNNING and recording.continued_by is None


def _to_decide(undecided: Sequence[Chunk]) -> ToDo:
    if any(chunk.apart for chunk in undecided):
        return ToDo.DECIDE
    return ToDo.REPAIR_COPY if any(chunk.overflow for chunk in undecided) else ToDo.CHECK_NATIVE


def _owed(entry: CatalogEntry) -> Iterator[str]:
    if not entry.chunks:
        yield from filter(None, [_WITHOUT_CHUNK.get(entry.recording.state)])
    elif any(_waiting(entry)):
        yield from map(_owed_of, _waiting(entry))
    elif _is_manifest_owed(entry):
        yield from lacks(entry)
        yield "its manifest"


def _owed_of(chunk: Chunk) -> str:
    if chunk.is_undecided:
        return f"a decision about chunk {chunk.index}"
    return f"{' and '.join(lacking(chunk)) or 'release'} of chunk {chunk.index}"


def _waiting(entry: CatalogEntry) -> Iterator[Chunk]:
    """The chunks that wait for a step or a decision."""
    return (chunk for chunk in entry if not chunk.is_closed or chunk.is_undecided)


def _held_up(entry: CatalogEntry) -> Sequence[Chunk]:
    """The chunks that wait; if none does, and a manifest is owed, those whose runs failed to write it."""
    waiting = tuple(_waiting(entry))
    if waiting or not _is_manifest_owed(entry):
        return waiting
    return tuple(one for one in entry if one.last_failure and one.last_failure.subject is Subject.MANIFEST)


def _is_manifest_owed(entry: CatalogEntry) -> bool:
    return entry.gone_by is not None and completion_at(entry, entry.gone_by) is not None


def _failed(entry: CatalogEntry) -> Sequence[tuple[Chunk, Failure]]:
    """What is held up and has failed since its last progress, with the last failure; the latest first."""
    found = [(one, one.last_failure) for one in _held_up(entry) if one.tries and one.last_failure is not None]
    return sorted(found, key=lambda failed: failed[1].at, reverse=True)


def _in_words(chunk: Chunk, failure: Failure) -> str:
    hint = f" ({failure.hint})" if failure.hint else ""
    of = "manifest" if failure.subject is Subject.MANIFEST else f"chunk {chunk.index}"
    return f"{of}: {failure.operation}: {failure.code}: {failure.cause}{hint}"
