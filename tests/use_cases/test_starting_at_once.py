"""Two events of a call at one moment, whose rules want different outputs: one recording, however they interleave."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from greenlet import getcurrent, greenlet
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import CallNotReady
from recording.core.model import APP, CallEvent, Output, RecordingId
from tests.use_cases.desks import MP3, WAV, Desk


class Turns:
    """Runs acts in turns: each goes on up to its next request, whenever `schedule` names it."""

    def __init__(self, *ports: tuple[object, tuple[str, ...]]) -> None:
        self._hub = getcurrent()
        for port, names in ports:
            for name in names:
                setattr(port, name, self._before(getattr(port, name)))

    def _before[**P, T](self, method: Callable[P, T]) -> Callable[P, T]:
        @wraps(method)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            if getcurrent() is not self._hub:
                self._hub.switch()
            return method(*args, **kwargs)

        return call

    def run(self, acts: list[Callable[[], None]], schedule: list[int]) -> None:
        """Run all to their ends; those that the schedule leaves over one after the other."""
        tasks = [greenlet(act) for act in acts]
        for at in schedule:
            if not tasks[at].dead:
                tasks[at].switch()
        for task in tasks:
            while not task.dead:
                task.switch()


@given(st.lists(st.integers(0, 1), max_size=30))
def test_two_events_of_a_call_with_rules_of_different_outputs_start_one_recording(schedule: list[int]) -> None:
    """Who is told to come again comes again, and is answered with the recording of the other."""
    desk = Desk()
    call = desk.calls.add_call()
    answers: list[RecordingId] = []
    owed: list[tuple[CallEvent, Output]] = [(desk.event(call), output) for output in (WAV, MP3)]

    def start(event: CallEvent, output: Output) -> None:
        decided = desk.starting.ordering.for_event(event)
        try:
            decided = decided._replace(order=replace(decided.order, output=output))
            answers.append(desk.starting.start_for_call(event, decided, by=APP))
        except CallNotReady:
            owed.append((event, output))

    turns = Turns((desk.catalog, ("find_claim", "claim", "settle")), (desk.calls, ("start",)))
    turns.run([lambda one=one: start(*one) for one in (owed.pop(), owed.pop())], schedule)  # type: ignore[misc]
    for _ in range(2):
        for event, output in [owed.pop() for _ in tuple(owed)]:
            start(event, output)

    assert [] == owed
    assert [*call.recordings, *call.recordings] == answers
