"""The people in calls whose rule asks for consent: what they hear and press, who joins and leaves, who withdraws.

Who declines, declines each time. What the service reports comes as a callback, which may be lost, late, or come twice.
"""

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from recording.core.callers import KEY
from recording.core.consent import Consent
from recording.core.errors import CallRefused, Permanent
from recording.core.formats import api
from recording.core.formats.events import CALL_CONNECTED, CALL_DISCONNECTED, PARTICIPANTS_UPDATED
from recording.core.formats.prompts import PLAY_COMPLETED, PLAY_FAILED, RECOGNIZE_COMPLETED, RECOGNIZE_FAILED
from recording.core.model import CallConnectionId, ConsentKind, Door
from recording.core.times import format_time
from recording.ports import PromptOrder
from tests.simulation.asked import Asked, Person, Said
from tests.simulation.clockwork import START
from tests.simulation.policies import WAYS

if TYPE_CHECKING:
    from tests.fakes.service import FakeCall
    from tests.simulation.processes import Process
    from tests.simulation.world import World

_HABITS = ("a participant declines", "a participant is silent", "a participant presses another key")
_TONES = {"": "one", _HABITS[0]: "two", _HABITS[1]: "", _HABITS[2]: "five"}
_PROMPT_FAULTS = ("prompt fails",)
_SILENT, _NOT_FOUND, _UNPLAYED = 8510, 8522, 8536
_HALF = 0.5
_EVENT = 0.7
_ATTESTS = 0.8
_LONGEST_WAIT = 3600.0


class Participants:
    """The calls by name, and what happens in them."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.calls: dict[str, Asked] = {}

    def begin(self, whom: str, call: "FakeCall", lasts: float) -> None:
        """A call begins that stands under a rule which asks for consent; somebody asks for its recording."""
        world, chance = self.world, self.world.chance
        way = chance.one_of(tuple(WAYS), "way of consent", whom)
        people = [self._person(whom, number) for number in range(1 + int(3 * chance.value("people", whom)))]
        asked = Asked(whom, way, call, people, chance.value("attests", whom) < _ATTESTS, world.clockwork.now)
        asked.trigger = chance.value("asked by", whom)
        self.calls[whom] = asked
        self._list(asked)
        world.prompts.callers[asked.connection_id] = people[0].raw_id
        world.story.tell("service", "{} people are in {}, whose rule is {}", len(people), whom, way)
        self._plan(asked, lasts)
        if asked.trigger > _EVENT or (asked.trigger > _HALF and asked.kind is not ConsentKind.ATTESTED):
            world.clockwork.later(30 * chance.value("request comes", whom), lambda: self._request(asked))

    def connect(self, whom: str) -> None:
        """A call is established: an event tells of it, if it is not asked for by a request alone."""
        asked = self.calls.get(whom)
        if asked is not None and asked.trigger <= _EVENT:
            self._tell_of_call(asked)

    def end(self, whom: str) -> None:
        """A call is over."""
        asked = self.calls.get(whom)
        if asked is None:
            return
        self.world.prompts.people.pop(asked.connection_id, None)
        for person in asked.people:
            person.is_there = False
        if not self.world.chance.happens("call event lost", whom):
            self._report(asked, CALL_DISCONNECTED)

    # What the app does

    def check(self, _whom: str, connection_id: CallConnectionId, *_: object) -> None:
        """Before a request about a call: one that is not established is refused."""
        self._check(self._of(connection_id))

    def check_order(self, _whom: str, order: PromptOrder, *_: object) -> None:
        """The same for an order."""
        self._check(self._of(order.connection_id))

    def played(self, order: PromptOrder, *_: object) -> None:
        """A prompt is played to all."""
        asked = self._of(order.connection_id)
        self._say(asked, order, tuple(one.raw_id for one in asked.people if one.is_there))

    def asked(self, order: PromptOrder, participant: str, silence: timedelta, *_: object) -> None:
        """A prompt is played to one participant, who may press a key."""
        asked = self._of(order.connection_id)
        person = next(one for one in asked.people if one.raw_id == participant)
        self._say(asked, order, (participant,), person, silence.total_seconds())

    def hung_up(self, connection_id: CallConnectionId, *_: object) -> None:
        """The app ended a call."""
        whom = self._of(connection_id).whom
        self.world.service.end_call(whom)

    # What happens in the call

    def _say(
        self, asked: Asked, order: PromptOrder, to: tuple[str, ...], person: Person | None = None, silence: float = 0
    ) -> None:
        world, chance = self.world, self.world.chance
        said = asked.said[order.context] = Said(len(asked.said) + 1, world.clockwork.now, to)
        world.story.tell("service", "plays prompt {} in {} to {}", said.number, asked.whom, "one" if person else "all")
        fails = chance.which(_PROMPT_FAULTS, "prompt", asked.whom) is not None
        wait = chance.between(1, 12, "prompt lasts", asked.whom)
        if person is not None and not person.tone:
            wait += silence

        def end() -> None:
            if asked.call.over:
                return
            said.ended_at = world.clockwork.now
            result: dict[str, Any] = {"operationContext": order.context, "correlationId": f"{asked.whom}"}
            if fails or (person is not None and not person.is_there):
                self._report(asked, RECOGNIZE_FAILED if person else PLAY_FAILED, _UNPLAYED, **result)
                return
            said.tone, said.is_done = person.tone if person else "", person is None or bool(person.tone)
            if person is None:
                self._report(asked, PLAY_COMPLETED, **result)
            elif person.tone:
                self._report(asked, RECOGNIZE_COMPLETED, dtmfResult={"tones": [person.tone]}, **result)
            else:
                self._report(asked, RECOGNIZE_FAILED, _SILENT, **result)

        world.clockwork.later(wait, end)

    def _plan(self, asked: Asked, lasts: float) -> None:
        """Put on the agenda who joins and leaves, and whether somebody withdraws."""
        clockwork, chance, whom = self.world.clockwork, self.world.chance, asked.whom
        if chance.happens("a participant joins late", whom):
            # In the prompt, or later.
            wait = 60 * chance.detail * 2 if chance.detail < _HALF else lasts * (chance.detail * 2 - 1)
            clockwork.later(wait, lambda: self._join(asked))
        if chance.happens("a participant leaves", whom):
            clockwork.later(lasts * chance.detail**3, lambda: self._leave(asked, asked.people[-1]))
        if chance.happens("consent withdrawn", whom):
            clockwork.later(lasts * chance.detail, lambda: self._withdraw(asked))

    def _join(self, asked: Asked) -> None:
        if asked.call.over:
            return
        asked.people.append(person := self._person(asked.whom, len(asked.people)))
        self.world.story.tell("service", "somebody joins {}", asked.whom)
        self._changed(asked)
        self.world.rules.consents.joined(asked, person)
        chance = self.world.chance
        if chance.value("leaves again", asked.whom) < _HALF:
            stays = _LONGEST_WAIT * chance.value("stays", asked.whom) ** 4
            self.world.clockwork.later(stays, lambda: self._leave(asked, person))
        elif chance.value("attests for them", asked.whom) < _HALF:
            wait = _LONGEST_WAIT * chance.value("thinks", asked.whom)
            self.world.clockwork.later(wait, lambda: self._attest(asked))

    def _leave(self, asked: Asked, person: Person) -> None:
        if asked.call.over or not person.is_there:
            return
        person.is_there = False
        self.world.story.tell("service", "somebody leaves {}", asked.whom)
        self._changed(asked)

    def _changed(self, asked: Asked) -> None:
        self._list(asked)
        self._report(asked, PARTICIPANTS_UPDATED, participants=[], sequenceNumber=len(asked.people))

    def _withdraw(self, asked: Asked) -> None:
        if not asked.call.recordings:
            return
        recording_id = asked.call.recordings[-1]

        def act(process: "Process") -> None:
            process.app.withdrawing.withdraw(recording_id, "they have changed their mind", by=KEY)

        self.world.host.ask(asked.whom, "withdraw the consent of", act, tries=3)

    def _attest(self, asked: Asked) -> None:
        if not asked.call.recordings:
            return
        recording_id = asked.call.recordings[-1]
        there = {person.raw_id for person in asked.people if person.is_there}

        def act(process: "Process") -> None:
            asked.attested |= there
            process.app.consenting.attest(recording_id, "they said yes", by=KEY)

        self.world.host.ask(asked.whom, "attest the consent of", act, tries=3)

    # Who asks for the recording

    def _tell_of_call(self, asked: Asked) -> None:
        """The call events: one of a room says nothing of consent; that of our connection names the way."""
        world, chance, whom = self.world, self.world.chance, asked.whom
        if chance.value("is a room", whom) < _HALF:
            room = world.grid.call_event(whom, "CallStarted", by_connection=False, isRoomsCall=True)
            world.clockwork.later(60 * chance.value("room event comes", whom), partial(self._deliver, asked, room))
        connected = world.grid.call_event(whom, CALL_CONNECTED.rpartition(".")[2], by_connection=True)
        connected["data"] |= {"operationContext": json.dumps(self._context(asked))}  # type: ignore[operator]
        for _ in range(1 + (chance.value("call event twice", whom) < 0.2)):
            wait = 30 * chance.value("call event comes", whom) ** 2
            world.clockwork.later(wait, partial(self._deliver, asked, connected))

    def _context(self, asked: Asked) -> dict[str, Any]:
        at = START + timedelta(seconds=asked.began_at - _LONGEST_WAIT)  # before: a clock may be late
        attested = {"basis": "contract 4711", "by": "agent 12", "at": format_time(at)}
        return {"context": asked.way, **({"consent": attested} if asked.attests else {})}

    def _deliver(self, asked: Asked, event: dict[str, object]) -> None:
        self.world.host.deliver(event, Door.FUNCTION_KEY, asked.whom)

    def _request(self, asked: Asked) -> None:
        request_id = str(UUID(int=int(self.world.chance.value("request id", asked.whom) * 2**122)))
        body = {
            "callConnectionId": asked.connection_id,
            "operationContext": asked.way,
            **{name: found for name, found in self._context(asked).items() if name == "consent"},
        }
        asked.answers[request_id] = ""
        self._ask(asked, api.parse_start(json.dumps(body).encode(), request_id), 45.0)

    def _ask(self, asked: Asked, request: api.StartRequest, wait: float) -> None:
        """Ask for the recording, until the answer is not that its consent is being asked for."""

        def act(process: "Process") -> None:
            try:
                found = process.app.beginning.begin_requested(request, by=KEY)
            except Permanent as error:
                asked.answers[request.request_id] = error.code
                raise
            if isinstance(found, Consent):
                again = partial(self._ask, asked, request, min(_LONGEST_WAIT, 2 * wait))
                self.world.clockwork.later(wait, again)
            else:
                asked.answers[request.request_id] = found.entry.recording.recording_id

        self.world.host.ask(asked.whom, "start", act, tries=1000, wait=300)

    # The service

    def _person(self, whom: str, number: int) -> Person:
        raw_id = f"4:+4930{number}{whom.removeprefix('r')}"
        habit = self.world.chance.which(_HABITS, "habit", whom) or ""
        return Person(raw_id, _TONES[habit], self.world.clockwork.now)

    def _list(self, asked: Asked) -> None:
        there = [person.raw_id for person in asked.people if person.is_there]
        self.world.prompts.people[asked.connection_id] = there

    def _of(self, connection_id: CallConnectionId) -> Asked:
        return self.calls[connection_id.removeprefix("connection-")]

    def _check(self, asked: Asked) -> None:
        if not asked.call.established and not asked.call.over:
            raise CallRefused("ask about call", "400 8501 not established", status=400)

    def _report(self, asked: Asked, kind: str, subcode: int = 0, **data: object) -> None:
        said = {"resultInformation": {"code": 400 if subcode else 200, "subCode": subcode, "message": "Said."}}
        ids = {"callConnectionId": asked.connection_id, "serverCallId": f"server-{asked.whom}"}
        self.world.grid.send_callback(asked.whom, kind, {**ids, **said, **data}, "report")
