"""Consent, cut off at every write and every request, and with a rival at every save."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from recording.core.consent import Consent, LateJoiners, Outcome, is_closed
from recording.core.errors import Transient
from recording.core.model import ConsentKind
from tests.core.consents import terms
from tests.fakes.service import FakeCall
from tests.use_cases.asking import ANN, BOB, EVE, AskingWorld, connection_of
from tests.use_cases.kills import KilledError
from tests.use_cases.test_consent import sweep

_ENOUGH = 60


@dataclass
class Cut:
    """Kills the worker before or after one write or request, the `at`-th of the run."""

    at: int
    after: bool
    seen: int = 0
    what: list[str] = field(default_factory=list)

    def around(self, port: object, *names: str) -> None:
        """Watch these methods of a fake."""
        for name in names:
            setattr(port, name, self._watched(name, getattr(port, name)))

    def _watched(self, name: str, method: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            self.seen += 1
            self.what.append(name)
            is_now = self.seen == self.at
            if is_now and not self.after:
                raise KilledError
            found = method(*args, **kwargs)
            if is_now:
                raise KilledError
            return found

        return call


def world_of(
    cut: Cut, kind: ConsentKind, late: LateJoiners = LateJoiners.ANNOUNCE_AGAIN
) -> tuple[AskingWorld, FakeCall]:
    """A world whose worker is killed."""
    world = AskingWorld(terms=terms(kind, late_joiners=late, prompts=5))
    cut.around(world.consents, "save", "put_row", "remove_row")
    cut.around(world.prompts, "participants", "play_to_all", "ask_for_key", "hang_up")
    cut.around(world.calls, "start", "pause", "resume", "stop")
    cut.around(world.catalog, "claim", "settle", "save")
    return world, world.call()


def tried(world: AskingWorld, act: Callable[[], object]) -> None:
    """Deliver; the platform delivers again what was cut off. Were it not to, the sweep would find it by its row."""
    for _ in range(3):
        try:
            act()
        except KilledError:
            for consent in world.consents.stored.values():
                row = (consent.connection_id, consent.opening)
                assert is_closed(consent, world.clock.now()) or row in world.consents.rows
            continue
        return
    raise AssertionError("it is killed once only")


def run(world: AskingWorld, call: FakeCall) -> None:
    """The event, and a report of every order that was carried out, each delivered until it is taken."""
    tried(world, partial(world.post, world.connected(call)))
    reported = 0
    for _ in range(20):
        orders = [*world.prompts.played, *(order for order, _ in world.prompts.asked)]
        if reported == len(orders) and not world.owed_rows:
            break
        for order in orders[reported:]:
            event = world.pressed(call, order, "one") if world.prompts.asked else world.played(call, order)
            tried(world, partial(world.post, event))
        reported = len(orders)
        tried(world, partial(sweep, world))


@pytest.mark.parametrize("kind", [ConsentKind.ANNOUNCED, ConsentKind.KEYPRESS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_anywhere_it_is_recorded_once_on_evidence(kind: ConsentKind, after: bool) -> None:  # noqa: FBT001 - a case
    """Or, if the order's report is lost with the worker, after another prompt; and nothing is left to do."""
    for at in range(1, _ENOUGH):
        cut = Cut(at, after)
        world, call = world_of(cut, kind)
        run(world, call)

        (recording_id,) = call.recordings
        consent = world.consent(call)
        assert (Outcome.GRANTED, recording_id) == (consent.outcome, consent.recording_id), cut.what
        assert world.catalog.entries[recording_id].recording.consent == consent.evidence, cut.what
        assert {} == world.owed_rows, cut.what
        if cut.seen < at:
            return
    pytest.fail("there are more writes than were cut")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("late", [LateJoiners.ANNOUNCE_AGAIN, LateJoiners.PAUSE_UNTIL_ATTESTED])
def test_killed_anywhere_a_late_joiner_is_not_forgotten(after: bool, late: LateJoiners) -> None:  # noqa: FBT001 - a case
    """Who joins is announced to, or the recording is paused."""
    for at in range(1, _ENOUGH):
        cut = Cut(1_000, after)
        world, call = world_of(cut, ConsentKind.ANNOUNCED, late)
        run(world, call)
        world.prompts.people[connection_of(call)].append(EVE)
        cut.at = cut.seen + at
        tried(world, partial(world.post, world.people_changed(call)))
        for order in world.prompts.played[1:]:
            tried(world, partial(world.post, world.played(call, order)))
        for _ in range(3):
            tried(world, partial(sweep, world))
        for order in world.prompts.played[2:]:
            world.post(world.played(call, order))

        (recording_id,) = call.recordings
        evidence = world.catalog.entries[recording_id].recording.consent
        if late is LateJoiners.PAUSE_UNTIL_ATTESTED:
            assert "inactive" == world.calls.recordings[recording_id], cut.what
        else:
            assert evidence is not None
            assert len(evidence.operations) > 1, cut.what
        assert {} == world.owed_rows, cut.what
        if cut.seen < cut.at:
            return
    pytest.fail("there are more writes than were cut")


@dataclass
class Rival:
    """Another worker, which takes the event of the call just before the `at`-th save."""

    world: AskingWorld
    call: FakeCall
    at: int
    seen: int = 0

    def __call__(self, consent: Consent) -> None:
        assert consent.consent_id
        self.seen += 1
        if self.seen == self.at:
            self.world.post(self.world.connected(self.call))


@pytest.mark.parametrize("kind", [ConsentKind.ANNOUNCED, ConsentKind.KEYPRESS])
def test_a_rival_at_any_save_sends_no_second_order(kind: ConsentKind) -> None:
    """Another worker takes the same event just before a save: one order is sent for each, and one recording starts."""
    for at in range(1, _ENOUGH):
        world = AskingWorld(terms=terms(kind))
        call = world.call()
        rival = Rival(world, call, at)
        world.consents.before_save = rival
        world.post(world.connected(call))
        reported = 0
        while reported < len(orders := [*world.prompts.played, *(order for order, _ in world.prompts.asked)]):
            order = orders[reported]
            world.post(world.pressed(call, order, "one") if world.prompts.asked else world.played(call, order))
            reported += 1

        assert 1 == len(call.recordings), at
        assert (1 if kind is ConsentKind.ANNOUNCED else 2) == len(orders), at
        if rival.seen < at:
            return
    pytest.fail("there are more saves than rivals")


def test_a_service_that_is_away_loses_no_consent() -> None:
    """Each request fails once; the event comes again."""
    world = AskingWorld(terms=terms(ConsentKind.KEYPRESS))
    call = world.call(ANN)
    for fault in ("participants_503", "recognize_400", "recognize_400"):
        world.prompts.arm(fault)
    event = world.connected(call)
    failed = [world.post(event).failure for _ in range(4)]
    assert [True, True, True, False] == [isinstance(failure, Transient) for failure in failed]
    world.post(world.pressed(call, world.prompts.asked[0][0], "one"))

    assert 1 == len(call.recordings)
    assert BOB not in repr(world.consents.stored)
