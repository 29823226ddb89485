"""What an export is of, the rule for others' voices, and what follows from it for a chunk."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from recording.core.lifecycle import Exported
from recording.core.model import Channel, Chunk, ChunkState, Format, Output, RecordingId, Trail
from recording.core.records.packing import Absent

MOST_RECORDINGS = 10_000
"""Recordings of one package."""
DAMAGED = "is not what its proof says: it was changed, cut or removed in the archive; nothing of it is packed"
NO_SUCH = "the catalog does not know it"
ERASED = "it was erased"


class Rule(StrEnum):
    """What of others' voices goes with a person's."""

    WHOLE = "whole"
    """Recordings as they are, with everybody in them."""
    OWN_CHANNEL = "own-channel"
    """Only the channels of the person, of recordings that have a channel for each."""
    METADATA_ONLY = "metadata-only"
    """No media."""


class Outcome(StrEnum):
    """What became of a recording in an export."""

    COMPLETE = "complete"
    PARTLY = "partly"
    """Something of it is left out, with the reason."""
    DAMAGED = "damaged"
    """Something of it in the archive is not what its proof says."""
    ABSENT = "absent"
    """Nothing of it is in the package."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose recordings: by the customer's own key, or by a raw id of the service; nothing shows either.

    `raw_ids`: what the key stood for when it was asked for; what is saved of the key later may be of somebody else.
    """

    key: str = field(default="", repr=False)
    raw_id: str = field(default="", repr=False)
    raw_ids: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Days:
    """Recordings that were first known on these days (UTC), as far as they fit the filters of a search."""

    first: date
    last: date
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an export is of: exactly one of a person, days, and recording ids.

    Attributes:
        purpose: for what, in the words of whoever asked.
        rule: for others' voices.
    """

    purpose: str
    rule: Rule = Rule.WHOLE
    person: Person | None = None
    days: Days | None = None
    recording_ids: tuple[RecordingId, ...] = ()


@dataclass(frozen=True, slots=True)
class Channels:
    """What a metadata file says of the channels of its chunk, as far as an export may rely on it.

    Attributes:
        given: of those who have a channel, whether it is the person, and which it is.
        count: the channels of the audio.
        notes: doubts about the participants in it.
        has_others: whether it names somebody without a channel.
    """

    given: tuple[tuple[bool, int], ...] = ()
    count: int | None = None
    notes: tuple[str, ...] = ()
    has_others: bool = False


def kind_of(wanted: Wanted) -> str:
    """What it is an export of; a person is not named."""
    if wanted.person is not None:
        return "a person"
    if wanted.days is None:
        return "recordings by their ids"
    return "a call" if "call" in wanted.days.filters else "a search"


def why_not_at_all(chunk: Chunk) -> str:
    """Why the media of a chunk is not in the archive; empty if it is."""
    if chunk.is_proven:
        return ""
    if chunk.state is ChunkState.LOST:
        return "it is lost: the service had no copy any more, or a person has given it up"
    if chunk.state is ChunkState.QUARANTINED:
        return "it is in doubt, and kept apart until it is decided about"
    return "it is not archived yet"


def why_held_back(rule: Rule, output: Output | None) -> str:
    """Why the media of a recording is held back under this rule, whoever is in it; empty if it is not."""
    if rule is Rule.METADATA_ONLY:
        return "the export is of metadata alone"
    if rule is Rule.OWN_CHANNEL and output is None:
        return "which output it is is not known: others' voices cannot be left out"
    if rule is Rule.OWN_CHANNEL and output is not None:
        if output.channel is not Channel.UNMIXED:
            return "its audio is mixed: others' voices cannot be left out"
        if output.format is not Format.WAV:
            return f"it is {output.format}: a channel of it cannot be taken out"
    return ""


def own_channels(said: Channels, count: int) -> tuple[int, ...] | str:
    """The person's channels in a chunk, from 0; or why they cannot be told from those of others.

    The service does not say whether it counts channels from 0 or from 1. So one of the two must be certain by the
    numbers that are used: whoever guesses gives somebody else's voice away.

    Args:
        said: by the chunk's metadata file.
        count: channels that the media has.
    """
    first = first_channel({channel for _, channel in said.given}, count)
    if why := _why_uncertain(said, count, first):
        return why
    mine = {channel for is_own, channel in said.given if is_own}
    others = {channel for is_own, channel in said.given if not is_own}
    if not mine:
        return "no channel of it is the person's"
    if mine & others:
        return "somebody else is on the person's channel"
    return tuple(sorted(channel - (first or 0) for channel in mine))


def _why_uncertain(said: Channels, count: int, first: int | None) -> str:
    """Why it is not certain whose channel is which; empty if it is."""
    if said.notes:
        return "its metadata file is in doubt: whose channel is which is not certain"
    if said.has_others:
        return "its metadata file does not say for everybody which channel they are on"
    if said.count not in {None, count}:
        return f"its metadata file names {said.count} channels, and it has {count}"
    return "whether its channels are counted from 0 or from 1 is not certain" if first is None else ""


def first_channel(used: Collection[int], count: int) -> int | None:
    """The number of the first of so many channels, by the numbers that are used; None if two are possible, or none."""
    if not used or max(used) > count:
        return None
    if 0 in used:
        return 0 if max(used) < count else None
    return 1 if max(used) == count else None


def outcome(absent: Sequence[Absent], *, is_something_packed: bool) -> Outcome:
    """What became of a recording."""
    if any(one.is_damaged for one in absent):
        return Outcome.DAMAGED
    if not is_something_packed:
        return Outcome.ABSENT
    return Outcome.PARTLY if absent else Outcome.COMPLETE


def is_noted(trail: Trail, export_id: str) -> bool:
    """Whether one of the last acts of a recording says that it is in the package of this export."""
    acts = (trail.last, *trail.unwritten)
    return any(act and act.what == Exported.__name__ and ("export", export_id) in act.details for act in acts)
