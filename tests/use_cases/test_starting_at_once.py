"""Events of a call at one moment, whose rules want different outputs: one recording, however they interleave."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, wraps

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

    def run(self, acts: Sequence[Callable[[], None]], schedule: list[int]) -> None:
        """Run all to their ends; those that the schedule leaves over one after the other."""
        tasks = [greenlet(act) for act in acts]
        for at in schedule:
            if not tasks[at].dead:
                tasks[at].switch()
        for task in tasks:
            while not task.dead:
                task.switch()


_SCHEDULE = st.lists(st.integers(0, 2), max_size=30)


@given(
    outputs=st.sampled_from([(WAV, MP3), (WAV, MP3, WAV)]),
    is_established=st.booleans(),
    schedules=st.tuples(_SCHEDULE, _SCHEDULE, _SCHEDULE),
)
def test_events_of_a_call_with_rules_of_different_outputs_start_one_recording(
    *, outputs: tuple[Output, ...], is_established: bool, schedules: tuple[list[int], ...]
) -> None:
    """Who is told to come again comes again, at the same moment as the others, and is answered with what one started.

    Before the call is established the service refuses each, so that all come again with claims that stand already.
    """
    desk = Desk()
    call = desk.calls.add_call(established=is_established)
    answers: list[RecordingId] = []
    owed: list[tuple[CallEvent, Output]] = [(desk.event(call), output) for output in outputs]

    def start(event: CallEvent, output: Output) -> None:
        decided = desk.starting.ordering.for_event(event)
        try:
            decided = decided._replace(order=replace(decided.order, output=output))
            answers.append(desk.starting.start_for_call(event, decided, by=APP))
        except CallNotReady:
            owed.append((event, output))

    turns = Turns((desk.catalog, ("find_claim", "claim", "settle")), (desk.calls, ("start",)))
    for schedule in (*schedules, [], []):
        come = [partial(start, *owed.pop()) for _ in tuple(owed)]
        turns.run(come, [at for at in schedule if at < len(come)])
        call.established = True

    assert [] == owed
    assert [*call.recordings] * len(outputs) == answers
