"""Who was recorded, as far as it can be doubted. No note holds anyone's id."""

from collections import Counter
from collections.abc import Sequence

from recording.core.formats.metadata.meaning import Participant
from recording.core.model import Channel, Output


def doubts_about(participants: Sequence[Participant], output: Output | None, channels: int | None) -> list[str]:
    """Note what the list of participants leaves open: the export of their data goes by it."""
    if not participants:
        return ["participants in the metadata file names no one"]
    notes: list[str] = []
    given = {(person.channel, person.participant_id) for person in participants if person.channel is not None}
    is_mixed = output is not None and output.channel is Channel.MIXED
    shared = [channel for channel, people in Counter(channel for channel, _ in given).items() if people > 1]
    if shared and not is_mixed:
        notes.append(f"participants in the metadata file has several on one channel, {len(shared)} times")
    if channels is None:
        return notes
    # Whether they count from 0 or from 1 is documented nowhere.
    used = {channel for channel, _ in given}
    last = channels - 1 if 0 in used else channels
    if beyond := [channel for channel in used if channel > last]:
        notes.append(f"participants in the metadata file has channel {max(beyond)}, of {channels}")
    people = len({person.participant_id for person in participants})
    if output is not None and output.channel is Channel.UNMIXED and people > channels:
        notes.append(f"participants in the metadata file has {people} on {channels} channels")
    return notes
