"""Two events of a call at one moment, whose rules want different outputs: one recording, however they interleave."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import wraps

import pytest
from greenlet import getcurrent, greenlet
from hypothesis import example, given
from hypothesis import strategies as st

from recording.calls.answering import Answering
from recording.calls.claims import asked_by_event
from recording.core.consent import Wanted
from recording.core.errors import CallNotReady
from recording.core.model import APP, CallEvent, ConsentEvidence, ConsentKind, Output, RecordingId
from recording.core.outputs import VALID
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


class Rivals:
    """Events of one call, each under a rule with an output of its own. Who is told to come again comes again."""

    def __init__(self, *outputs: Output, consented: Output | None = None) -> None:
        """`consented`: the event of that output has a consent, which is granted."""
        self.desk, self._consented = Desk(), consented
        self._evidence = ConsentEvidence(ConsentKind.ANNOUNCED, "", self.desk.now())
        self.call = self.desk.calls.add_call()
        self.events = [(self.desk.event(self.call), output) for output in outputs]
        self.owed = list(self.events)
        self.answers: list[RecordingId] = []
        self._orders = [self.desk.starting.ordering.for_event(event).order for event, _ in self.events]
        self._turns = Turns((self.desk.catalog, ("find_claim", "claim", "settle")), (self.desk.calls, ("start",)))

    def start(self, event: CallEvent, output: Output) -> None:
        """One delivery."""
        starting = self.desk.starting
        decided = starting.ordering.for_event(event)
        try:
            if output == self._consented:
                wanted = Wanted(asked_by_event(event), APP, replace(self._orders[0], output=output), event=event)
                self.answers.append(starting.start_consented(wanted, self._evidence))
                return
            decided = decided._replace(order=replace(decided.order, output=output))
            self.answers.append(starting.start_for_call(event, decided, by=APP))
        except CallNotReady:
            self.owed.append((event, output))

    def come(self, schedule: list[int]) -> None:
        """All that are owed, at once."""
        now = [self.owed.pop() for _ in tuple(self.owed)]
        acts = [lambda one=one: self.start(*one) for one in now]
        self._turns.run(acts, [at for at in schedule if at < len(now)])  # type: ignore[arg-type]

    def end(self) -> None:
        """They come one after another; each is answered with the one recording."""
        for _ in range(3):
            self.come([])
        assert [] == self.owed
        assert 1 == len(self.call.recordings)
        assert set(self.call.recordings) == set(self.answers)


_SCHEDULES = st.lists(st.lists(st.integers(0, 2), max_size=40), min_size=1, max_size=3)


@given(schedules=_SCHEDULES, is_established=st.booleans())
def test_two_events_of_a_call_with_rules_of_different_outputs_start_one_recording(
    *, schedules: list[list[int]], is_established: bool
) -> None:
    """Also if those that gave way, or that the service refused before the call was established, come again at once."""
    rivals = Rivals(WAV, MP3)
    rivals.call.established = is_established
    for schedule in schedules:
        rivals.come(schedule)
        rivals.call.established = True
    rivals.end()


_LOOKS = len(VALID) - 1
"""Requests that find whether another output is claimed."""
_TAKEN_BACK = [
    *[1] * (_LOOKS + 1),  # the other event finds no claim
    *[0] * (_LOOKS + 2),  # the first claims
    *[2] * (2 * _LOOKS + 2),  # its second delivery finds that claim, and no other
    1,  # the other event claims
    *[0] * (_LOOKS + 3),  # the first finds that, and gives way
    *[1] * (_LOOKS + 3),
]


@pytest.mark.parametrize("consented", [None, WAV])
@given(schedules=_SCHEDULES)
@example(schedules=[_TAKEN_BACK])
def test_so_they_do_if_one_of_them_is_delivered_twice(consented: Output | None, schedules: list[list[int]]) -> None:
    """Or two workers drive its consent: what these start has one request id, as it was decided when that began."""
    rivals = Rivals(WAV, MP3, consented=consented)
    rivals.owed.append(rivals.events[0])
    for schedule in schedules:
        rivals.come(schedule)
    rivals.end()


@pytest.mark.parametrize("consented", [None, WAV])
@pytest.mark.parametrize("doubled", [False, True])
@pytest.mark.parametrize("steps", range(1, 8))
def test_in_step_they_start_one_recording_however_often_they_come(
    *, steps: int, doubled: bool, consented: Output | None
) -> None:
    """By so many requests at a time, in each of three rounds."""
    rivals = Rivals(WAV, MP3, consented=consented)
    rivals.owed += rivals.events[:1] * doubled
    for _ in range(3):
        rivals.come([at for at in range(len(rivals.owed)) for _ in range(steps)] * 20)
    rivals.end()


def test_events_that_gave_way_are_owed_an_answer_until_they_come_again() -> None:
    """The service was asked for neither: were their retries lost, a person has to be told."""
    rivals = Rivals(WAV, MP3)
    rivals.come([0, 1] * 20)
    answering = Answering(rivals.desk.starting.updates, rivals.desk.calls)
    assert 2 == len(rivals.owed)

    assert [False, False] == [answering.has_answer(event) for event, _ in rivals.events]


def test_events_after_the_end_of_a_recording_start_one_anew() -> None:
    """Though a claim of before is there, which is replaced."""
    for steps in range(1, 8):
        rivals = Rivals(WAV)
        rivals.come([])
        rivals.desk.controlling.stop(rivals.answers.pop(), by=APP)
        rivals.call.recordings.clear()
        rivals.desk.wait(timedelta(hours=1))
        rivals.owed = [(rivals.desk.event(rivals.call), output) for output in (WAV, MP3)]
        for _ in range(3):
            rivals.come([at for at in range(2) for _ in range(steps)] * 20)
        rivals.end()
