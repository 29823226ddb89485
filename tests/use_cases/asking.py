"""Consent over fakes: an app with rules, calls with people in them, and what the service reports."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from recording.core.callers import KEY
from recording.core.consent import Consent, ConsentTerms, LookAgain, next_step
from recording.core.formats.events import CALL_CONNECTED, CALL_DISCONNECTED, PARTICIPANTS_UPDATED
from recording.core.formats.prompts import PLAY_COMPLETED, PLAY_FAILED, RECOGNIZE_COMPLETED, RECOGNIZE_FAILED
from recording.core.model import CallConnectionId, ConsentKind, Prompt, RecordingId
from recording.events.taking import Reception
from recording.ports import ConsentRow, PromptOrder
from tests.fakes.service import FakeCall
from tests.use_cases.world import World

ANN, BOB, EVE = "4:+49301", "8:acs:b_o", "4:+49303"


@dataclass
class AskingWorld(World):
    """A world whose policy has one rule for every call, with these terms; without terms, that asks nobody."""

    terms: ConsentTerms | None = None
    restarts: bool = False
    _events: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.terms is not None:
            self.settings = {**self.settings, "RECORDING_POLICY": policy_of_terms(self.terms, restarts=self.restarts)}
        super().__post_init__()

    def call(self, *people: str) -> FakeCall:
        """An established call with these people."""
        found = self.calls.add_call()
        self.prompts.people[connection_of(found)] = list(people or (ANN, BOB))
        return found

    def end(self, call: FakeCall) -> None:
        """End a call."""
        self.calls.end(call)
        self.prompts.people.pop(connection_of(call), None)

    def consent(self, call: FakeCall) -> Consent:
        """The consent of a call as stored."""
        return self.consents.stored[connection_of(call)]

    @property
    def owed_rows(self) -> dict[tuple[CallConnectionId, int], ConsentRow]:
        """The rows of consents, without those of which nothing is owed but to look later who is in the call."""
        later, stored = self.clock.now() + timedelta(hours=1), self.consents.stored
        looks = {name for name, one in stored.items() if isinstance(next_step(one, later), LookAgain)}
        return {key: row for key, row in self.consents.rows.items() if row.connection_id not in looks}

    def post(self, *events: dict[str, Any]) -> Reception:
        """Deliver events by the endpoint for callbacks."""
        return self.receiving.receive_request(json.dumps(events).encode(), from_event_grid=False, by=KEY)

    def connected(self, call: FakeCall) -> dict[str, Any]:
        """The event that a call is connected."""
        return self._event(CALL_CONNECTED, call)

    def disconnected(self, call: FakeCall) -> dict[str, Any]:
        """The event that it is over."""
        return self._event(CALL_DISCONNECTED, call)

    def people_changed(self, call: FakeCall) -> dict[str, Any]:
        """The event that somebody has come or gone."""
        return self._event(PARTICIPANTS_UPDATED, call, participants=[], sequenceNumber=1)

    def played(self, call: FakeCall, order: PromptOrder) -> dict[str, Any]:
        """The report that a prompt was played."""
        return self._event(PLAY_COMPLETED, call, operationContext=order.context, correlationId="correlation")

    def play_failed(self, call: FakeCall, order: PromptOrder) -> dict[str, Any]:
        """The report that a prompt could not be played."""
        return self._event(PLAY_FAILED, call, 8536, operationContext=order.context)

    def pressed(self, call: FakeCall, order: PromptOrder, *tones: str) -> dict[str, Any]:
        """The report of a key; without one, of silence."""
        more: dict[str, Any] = {"operationContext": order.context, "dtmfResult": {"tones": list(tones)}}
        return self._event(RECOGNIZE_COMPLETED if tones else RECOGNIZE_FAILED, call, 0 if tones else 8510, **more)

    def _event(self, kind: str, call: FakeCall, subcode: int = 0, **data: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        self._events.append(kind)
        body = {
            "serverCallId": call.locators[0].server_call_id,
            "callConnectionId": connection_of(call),
            "resultInformation": {"code": 200, "subCode": subcode, "message": "Said."},
        }
        at = self.clock.now().isoformat()
        return {"id": f"e{len(self._events)}", "type": kind, "time": at, "specversion": "1.0", "data": body | data}

    def outcomes(self, *events: dict[str, Any]) -> list[str]:
        """The outcome of each."""
        return [one["outcome"] for one in self.post(*events).outcomes]

    def evidence(self, recording_ids: Sequence[RecordingId]) -> list[str]:
        """The kinds of consent in the entries of these recordings."""
        found = (self.catalog.entries[recording_id].recording.consent for recording_id in recording_ids)
        return [str(one.kind) for one in found if one is not None]


def connection_of(call: FakeCall) -> CallConnectionId:
    """Of our connection to a call."""
    return call.locators[3].call_connection_id or CallConnectionId("")


def policy_of_terms(terms: ConsentTerms, *, restarts: bool = False) -> str:
    """A policy with one rule, for every call, that asks for this consent."""
    consent: dict[str, Any] = {"kind": terms.kind, "onWithdrawal": terms.on_withdrawal}
    if terms.kind is ConsentKind.NOT_NEEDED:
        consent["reason"] = terms.basis
    if terms.prompt is not None:
        consent |= {
            "prompt": _prompt(terms.prompt),
            "prompts": terms.prompts,
            "lateJoiners": terms.late_joiners,
            "declined": {
                "then": terms.other_way,
                **({"prompt": _prompt(terms.other_prompt)} if terms.other_prompt else {}),
            },
        }
    if terms.kind is ConsentKind.KEYPRESS:
        consent |= {"agree": "1", "decline": "2", "waitSeconds": 10, "mustAgree": terms.must_agree}
    rule = {"id": "asked", "record": True, "reason": terms.basis, "match": {}, "consent": consent, "restart": restarts}
    return json.dumps({"version": 1, "rules": [rule]})


def _prompt(prompt: Prompt) -> dict[str, str]:
    return {"version": prompt.version, "language": prompt.language, "text": prompt.text}
