"""Attacks on consent: forged reports, floods, ids that are none, and rows that lead nowhere."""

import logging
from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest

from recording.core.consent import LateJoiners, Looked, Outcome, decide, pseudonym
from recording.core.errors import CallRefused, CatalogConflict
from recording.core.model import CallConnectionId, ConsentKind, RecordingId, StartOrder
from recording.ports import PromptOrder
from tests.core.consents import PROMPT, consent, terms
from tests.use_cases.asking import ANN, BOB, EVE, AskingWorld, connection_of
from tests.use_cases.test_consent import announced, sweep

FORGED = ("consent.1." + "0" * 32, "consent.1", "", "consent.1.\u0661", "../1", "x" * 5000)


@pytest.mark.parametrize("context", FORGED, ids=range(len(FORGED)))
def test_a_forged_report_starts_nothing(context: str) -> None:
    """Who may post callbacks, and does not know the operation context, can report nothing as played."""
    world = AskingWorld(terms=terms())
    call = world.call()
    world.post(world.connected(call))
    forged = PromptOrder(connection_of(call), context, PROMPT)

    assert ["ignored", "ignored"] == world.outcomes(world.played(call, forged), world.pressed(call, forged, "one"))
    assert [] == call.recordings


def test_a_report_of_one_call_is_none_of_another() -> None:
    """With a context that was overheard."""
    world = AskingWorld(terms=terms())
    one, other = world.call(), world.call()
    world.post(world.connected(one), world.connected(other))

    assert ["ignored"] == world.outcomes(world.played(other, world.prompts.played[0]))
    assert [] == other.recordings


def test_what_the_evidence_shows_reports_no_later_order() -> None:
    """The context of the first prompt is in the API; that of the next one cannot be made from it."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    first = world.prompts.played[0].context
    forged = PromptOrder(connection_of(call), first.replace(".1.", ".2."), PROMPT)

    assert ["ignored"] == world.outcomes(world.played(call, forged))


def test_forged_participants_change_nothing() -> None:
    """An event names who is in the call; the service is asked."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    event = world.people_changed(call)
    event["data"]["participants"] = [{"identifier": {"rawId": "4:+666"}}]
    world.post(event)

    assert "active" == world.calls.recordings[call.recordings[0]]


def test_a_flood_of_events_plays_one_prompt() -> None:
    """A hundred of each kind, for one call."""
    world = AskingWorld(terms=terms())
    call = world.call()
    world.post(*[event for _ in range(40) for event in (world.connected(call), world.people_changed(call))])
    world.post(*[world.played(call, world.prompts.played[0]) for _ in range(40)])

    assert (1, 1) == (len(world.prompts.played), len(call.recordings))


def test_a_call_that_the_service_does_not_know_yet_is_asked_and_recorded_all_the_same() -> None:
    """As one that needs no consent is: the event comes again."""
    world = AskingWorld(terms=terms(late_joiners=LateJoiners.ANNOUNCE_AGAIN))
    call = world.call()
    world.prompts.arm("participants_404")
    world.post(world.connected(call))
    world.post(world.connected(call))
    world.post(world.played(call, world.prompts.played[0]))

    assert 1 == len(call.recordings)


@pytest.mark.parametrize("late", [LateJoiners.GO_ON, LateJoiners.ANNOUNCE_AGAIN])
@pytest.mark.parametrize("prompts", [1, 3])
def test_of_a_call_that_is_hung_up_in_the_prompt_nobody_is_told(late: LateJoiners, prompts: int) -> None:
    """In its first minute; the report that the prompt failed comes first, and no event says that the call is over."""
    world = AskingWorld(terms=terms(late_joiners=late, prompts=prompts + 1))
    call = world.call()
    world.post(world.connected(call))
    world.end(call)
    failed = world.play_failed(call, world.prompts.played[0])
    for _ in range(prompts):
        world.post(failed)
    sweep(world)

    assert ([], Outcome.SILENT) == (world.told(), world.consent(call).outcome)
    assert {} == world.consents.rows


@pytest.mark.parametrize("late", [LateJoiners.GO_ON, LateJoiners.ANNOUNCE_AGAIN])
def test_a_call_that_the_service_does_not_know_for_many_tries_is_recorded_all_the_same(late: LateJoiners) -> None:
    """In its first minute: the tries are none of those after which a person is told, and nothing is recorded."""
    world = AskingWorld(terms=terms(late_joiners=late, prompts=1))
    call = world.call()
    world.prompts.arm("play_404", 5)
    for _ in range(6):
        world.post(world.connected(call))
    world.post(world.played(call, world.prompts.played[0]))

    assert (1, []) == (len(call.recordings), world.told())


def test_a_call_that_was_said_to_be_over_and_goes_on_is_not_left_alone() -> None:
    """One wrong answer in the middle of it: who joins after that is told all the same."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    world.clock.at += timedelta(minutes=10)
    world.prompts.arm("participants_404")
    world.post(world.people_changed(call))
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call))

    assert "inactive" == world.calls.recordings[call.recordings[0]]


@pytest.mark.parametrize("late", [LateJoiners.ANNOUNCE_AGAIN, LateJoiners.PAUSE_UNTIL_ATTESTED])
def test_who_joins_just_when_somebody_else_leaves_is_not_missed(late: LateJoiners) -> None:
    """Two workers look who is in the call: the one that has looked before the second came saves before the other."""
    world, call = announced(late_joiners=late)
    connection, recording_id = connection_of(call), call.recordings[0]
    people = world.prompts.people[connection]
    people.remove(BOB)
    world.prompts.arm("participants_503")
    assert world.post(world.people_changed(call)).failure is not None
    loaded = world.consent(call)
    first_look = Looked(tuple(pseudonym("", loaded.key, raw_id) for raw_id in people))
    people.append(EVE)

    def first_saves(_operation: str) -> None:
        world.prompts.before = lambda _: None
        with suppress(CatalogConflict):
            world.consents.save(decide(loaded, first_look, world.clock.now()))

    world.prompts.before = first_saves
    world.post(world.people_changed(call))

    assert pseudonym("", loaded.key, EVE) in world.consent(call).present
    is_told = len(world.prompts.played) > 1 or "inactive" == world.calls.recordings[recording_id]
    assert is_told


def test_a_call_that_many_join_one_by_one_is_announced_to_each_and_its_evidence_stays_small() -> None:
    """Each is named once, and all are covered: it grows with their number, not with its square."""
    world, call = announced(late_joiners=LateJoiners.ANNOUNCE_AGAIN)
    for number in range(98):
        world.prompts.people[connection_of(call)].append(f"4:+4930{number:05}")
        world.post(world.people_changed(call))
        world.post(world.played(call, world.prompts.played[-1]))
    found = world.consent(call)
    named = [who for report in found.reports for who in report.who]

    assert (100, 100) == (len(named), len({*named, *found.present}))
    assert (99, ()) == (len(found.reports), found.late)
    assert 100 * 1024 > len(msgspec.json.encode(found))


def test_of_a_call_that_the_service_does_not_record_though_all_have_consented_the_log_tells(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As of one that needs no consent: nothing else tells, as the report was taken, and the consent is done."""
    world = AskingWorld(terms=terms())
    call = world.call()
    world.post(world.connected(call))

    def refuse(order: StartOrder) -> RecordingId:
        raise CallRefused("start recording", f"400 no {order.output}", status=400)

    world.calls.start = refuse  # type: ignore[method-assign]
    world.post(world.played(call, world.prompts.played[0]))
    sweep(world)
    told = [one for one in caplog.records if one.levelno == logging.ERROR and "call.not_recorded" in one.getMessage()]

    assert 1 == len(told)
    assert connection_of(call) in told[0].getMessage()


def test_events_of_calls_that_nobody_knows_are_ignored() -> None:
    world = AskingWorld(terms=terms())
    call = world.call()
    order = PromptOrder(connection_of(call), "consent.1", PROMPT)

    assert ["ignored", "noted"] == world.outcomes(world.played(call, order), world.people_changed(call))


def test_rows_that_lead_nowhere_are_removed_in_time() -> None:
    """Of a save that never came, of an earlier opening, and of a consent that is done; others are not kept from it."""
    world, call = announced()
    world.end(call)
    sweep(world)
    connection, now = connection_of(call), world.clock.now()
    nowhere = CallConnectionId("nowhere/../\u00e9")
    for name, opening in ((nowhere, 1), (connection, 0), (connection, 1), (connection, 9)):
        world.consents.put_row(name, opening, now)
    sweep(world)
    assert {(nowhere, 1), (connection, 9)} == set(world.consents.rows)
    sweep(world, timedelta(days=1))

    assert {} == world.consents.rows


def test_a_consent_that_cannot_be_driven_is_given_up_after_a_day() -> None:
    """And keeps no other from its turn; meanwhile it is tried at each sweep."""
    world = AskingWorld(terms=terms(ConsentKind.KEYPRESS))
    stuck, other = world.call(), world.call()
    world.prompts.arm("participants_503", 1)
    world.post(world.connected(stuck))
    world.post(world.connected(other))
    world.prompts.arm("participants_400", 3)
    for _ in range(2):
        sweep(world)
    assert world.consent(stuck).outcome is None
    world.prompts.arm("participants_400", 9)
    sweep(world, timedelta(days=2))

    assert Outcome.SILENT is world.consent(stuck).outcome
    assert [] == stuck.recordings


def test_a_bug_in_one_consent_keeps_no_other_from_its_turn() -> None:
    world = AskingWorld(terms=terms())
    broken, good = world.call(), world.call()
    world.post(world.connected(broken), world.connected(good))
    world.consents.stored[connection_of(broken)] = None  # type: ignore[assignment]
    world.consents.put_row(connection_of(broken), 5, world.clock.now() - timedelta(days=2))
    before = len(world.prompts.played)
    loads = world.consents.load

    def load(connection_id: CallConnectionId) -> object:
        if connection_id == connection_of(broken):
            raise ZeroDivisionError
        return loads(connection_id)

    world.consents.load = load  # type: ignore[method-assign,assignment]
    sweep(world)

    assert before + 1 == len(world.prompts.played)


def test_a_consent_survives_being_written_and_read() -> None:
    """With every kind of text in it."""
    world = AskingWorld()
    found = consent()
    world.consents.save(found)

    assert found == world.consents.load(found.connection_id)


def test_while_the_key_of_names_cannot_be_read_nobody_is_named_without_it() -> None:
    """A consent that was begun before waits: nobody is taken for somebody else, and what runs is left as it is."""
    world = AskingWorld(
        terms=terms(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED), settings={"PARTICIPANT_KEY": "a2V5"}
    )
    call = world.call(ANN)
    world.post(world.connected(call))
    world.post(world.played(call, world.prompts.played[0]))
    (recording_id,) = call.recordings
    before = world.consent(call)
    good = dict(world.settings)

    world.settings = {**good, "PARTICIPANT_KEY": "@Microsoft.KeyVault(VaultName=v)"}
    world.worker()
    world.post(world.people_changed(call))
    world.clock.at += timedelta(minutes=10)
    world.app.sweeping.sweep_all()
    after = world.consent(call)
    assert (before.present, before.covered) == (after.present, after.covered)
    assert "active" == world.calls.recordings[recording_id]

    world.settings = good
    world.worker()
    world.app.sweeping.sweep_all()
    assert before.covered == world.consent(call).covered
    assert "active" == world.calls.recordings[recording_id]
