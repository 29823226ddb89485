"""What must be true of consent: nothing is recorded without it, or once it was withdrawn, and all asking has an end."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Never

from recording.core.consent import Consent, Outcome, is_closed, pseudonym, read_context
from recording.core.consent.deciding import _LAPSED
from recording.core.formats.prompts import RECOGNIZE_COMPLETED
from recording.core.model import (
    CallConnectionId,
    CatalogEntry,
    ConsentEvidence,
    ConsentKind,
    RecordingId,
    StartOrder,
    Withdrawal,
)
from recording.ports import StartClaim
from tests.simulation.asked import Asked, Person, Said
from tests.simulation.policies import minds_late_joiners, must_agree, on_withdrawal_of
from tests.simulation.truth import whom_of

if TYPE_CHECKING:
    from tests.simulation.world import World

_HOUR = 3600.0
LONG = 6 * _HOUR
"""After this time, and that of all outages, what is to be done is done, whatever else goes wrong."""
SOON = _HOUR
"""The same, of what every sweep tries again."""


class BrokenRule(BaseException):
    """A rule is broken: what was seen. A BaseException, so that no `except Exception` of the app catches it."""


class ConsentRules:
    """Called wherever something took effect; raises BrokenRule."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self._lapsed: set[tuple[CallConnectionId, int]] = set()
        self._known: dict[CallConnectionId, Consent] = {}
        self._granted_at: dict[CallConnectionId, float] = {}
        self._withdrawn: set[RecordingId] = set()

    # At every step

    def saved(self, _: Consent, after: Consent) -> None:
        """A consent was saved."""
        connection, now = after.connection_id, self.world.clockwork.now
        before = self._known.get(connection)
        self._known[connection] = after
        if before is None or before.outcome is not after.outcome:
            self.world.story.tell("the app", "notes the consent of {} as {}", connection, after.outcome or "asked for")
        if after.outcome is Outcome.GRANTED:
            self._granted_at.setdefault(connection, now)
        operation = before.operation if before is not None else None
        if operation is not None and after.operation != operation and after.failure == _LAPSED:
            self._lapsed.add((connection, operation.number))

    def started(self, order: StartOrder, recording_id: RecordingId) -> None:
        """A recording was started: before, it was noted why it may be, and that is true."""
        asked = self.world.participants.calls.get(whom_of(recording_id))
        if asked is None:
            return
        claim = self._claim_of(asked)
        if claim is None or claim.consent is None or claim.consent.kind is not asked.kind:
            self._break(f"{recording_id} was started, and its claim has no evidence: {claim and claim.consent}")
        if asked.kind is ConsentKind.ATTESTED:
            if not asked.attests:
                self._break(f"{recording_id} was started, and nobody has attested: {order.request_id}")
            return
        stored = self.world.consents.stored.get(asked.connection_id)
        if stored is None or stored.evidence is None or stored.outcome not in {Outcome.GRANTED, Outcome.WITHDRAWN}:
            self._break(f"{recording_id} was started, and its consent is {stored and stored.outcome}")
        heard = self._heard(asked, stored, claim.consent)
        for person in asked.people:
            if person.is_there and self._is_to_be_asked(asked, person, heard):
                self._break(f"{recording_id} was started, and somebody was not told, or has not agreed")

    def entry_saved(self, after: CatalogEntry) -> None:
        """An entry was saved: if consent was withdrawn, the recording stops recording before long."""
        recording = after.recording
        if recording.withdrawn is None or recording.recording_id in self._withdrawn:
            return
        self._withdrawn.add(recording.recording_id)
        self.world.story.tell("the app", "notes that consent to {} was withdrawn", recording.recording_id)
        self.world.clockwork.later(LONG + self.closed(), lambda: self._stopped(recording.recording_id))

    def joined(self, asked: Asked, person: Person) -> None:
        """Somebody has joined: if they stay, they are told before long, or what is recorded is paused."""
        if minds_late_joiners(asked.way):
            self.world.clockwork.later(SOON + self.closed(), lambda: self._told(asked, person))

    def taken(self, event: dict[str, object]) -> None:
        """An event was answered with success: whoever has declined in it has been heard."""
        data = event.get("data")
        if event.get("type") != RECOGNIZE_COMPLETED or not isinstance(data, dict):
            return
        consent = self.world.consents.stored.get(data["callConnectionId"])
        said = self._said(data["operationContext"], data["callConnectionId"])
        number = read_context(consent.consent_id, data["operationContext"]) if consent else None
        if consent is None or said is None or number is None or said.tone != "two":
            return
        if (consent.connection_id, number) in self._lapsed or consent.is_over:
            return
        if consent.outcome is not Outcome.DECLINED:
            self._break(f"somebody has declined in {consent.connection_id}, and its consent is {consent.outcome}")

    def closed(self) -> float:
        """For how long anything is away, in seconds."""
        return sum(end - start for start, end in self.world.outages.values())

    # At the end

    def is_owed(self) -> bool:
        """Whether any consent goes on."""
        now = self.world.host.latest()
        return any(not is_closed(consent, now) for consent in self.world.consents.stored.values())

    def books(self) -> Iterator[str]:
        """What is wrong at the end."""
        for asked in self.world.participants.calls.values():
            yield from self._call(asked)
        for row in self.world.consents.rows.values():
            yield f"the row {row.opening} of the consent of {row.connection_id} is left"
        for recording_id in self._withdrawn:
            if self.world.service.calls.recordings[recording_id] == "active":
                yield f"{recording_id} records, and its consent was withdrawn"

    def _call(self, asked: Asked) -> Iterator[str]:
        service = self.world.service
        recordings, lasted = asked.call.recordings, service.lasted.get(asked.whom, 0.0)
        if len(recordings) > 1 and asked.whom not in service.calls.refused:
            yield f"{recordings} were made of one call, whose consent is for one"
        for request_id, answer in asked.answers.items():
            if not answer:
                yield f"the request {request_id} for {asked.whom} was never answered"
        consent = self.world.consents.stored.get(asked.connection_id)
        is_long = lasted > LONG + self.closed()
        if consent is not None:
            yield from self._consent(asked, consent)
        elif asked.kind is ConsentKind.ATTESTED and asked.attests and is_long and not recordings:
            yield f"{asked.whom} lasted {lasted / _HOUR:.1f} h, its consent was attested, and it was never recorded"
        elif asked.kind is not ConsentKind.ATTESTED and is_long:
            yield f"{asked.whom} lasted {lasted / _HOUR:.1f} h, and nobody was ever asked"

    def _consent(self, asked: Asked, consent: Consent) -> Iterator[str]:
        whom, outcome = asked.whom, consent.outcome
        self.world.books.consents[str(outcome)] += 1
        if outcome is None:
            yield f"the consent of {whom} never ended"
        if outcome is Outcome.UNASKED and consent.connection_id not in self.world.told.unconsented:
            yield f"nobody could be asked in {whom}, and no person was told"
        if outcome in {Outcome.DECLINED, Outcome.SILENT, Outcome.UNASKED} and asked.call.recordings:
            yield f"{asked.call.recordings} were made, and the consent of {whom} is {outcome}"
        if outcome is Outcome.GRANTED and not asked.call.recordings:
            ended = asked.began_at + self.world.service.lasted.get(whom, 0.0)
            left = ended - self._granted_at[consent.connection_id]
            if left > LONG + self.closed():
                yield f"{whom} went on for {left / _HOUR:.1f} h after its consent, and was never recorded"
        entry = self.world.rules.entries.get(consent.recording_id) if consent.recording_id else None
        if outcome is Outcome.GRANTED and entry is not None and entry.recording.consent != consent.evidence:
            yield f"the evidence of {whom} is not that of {consent.recording_id}"

    # Single rules

    def _claim_of(self, asked: Asked) -> StartClaim | None:
        """The claim of the call in the only output that there is here."""
        claims = self.world.catalog.claims
        return next((claim for key, claim in claims.items() if key.endswith(f" call/server-{asked.whom}")), None)

    def _heard(self, asked: Asked, stored: Consent, evidence: ConsentEvidence) -> list[Said]:
        """What was said by the evidence, which is true."""
        found = []
        for operation in evidence.operations:
            said = self._said(operation.context, asked.connection_id)
            agrees = said is not None and (asked.kind is ConsentKind.ANNOUNCED or said.tone == "one")
            if said is None or not said.is_done or not agrees:
                self._break(f"the evidence of {asked.whom} is not true: {operation}")
            names = {pseudonym("", stored.key, raw_id) for raw_id in said.to}
            if asked.kind is ConsentKind.KEYPRESS and set(operation.who) != names:
                self._break(f"the evidence of {asked.whom} names somebody else: {operation}")
            found.append(said)
        if not found:
            self._break(f"the evidence of {asked.whom} is empty")
        return found

    def _is_to_be_asked(self, asked: Asked, person: Person, heard: list[Said]) -> bool:
        """Whether somebody is in the call whom the app could know of, and who has not agreed, or was not told.

        Who is in the call is read again after the last report; who has come since is a late joiner.
        """
        if any(person.raw_id in said.to for said in heard):
            return False
        if asked.kind is ConsentKind.KEYPRESS and must_agree(asked.way) == "caller":
            caller = asked.people[0]
            return person is caller
        if asked.kind is ConsentKind.ANNOUNCED and not minds_late_joiners(asked.way):
            return False
        return person.came_at < max(said.ended_at or 0.0 for said in heard)

    def _stopped(self, recording_id: RecordingId) -> None:
        asked = self.world.participants.calls[whom_of(recording_id)]
        state = self.world.service.calls.recordings[recording_id]
        paused = on_withdrawal_of(asked.way) is Withdrawal.PAUSE
        if state == "active" or (state == "inactive" and not paused):
            self._break(f"{recording_id} is {state}, long after its consent was withdrawn")

    def _told(self, asked: Asked, person: Person) -> None:
        has_heard = any(said.is_done and person.raw_id in said.to for said in asked.said.values())
        if has_heard or person.raw_id in asked.attested or asked.call.over or not person.is_there:
            return
        for recording_id in asked.call.recordings:
            if self.world.service.calls.recordings[recording_id] == "active":
                self._break(f"{recording_id} records somebody who joined long ago and was never told")

    def _said(self, context: str, connection_id: str) -> Said | None:
        asked = self.world.participants.calls.get(connection_id.removeprefix("connection-"))
        return asked.said.get(context) if asked is not None else None

    def _break(self, what: str) -> Never:
        raise BrokenRule(what)
