"""What a person has paused or stopped stays so, whatever the app does for its own reasons at the same time."""

from datetime import timedelta

import pytest

from recording.core.consent import LateJoiners
from recording.core.errors import CallRefused, ServiceBusy
from recording.core.formats.events import RECORDING_STATE_CHANGED
from recording.core.lifecycle import Checked, Interrupted
from recording.core.model import Actor, Reaction, RecordingId, RecordingState, StartOrder
from tests.core.consents import terms
from tests.core.entries_of import changed_recording
from tests.fakes.service import FakeCall
from tests.use_cases.asking import EVE, AskingWorld, connection_of
from tests.use_cases.test_consent import announced, sweep
from tests.use_cases.test_consent_by_policy import continued, ended
from tests.use_cases.test_running import Scene

ADA = Actor("entra:ada")
FRED = "4:+49304"
MINUTE = timedelta(minutes=1)


def joins(world: AskingWorld, call: FakeCall, who: str) -> None:
    world.prompts.people[connection_of(call)].append(who)
    world.post(world.people_changed(call))


def leaves(world: AskingWorld, call: FakeCall, who: str) -> None:
    world.prompts.people[connection_of(call)].remove(who)
    world.post(world.people_changed(call))


# Pauses


def test_what_a_person_has_paused_is_still_so_in_the_recording_that_takes_its_place() -> None:
    """Somebody joins later, and leaves again: the app resumes what it has paused for them alone."""
    world = AskingWorld(terms=terms(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED), restarts=True)
    call = world.call()
    world.post(world.connected(call))
    world.post(world.played(call, world.prompts.played[0]))
    (first,) = call.recordings
    world.updates.apply(first, Checked(is_active=True))
    world.clock.at += MINUTE
    world.app.controlling.pause(first, by=ADA)
    world.clock.at += 10 * MINUTE
    world.calls.interrupt(first)
    world.app.sweeping.reacting.react(world.updates.apply(first, Interrupted(world.clock.now())).entry)
    second = call.recordings[1]
    joins(world, call, EVE)
    leaves(world, call, EVE)

    assert "inactive" == world.calls.recordings[second]
    world.app.controlling.resume(second, by=ADA)
    assert "active" == world.calls.recordings[second]
    joins(world, call, EVE)
    leaves(world, call, EVE)
    assert "active" == world.calls.recordings[second]


def test_what_a_person_has_paused_beside_the_app_is_not_resumed_for_the_next_who_joins_and_leaves() -> None:
    """The app had paused it first; then both wanted it; then nobody was left for whom the app did."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    joins(world, call, EVE)
    world.app.controlling.pause(recording_id, by=ADA)
    for who in (EVE, FRED):
        if who == FRED:
            joins(world, call, who)
        leaves(world, call, who)

    assert "inactive" == world.calls.recordings[recording_id]
    assert RecordingState.PAUSED is world.catalog.entries[recording_id].recording.state


def test_a_pause_that_the_service_refuses_is_tried_again() -> None:
    """It still records, and somebody is in the call who has not consented."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    pause = world.calls.pause

    def refuse(recording_id: RecordingId) -> None:
        raise CallRefused("pause recording", "412 not now", status=412, ids={"recording_id": recording_id})

    world.calls.pause = refuse  # type: ignore[method-assign]
    joins(world, call, EVE)
    sweep(world)
    assert "active" == world.calls.recordings[recording_id]
    world.calls.pause = pause  # type: ignore[method-assign]
    sweep(world)

    assert "inactive" == world.calls.recordings[recording_id]


def test_a_pause_that_the_service_refuses_as_it_is_paused_is_one() -> None:
    """As of one that somebody else has paused: nothing is tried again, and it goes on when all have consented."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    pause = world.calls.pause

    def refuse(recording_id: RecordingId) -> None:
        pause(recording_id)
        raise CallRefused("pause recording", "409 paused already", status=409, ids={"code": "8500"})

    world.calls.pause = refuse  # type: ignore[method-assign]
    joins(world, call, EVE)
    assert {} == world.owed_rows
    assert "inactive" == world.calls.recordings[recording_id]
    world.app.consenting.attest(recording_id, "she said yes", by=ADA)

    assert "active" == world.calls.recordings[recording_id]


def test_what_others_resume_while_somebody_has_not_consented_is_paused_again() -> None:
    """As soon as the service tells; a person hears of it, too. It goes on when somebody attests."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    joins(world, call, EVE)
    world.clock.at += MINUTE
    world.calls.resume(recording_id)
    told = {"recordingId": recording_id, "state": "active", "startDateTime": "2026-03-01T12:00:00Z"}
    world.post({"id": "told", "type": RECORDING_STATE_CHANGED, "time": world.clock.now().isoformat(), "data": told})

    assert "inactive" == world.calls.recordings[recording_id]
    assert ["RecordingAtRisk"] == world.told()
    assert RecordingState.PAUSED is world.catalog.entries[recording_id].recording.state
    world.app.consenting.attest(recording_id, "she said yes", by=ADA)
    assert "active" == world.calls.recordings[recording_id]


def test_what_others_resume_is_paused_again_though_the_service_is_away_when_it_is_told() -> None:
    """The sweep does it, on its next pass: the service may not tell again, and is not asked about it for an hour."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    joins(world, call, EVE)
    world.clock.at += MINUTE
    world.calls.resume(recording_id)
    world.calls.arm("pause_503", 2)
    told = {"recordingId": recording_id, "state": "active", "startDateTime": "2026-03-01T12:00:00Z"}
    event = {"id": "told", "type": RECORDING_STATE_CHANGED, "time": world.clock.now().isoformat(), "data": told}
    assert world.post(event).failure is not None
    assert "active" == world.calls.recordings[recording_id]
    sweep(world, MINUTE)

    assert "inactive" == world.calls.recordings[recording_id]
    world.post(event)
    assert ["RecordingAtRisk"] == world.told()


@pytest.mark.parametrize("faults", [0, 1])
def test_what_others_resume_is_paused_again_also_if_a_person_asks_about_it_first(faults: int) -> None:
    """By then a callback tells nothing new. If the service is away just then, the state is shown all the same."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    joins(world, call, EVE)
    world.clock.at += MINUTE
    world.calls.resume(recording_id)
    world.calls.arm("pause_503", faults)
    words = [world.app.controlling.state(recording_id, by=ADA)[1] for _ in range(2)]

    assert [*["active"] * faults, "inactive", "inactive"][:2] == words
    assert "inactive" == world.calls.recordings[recording_id]
    sweep(world)
    assert (["RecordingAtRisk"], RecordingState.PAUSED) == (
        world.told(),
        world.catalog.entries[recording_id].recording.state,
    )


# Stops


def test_who_stops_a_recording_stops_what_goes_on_in_its_place() -> None:
    """They know the first one only. Also if the service cannot be reached at first."""
    world, call = continued()
    first, second = call.recordings
    world.calls.arm("stop_503", 2)
    for _ in range(2):
        with pytest.raises(ServiceBusy):
            world.app.controlling.stop(first, by=ADA)
    world.app.controlling.stop(first, by=ADA)
    recording = world.catalog.entries[second].recording

    assert ("over", RecordingState.STOPPED) == (world.calls.recordings[second], recording.state)


@pytest.mark.parametrize("faults", [0, 1])
def test_a_stop_while_it_is_started_again_stops_what_was_started(faults: int) -> None:
    """It is noted by another worker, while the one that starts waits for the service. The sweep sees to it, too."""
    world = AskingWorld(terms=terms(), restarts=True)
    call, entry = ended(world)
    start = world.calls.start

    def stopped_meanwhile(order: StartOrder) -> RecordingId:
        world.app.controlling.stop(entry.recording.recording_id, by=ADA)
        world.calls.arm("stop_503", faults)
        return start(order)

    world.calls.start = stopped_meanwhile  # type: ignore[method-assign]
    for _ in range(faults):
        with pytest.raises(ServiceBusy):
            world.app.sweeping.reacting.react(entry)
    if not faults:
        world.app.sweeping.reacting.react(entry)
    assert 2 == len(call.recordings)
    sweep(world, 10 * MINUTE)
    second = world.catalog.entries[call.recordings[1]].recording

    assert ("over", RecordingState.STOPPED) == (world.calls.recordings[call.recordings[1]], second.state)
    assert second.ordered is not None
    assert ADA == second.ordered.by


def test_a_stop_stops_also_what_was_started_by_a_worker_that_died_before_it_could_say_so() -> None:
    """The entry of the first names no other; the claim of the call does."""
    world = AskingWorld(terms=terms(), restarts=True)
    call, entry = ended(world)
    world.app.consenting.starting.start_again(entry)
    first, second = call.recordings
    world.app.controlling.stop(first, by=ADA)
    sweep(world, 10 * MINUTE)

    assert ("over", RecordingState.STOPPED) == (
        world.calls.recordings[second],
        world.catalog.entries[second].recording.state,
    )


def test_who_joins_while_it_is_started_again_is_not_recorded_by_the_other() -> None:
    """Nothing names the other yet when they join, so that the pause is only of the first, which is over."""
    world = AskingWorld(terms=terms(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED), restarts=True)
    call, entry = ended(world)
    start = world.calls.start

    def joined_meanwhile(order: StartOrder) -> RecordingId:
        joins(world, call, EVE)
        return start(order)

    world.calls.start = joined_meanwhile  # type: ignore[method-assign]
    world.app.sweeping.reacting.react(entry)
    second = call.recordings[1]
    assert "inactive" == world.calls.recordings[second]
    leaves(world, call, EVE)

    assert "active" == world.calls.recordings[second]


@pytest.mark.parametrize("begun", ["never active", "paused"])
def test_who_stops_a_recording_is_not_undone_though_the_service_did_not_answer(begun: str) -> None:
    """It is neither started again as it never began, nor resumed as its pause is long."""
    scene = Scene(Reaction(tries=2, pause_limit=5 * MINUTE, resumes_at_limit=True))
    if begun == "never active":
        scene.world.calls.never_active = True
        scene.call = scene.world.calls.add_call()
        scene.recording_id = scene.start()
    else:
        scene.world.app.controlling.pause(scene.recording_id, by=ADA)
    scene.world.calls.arm("stop_503")
    with pytest.raises(ServiceBusy):
        scene.world.app.controlling.stop(scene.recording_id, by=ADA)
    for _ in range(4):
        scene.wait(5 * MINUTE)
        scene.world.app.sweeping.sweep_all()

    assert [scene.recording_id] == scene.call.recordings
    assert "active" not in {scene.world.calls.recordings[one] for one in scene.call.recordings}


def test_a_stop_just_before_the_app_stops_it_to_start_it_again_stops_what_was_started() -> None:
    """The app's own stop, of what never began, takes the place of no person's: the service has answered only that."""
    scene = Scene(Reaction(tries=2))
    scene.world.calls.never_active = True
    scene.call = scene.world.calls.add_call()
    scene.recording_id = scene.start()
    scene.wait(6 * MINUTE)
    before = scene.world.entry(scene.recording_id)
    scene.world.calls.arm("stop_503")
    with pytest.raises(ServiceBusy):
        scene.world.app.controlling.stop(scene.recording_id, by=ADA)
    scene.world.app.sweeping.reacting.react(before)

    assert {"over"} == {scene.world.calls.recordings[one] for one in scene.call.recordings}
    assert ADA == getattr(scene.recording().ordered, "by", None)


def test_an_entry_that_names_itself_as_what_goes_on_keeps_nobody_waiting() -> None:
    """An earlier version could write one, and a manifest can say so. It is paused, resumed, withdrawn and stopped."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    entry = world.catalog.entries[recording_id]
    world.catalog.save(changed_recording(entry, continued_by=recording_id))
    joins(world, call, EVE)
    assert "inactive" == world.calls.recordings[recording_id]
    leaves(world, call, EVE)
    assert "active" == world.calls.recordings[recording_id]
    world.app.withdrawing.withdraw(recording_id, "no", by=ADA)
    world.app.controlling.stop(recording_id, by=ADA)

    assert "over" == world.calls.recordings[recording_id]
