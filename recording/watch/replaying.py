"""Replays what did not reach the app: dead letters, and events of the journal that nobody acted upon."""

from collections.abc import Callable
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
    monotonic: Callable[[], float]

    def replay(self, seconds: float) -> Replayed:
        """Replay for so long; a later call goes on. Safe twice and at once.

        Dead letters get the first half: however many there are, the journal has its turn.

        Raises:
            Transient: a part of it could not be done; a later call does it.
        """
        failure: Exception | None = None
        result = Replayed()
        begun = self.monotonic()
        for find, share in ((self.dead_letters.replay, 0.5), (self.journal.replay, 1.0)):
            try:
                result += find(begun + share * seconds)
            except Exception as error:  # noqa: BLE001 - not even a bug in one may stop the other
                failure = failure or error
        if result != Replayed():
            log.event("sweep.replayed", asdict(result))
        if failure is not None:
            raise failure
        return result
