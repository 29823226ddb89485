"""Replays what did not reach the app: dead letters, and events of the journal that nobody acted upon."""

from dataclasses import asdict, dataclass

from recording import log
from recording.watch.dead_letters import DeadLetters
from recording.watch.journal_check import JournalCheck
from recording.watch.replayed import Replayed


@dataclass(frozen=True, slots=True)
class Replaying:
    """Both passes. Either runs although the other fails."""

    dead_letters: DeadLetters
    journal: JournalCheck

    def replay(self, until: float) -> Replayed:
        """Replay until that moment of the monotonic clock; a later call goes on. Safe twice and at once.

        Raises:
            Transient: a part of it could not be done; a later call does it.
        """
        failure: Exception | None = None
        result = Replayed()
        for find in (self.dead_letters.replay, self.journal.replay):
            try:
                result += find(until)
            except Exception as error:  # noqa: BLE001 - not even a bug in one may stop the other
                failure = failure or error
        if result != Replayed():
            log.event("sweep.replayed", asdict(result))
        if failure is not None:
            raise failure
        return result
