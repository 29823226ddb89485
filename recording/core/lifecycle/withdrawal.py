"""What a withdrawal of consent still has to do to its recording."""

from recording.core.lifecycle.running import is_paused, may_record
from recording.core.model import CatalogEntry, RecordingState, Withdrawal


def withdrawal_owed(entry: CatalogEntry) -> Withdrawal | None:
    """Whether the recording is to be stopped or paused because consent was withdrawn; None if nothing is to be done."""
    recording = entry.recording
    if recording.withdrawn is None or not may_record(entry):
        return None
    wanted = recording.consent.on_withdrawal if recording.consent is not None else Withdrawal.STOP
    if wanted is Withdrawal.STOP or (
        recording.ordered is not None and recording.ordered.state is RecordingState.STOPPED
    ):
        return Withdrawal.STOP
    return None if is_paused(recording) else wanted
