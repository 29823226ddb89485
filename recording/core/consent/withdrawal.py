"""What a withdrawal of consent still has to do to its recording."""

from recording.core.model import RUNNING, Recording, RecordingState, Withdrawal


def withdrawal_owed(recording: Recording) -> Withdrawal | None:
    """Whether the recording is to be stopped or paused because consent was withdrawn; None if nothing is to be done."""
    if recording.withdrawn is None or recording.state not in RUNNING:
        return None
    wanted = recording.consent.on_withdrawal if recording.consent is not None else Withdrawal.STOP
    if wanted is Withdrawal.PAUSE and recording.state is RecordingState.PAUSED:
        return None
    return wanted
