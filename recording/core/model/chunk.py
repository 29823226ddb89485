"""One chunk of a recording: all that is known of it. Combinations of values that cannot be true are refused."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recording.core.model.evidence import AnnouncedChunk, Candidate, Comparison, Failure, PartlyRead, Proof
from recording.core.model.words import PROVEN, BlobName, ChunkState, DocumentId, Door, Place


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a recording: all that is known of it.

    Attributes:
        document_id: the service's id of it.
        name: of its blob in the archive; decided once, at the first announcement.
        candidates: where it may be, the most credible first; never empty.
        due: the earliest moment at which its source may end.
        gone_by: the latest.
        state: see `core.lifecycle`.
        proof: of the copy in the archive; set in the states of `PROVEN`, and only there.
        proven: the candidate whose bytes the proof is of.
        apart: the proof of a copy that is in doubt, in quarantine or in the archive.
        overflow: the proof of a copy in the overflow, made while the archive could not be written; never withdrawn.
        overflow_doubts: what was in doubt about that copy when it was made.
        doubts: why it is in doubt.
        is_accepted: whether a person has accepted the copy that stands apart; it is to be archived.
        compared: how far its source was compared with the copy that is accepted; None before.
        partly_read: how far its blob in a native container was read; None before, and once it is proven.
        is_given_up: whether a person has given it up.
        is_disputed: whether the blob of this name in the archive was proven, and is in doubt since.
        released_at: when the source was deleted.
        kept_reason: why a proven chunk was not released.
        failures: the number of failed tries by error code; a try that was cut off is not a failure.
        last_failure: the last of them.
        tries: failed tries in a row without progress.
        turn: number of the next try in the round through the candidates, see `next_candidate`.
        look_at: when it is looked at again; None means at once, or, in quarantine, never.
        duration: by its metadata file; whether pauses are included is not documented.
        paused: the sum of the pauses by its metadata file.
        notes: doubts that a reader of the manifest should know of.
    """

    document_id: DocumentId
    name: BlobName
    candidates: tuple[Candidate, ...]
    due: datetime
    gone_by: datetime
    state: ChunkState = ChunkState.ANNOUNCED
    proof: Proof | None = None
    proven: Candidate | None = None
    apart: Proof | None = None
    overflow: Proof | None = None
    overflow_doubts: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    is_accepted: bool = False
    compared: Comparison | None = None
    partly_read: PartlyRead | None = None
    is_given_up: bool = False
    is_disputed: bool = False
    released_at: datetime | None = None
    kept_reason: str = ""
    failures: tuple[tuple[str, int], ...] = ()
    last_failure: Failure | None = None
    tries: int = 0
    turn: int = 0
    look_at: datetime | None = None
    duration: timedelta | None = None
    paused: timedelta = timedelta()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a combination of values that cannot be true.

        Raises:
            ValueError: naming each promise that the values break.
        """
        state = self.state
        is_proven = state in PROVEN
        broken = {
            "a chunk has a candidate": not self.candidates,
            "proof and proven candidate go together": (self.proof is None) != (self.proven is None),
            f"a chunk that is {state} has {'a' if is_proven else 'no'} proof": (self.proof is None) == is_proven,
            "a proof is of the archive, or of a native container": self.proof is not None
            and self.proof.place not in {Place.ARCHIVE, Place.NATIVE},
            "a native container has a URL, and only that": any(
                bool(one.container) != (one.place is Place.NATIVE) for one in (self.proof, self.apart) if one
            ),
            "a copy in overflow is there": self.overflow is not None and self.overflow.place is not Place.OVERFLOW,
            "doubts about a copy in overflow belong to one": bool(self.overflow_doubts) and self.overflow is None,
            "a moment of release belongs to a release": (self.released_at is None) == (state is ChunkState.RELEASED),
            "a reason to keep belongs to what is kept": bool(self.kept_reason) != (state is ChunkState.KEPT),
            "a doubt has a reason": not self.doubts and state is ChunkState.QUARANTINED,
            "a doubt has a next look, a copy or a native blob": state is ChunkState.QUARANTINED
            and self.look_at is None
            and self.apart is None
            and self.overflow is None
            and not self.is_native,
            "what a person accepts stands apart, in doubt": self.is_accepted
            and (self.apart is None or state is not ChunkState.QUARANTINED),
            "a source is compared with what is accepted": self.compared is not None and not self.is_accepted,
            "what a person gives up is lost": self.is_given_up and state is not ChunkState.LOST,
            "what is proven is not read any more": self.partly_read is not None and is_proven,
            "what is closed is not looked at": self.look_at is not None and state in _CLOSED,
        }
        if any(broken.values()):
            raise ValueError("; ".join(promise for promise, is_broken in broken.items() if is_broken))

    @property
    def is_proven(self) -> bool:
        """Whether a verified copy is in the archive."""
        return self.state in PROVEN

    @property
    def is_closed(self) -> bool:
        """Whether there is no further step for this chunk; an announcement may open it again."""
        return self.state in _CLOSED or self.is_undecided

    @property
    def is_undecided(self) -> bool:
        """Whether it is in doubt, is not looked at again, and waits for a person."""
        return self.state is ChunkState.QUARANTINED and self.look_at is None and not self.is_accepted

    @property
    def is_native(self) -> bool:
        """Whether an announcement says that the service has written it into a native container.

        Such a blob does not end by itself: it may come, or be found, after `gone_by` too.
        """
        return any(one.is_native for one in self._most_credible)

    @property
    def stays(self) -> bool:
        """Whether nothing of it ends by itself: there is no source to be lost."""
        return self.candidate.stays if self.is_proven else all(one.stays for one in self._most_credible)

    @property
    def _most_credible(self) -> list[Candidate]:
        """Event Grid's candidates; the function key's if there are no others."""
        credible, others = self._by_door()
        return credible or others

    @property
    def is_metadata_owed(self) -> bool:
        """Whether the media is proven and its metadata file is still to be archived."""
        return (
            self.state is ChunkState.ARCHIVED
            and self.proof is not None
            and self.proof.metadata is None
            and self.announced.metadata_location is not None
        )

    @property
    def candidate(self) -> Candidate:
        """The proven candidate; the most credible one while there is none."""
        return self.proven or self.candidates[0]

    @property
    def next_candidate(self) -> Candidate:
        """The candidate of the next try.

        Event Grid's candidates are tried in turn. After each round of them one of the function key's is tried, so that
        whoever has only that key cannot delay the others by more than one try a round.
        """
        credible, others = self._by_door()
        if not credible or not others:
            found = (credible or others)[self.turn % len(credible or others)]
        else:
            round_, place = divmod(self.turn, len(credible) + 1)
            found = credible[place] if place < len(credible) else others[round_ % len(others)]
        return self._with_metadata(found)

    def _with_metadata(self, candidate: Candidate) -> Candidate:
        """The candidate; if it names no metadata file, with the one that Event Grid names for the same content.

        Without it, media that its metadata file contradicts would be archived unchecked.
        """
        one = candidate.announced
        if one.metadata_location is not None:
            return candidate
        places = (
            other.announced.metadata_location
            for other in self.candidates
            if other.door is Door.EVENT_GRID and other.announced.content_location == one.content_location
        )
        found = next((place for place in places if place is not None), None)
        return replace(candidate, announced=replace(one, metadata_location=found))

    @property
    def metadata_candidate(self) -> Candidate:
        """Of the candidates that name the proven media, the one whose metadata file is read in the next try.

        They are tried in turn: the metadata location that was proven with the media may be the wrong one. Others than
        the proven one are Event Grid's only.
        """
        proven = self.announced
        others = (
            other
            for other in self.candidates
            if other.door is Door.EVENT_GRID
            and other.announced.content_location == proven.content_location
            and other.announced.metadata_location not in {None, proven.metadata_location}
        )
        found = (self.candidate, *others)
        return found[self.tries % len(found)]

    @property
    def rounds(self) -> int:
        """The number of rounds through the candidates that have failed."""
        credible, others = self._by_door()
        return self.tries // (len(credible) + 1 if credible and others else len(credible or others))

    def _by_door(self) -> tuple[list[Candidate], list[Candidate]]:
        """Event Grid's candidates, and those of the function key that name another content location."""
        credible = [one for one in self.candidates if one.door is Door.EVENT_GRID]
        named = {one.announced.content_location for one in credible}
        others = (one for one in self.candidates if one.door is Door.FUNCTION_KEY)
        return credible, [one for one in others if one.announced.content_location not in named]

    @property
    def announced(self) -> AnnouncedChunk:
        """What the proven or most credible candidate says of it."""
        return self.candidate.announced

    @property
    def index(self) -> int:
        """The position of this chunk in its recording, from 0."""
        return self.announced.index


_CLOSED = frozenset({ChunkState.RELEASED, ChunkState.KEPT, ChunkState.LOST})
