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
from recording.core.lifecycle import completion_at, lacks
from recording.core.model import CatalogEntry, Chunk, ChunkState, Failure, RecordingState, Subject

WAITING_FOR_PEOPLE = frozenset(
    {RecordingState.QUARANTINED, RecordingState.INCOMPLETE, RecordingState.MISSING, RecordingState.LOST}
)
"""The states in which a recording may stay unless a person does something."""


class ToDo(StrEnum):
    """What a person is to do."""

    NOTHING = "nothing: it goes on by itself"
    DECIDE = "decide about the chunk that is in doubt: retry, accept or give-up"
    WAIT_OR_DECIDE = "nothing, or decide: the chunk that is in doubt is looked at again by itself"
    FIND_EVENT = "find its file event and hand it in"
    MEND_EVENT = "mend its file event, which the journal has, and hand it in"
    FIND_CHUNKS = "find the file event of what it lacks and hand it in"
    CHECK_STORAGE = "check the storage account: its keys and roles, its network, its limits"
    REPAIR_COPY = (
        "restore the copy in the second account, or move away what has its name in the archive; then decide: retry or"
        " give-up"
    )
    CHECK_SOURCE = "check the access to the Communication Services resource: its keys and roles, the network"


_BY_CODE: Mapping[str, ToDo] = {
    **{error.code: ToDo.CHECK_STORAGE for error in (ArchiveBusy, ArchiveDamaged, ArchiveRefused, ForeignBlocks)},
    **{error.code: ToDo.REPAIR_COPY for error in (CopyInTheWay, CopyLost)},
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
    return (*_owed(entry), *(f"the publication of an alert: {alert.alarm}" for alert in entry.recording.untold))


def lacking(chunk: Chunk) -> tuple[Subject, ...]:
    """Which of the chunk's two blobs, media and metadata file, are not in the archive."""
    has_metadata = chunk.announced.metadata_location is None or bool(chunk.proof and chunk.proof.metadata)
    return (*([] if chunk.is_proven else [Subject.MEDIA]), *([] if has_metadata else [Subject.METADATA]))


def last_error(entry: CatalogEntry) -> str:
    """The doubts about the first chunk that is in doubt, and the last failed try; empty if nothing is wrong."""
    doubted = next((chunk for chunk in _waiting(entry) if chunk.doubts), None)
    doubts = [] if doubted is None else [f"chunk {doubted.index}", "; ".join(doubted.doubts)]
    failure = next(iter(_failures(entry, 1)), None)
    if failure is None:
        return ": ".join(doubts)
    hint = f" ({failure.hint})" if failure.hint else ""
    return "; ".join(filter(None, [": ".join(doubts), f"{failure.operation}: {failure.cause}{hint}"]))


def most_tries(entry: CatalogEntry) -> int:
    """The most failed tries in a row of what is owed."""
    return max((chunk.tries for chunk in _held_up(entry)), default=0)


def to_do(entry: CatalogEntry) -> ToDo:
    """What a person is to do, the most urgent if it is more than one thing."""
    undecided = [chunk for chunk in entry if chunk.is_undecided]
    if undecided:
        return ToDo.DECIDE if any(chunk.apart for chunk in undecided) else ToDo.REPAIR_COPY
    if not entry.chunks:
        return _WITHOUT_EVENT.get(entry.recording.state, ToDo.NOTHING)
    for failure in _failures(entry, _FEW):
        if failure.code in _BY_CODE:
            return _BY_CODE[failure.code]
    if not any(_waiting(entry)):
        return ToDo.FIND_CHUNKS if lacks(entry) and _is_manifest_owed(entry) else ToDo.NOTHING
    is_doubted = any(chunk.state is ChunkState.QUARANTINED and not chunk.is_accepted for chunk in entry)
    return ToDo.WAIT_OR_DECIDE if is_doubted else ToDo.NOTHING


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


def _failures(entry: CatalogEntry, tries: int) -> Sequence[Failure]:
    """The last failures of what is held up, of which so many tries in a row have failed, the latest first."""
    found = [chunk.last_failure for chunk in _held_up(entry) if chunk.tries >= tries and chunk.last_failure is not None]
    return sorted(found, key=lambda failure: failure.at, reverse=True)
