"""Who joins a call that is recorded is told even if the event that says so is lost: the sweep looks who is there."""

from datetime import timedelta

import pytest

from recording.core.consent import LateJoiners
from recording.core.errors import ServiceBusy
from recording.core.model import APP, CallConnectionId, ConsentKind
from recording.ports import InCall
from tests.core.consents import terms
from tests.use_cases.asking import ANN, BOB, EVE, AskingWorld, connection_of
from tests.use_cases.test_consent import BY, announced, sweep
from tests.use_cases.test_consent_by_policy import continued


def test_who_joins_without_a_word_is_announced_to() -> None:
    """The evidence says so, and those who heard the prompt before do not hear it at each look."""
    world, call = announced()
    sweep(world)
    assert 1 == len(world.prompts.played)
    world.prompts.people[connection_of(call)].append(EVE)
    sweep(world)
    assert 2 == len(world.prompts.played)
    world.post(world.played(call, world.prompts.played[1]))
    sweep(world)

    evidence = world.catalog.entries[call.recordings[0]].recording.consent
    assert evidence is not None
    assert [2, 1] == [len(operation.who) for operation in evidence.operations]
    assert 2 == len(world.prompts.played)


def test_who_joins_without_a_word_pauses_it_and_who_leaves_so_lets_it_go_on() -> None:
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    seen = []
    for people in ([ANN, BOB, EVE], [ANN, EVE], [ANN]):
        world.prompts.people[connection_of(call)] = people
        sweep(world)
        seen.append(world.calls.recordings[recording_id])

    assert ["inactive", "inactive", "active"] == seen


def test_where_it_does_not_matter_who_joins_nobody_looks() -> None:
    world, call = announced(late_joiners=LateJoiners.GO_ON)
    world.prompts.people[connection_of(call)].append(EVE)
    sweep(world)

    assert ({}, 1) == (world.consents.rows, len(world.prompts.played))


def test_when_the_call_is_over_nobody_looks_any_more() -> None:
    """Though no event says that it is."""
    world, call = announced()
    world.end(call)
    sweep(world)

    assert ({}, True) == (world.consents.rows, world.consent(call).is_over)


def test_when_the_recording_was_stopped_nobody_who_joins_is_told_that_it_goes_on() -> None:
    """Whether an event says that they have joined or not; the call itself goes on."""
    world, call = announced()
    world.app.controlling.stop(call.recordings[0], by=APP)
    world.prompts.people[connection_of(call)].append(EVE)
    sweep(world)
    assert ({}, 1) == (world.consents.rows, len(world.prompts.played))
    world.post(world.people_changed(call))

    assert ({}, 1) == (world.consents.rows, len(world.prompts.played))


def test_who_joins_what_is_recorded_in_place_of_the_first_is_told() -> None:
    """The first recording is over; what the app has started instead is not."""
    world = AskingWorld(terms=terms(ConsentKind.ANNOUNCED), restarts=True)
    call = world.call()
    world.post(world.connected(call))
    world.post(world.played(call, world.prompts.played[0]))
    world.calls.interrupt(call.recordings[0])
    for _ in range(3):
        sweep(world)
    assert 2 == len(call.recordings)
    world.prompts.people[connection_of(call)].append(EVE)
    sweep(world)

    assert 2 == len(world.prompts.played)


def refused(connection_id: CallConnectionId) -> InCall:
    """What the service says of each call."""
    raise ServiceBusy("list participants", "503", ids={"call_connection_id": str(connection_id)})


def test_looks_that_are_slow_and_fail_do_not_keep_it_from_the_others() -> None:
    """One is done in a pass, as each takes the time of all."""
    world = AskingWorld(terms=terms())
    calls = [world.call() for _ in range(3)]
    for call in calls:
        world.post(world.connected(call))
        world.post(world.played(call, world.prompts.played[-1]))
        world.clock.at += timedelta(seconds=1)
    looks = list[CallConnectionId]()

    def slow(connection_id: CallConnectionId) -> InCall:
        looks.append(connection_id)
        world.clock.at += timedelta(seconds=20)
        return refused(connection_id)

    world.prompts.participants = slow  # type: ignore[method-assign]
    for _ in range(4):
        sweep(world)

    assert [connection_of(call) for call in (*calls, calls[0])] == looks


def test_what_is_owed_comes_before_looks_and_the_oldest_look_first() -> None:
    """Each look takes as long as all of them may: one is done in a pass, and in the next pass another."""
    world = AskingWorld(terms=terms())
    calls = [world.call() for _ in range(3)]
    for call in reversed(calls):
        world.post(world.connected(call))
        world.post(world.played(call, world.prompts.played[-1]))
        world.clock.at += timedelta(seconds=1)
    owed = world.call()
    world.post(world.connected(owed))  # the report of its prompt is lost
    looks, look = list[CallConnectionId](), world.prompts.participants

    def slow(connection_id: CallConnectionId) -> InCall:
        looks.append(connection_id)
        world.clock.at += timedelta(seconds=20)
        return look(connection_id)

    world.prompts.participants = slow  # type: ignore[method-assign]
    for _ in range(4):
        sweep(world)

    assert [connection_of(call) for call in (calls[2], calls[1], calls[0], calls[2])] == looks
    assert [connection_of(owed)] * 3 == [order.connection_id for order in world.prompts.played[3:]]


def test_looks_in_vain_keep_none_from_its_turn() -> None:
    """A look takes as long as all of them may, and fails each time; the other call is looked at in the next pass."""
    world = AskingWorld(terms=terms())
    stuck, other = [world.call() for _ in range(2)]
    for call in (stuck, other):
        world.post(world.connected(call))
        world.post(world.played(call, world.prompts.played[-1]))
        world.clock.at += timedelta(seconds=1)
    look = world.prompts.participants

    def slow(connection_id: CallConnectionId) -> InCall:
        if connection_id == connection_of(stuck):
            world.clock.at += timedelta(seconds=20)
            raise ServiceBusy("participants", "it takes too long")
        return look(connection_id)

    world.prompts.participants = slow  # type: ignore[method-assign]
    world.prompts.people[connection_of(other)].append(EVE)
    for _ in range(2):
        sweep(world)

    assert connection_of(other) == world.prompts.played[2].connection_id


def test_a_call_of_more_than_a_day_is_looked_at_like_any_other() -> None:
    """There is nothing that could not be driven, so nothing is given up."""
    world, call = announced()
    for _ in range(30):
        sweep(world, timedelta(hours=1))
    world.prompts.people[connection_of(call)].append(EVE)
    sweep(world)

    assert 2 == len(world.prompts.played)


def test_a_recorded_call_that_cannot_be_looked_at_is_given_up_a_day_after_the_last_look() -> None:
    world, call = announced()
    for _ in range(12):
        sweep(world, timedelta(hours=1))
    world.prompts.arm("participants_400", 99)
    sweep(world, timedelta(hours=23))
    assert not world.consent(call).is_over
    for _ in range(2):
        sweep(world, timedelta(hours=2))

    assert ({}, True) == (world.consents.rows, world.consent(call).is_over)


def test_one_wrong_answer_that_there_is_no_such_call_does_not_end_the_looks() -> None:
    """The service has its recording."""
    world, call = announced()
    world.prompts.arm("participants_404")
    sweep(world)
    world.prompts.people[connection_of(call)].append(EVE)
    sweep(world)

    assert 2 == len(world.prompts.played)


@pytest.mark.parametrize("tells", [False, True])
def test_who_joins_what_the_service_denied_wrongly_is_told(*, tells: bool) -> None:
    """It denies the recording for long; nobody has stopped it, and no file is there."""
    world, call = announced()
    world.calls.arm("state_404", 100)
    for _ in range(3):
        sweep(world, timedelta(minutes=15))
    world.prompts.people[connection_of(call)].append(EVE)
    if tells:
        world.post(world.people_changed(call))
    else:
        sweep(world)

    assert 2 == len(world.prompts.played)


def test_what_was_stopped_as_the_service_denied_it_is_announced_to_nobody() -> None:
    world, call = announced()
    world.calls.arm("stop_404")
    world.app.controlling.stop(call.recordings[0], by=APP)
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call))
    sweep(world)

    assert ({}, 1) == (world.consents.rows, len(world.prompts.played))


def test_what_waits_for_a_word_goes_on_by_it_though_its_call_was_said_to_be_over() -> None:
    """The service denied both the call and the recording, wrongly, at one look."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    world.prompts.people[connection_of(call)].append(EVE)
    sweep(world)
    assert "inactive" == world.calls.recordings[recording_id]
    world.prompts.arm("participants_404")
    world.calls.arm("state_404")
    sweep(world)
    assert world.consent(call).is_over
    world.app.consenting.attest(recording_id, "her word", by=BY)

    assert "active" == world.calls.recordings[recording_id]


def test_who_joins_what_goes_on_in_a_recording_without_an_entry_is_told() -> None:
    """The catalog has lost it; so a stop of the first recording does not reach it."""
    world, call = continued(LateJoiners.ANNOUNCE_AGAIN)
    first, second = call.recordings
    del world.catalog.entries[second]
    world.app.controlling.stop(first, by=BY)
    world.prompts.people[connection_of(call)].append(EVE)
    sweep(world)

    assert "active" == world.calls.recordings[second]
    assert 2 == len(world.prompts.played)


def test_an_empty_list_of_who_is_there_resumes_nothing() -> None:
    """A call in which nobody is would be over: the answer is wrong, as just after a call was answered."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    seen = []
    for people in ([ANN, BOB, EVE], [], [ANN, EVE], [ANN]):
        world.prompts.people[connection_of(call)] = people
        sweep(world)
        seen.append(world.calls.recordings[recording_id])

    assert ["inactive", "inactive", "inactive", "active"] == seen
