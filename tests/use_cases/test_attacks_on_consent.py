"""Attacks on consent: forged reports, floods, ids that are none, and rows that lead nowhere."""

from datetime import timedelta

import pytest

from recording.core.consent import LateJoiners, Outcome
from recording.core.model import CallConnectionId, ConsentKind
from recording.ports import PromptOrder
from tests.core.consents import PROMPT, consent, terms
from tests.use_cases.asking import ANN, AskingWorld, connection_of
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


def test_events_of_calls_that_nobody_knows_are_ignored() -> None:
    world = AskingWorld(terms=terms())
    call = world.call()
    order = PromptOrder(connection_of(call), "consent.1", PROMPT)

    assert ["ignored", "noted"] == world.outcomes(world.played(call, order), world.people_changed(call))


def test_rows_that_lead_nowhere_are_removed_in_time() -> None:
    """Of a save that never came, of an earlier opening, and of a consent that is done; others are not kept from it."""
    world, call = announced()
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
