"""Asks the policy what to order: whether a call is recorded, how, by which rule, and by which consent."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from recording.core.consent import ConsentTerms, granted_at_once
from recording.core.errors import CallRefused, PolicyRefused
from recording.core.formats.api import StartRequest
from recording.core.model import (
    AppliedRule,
    CallEvent,
    CallLocator,
    Channel,
    ConsentEvidence,
    KnownCall,
    Output,
    Recording,
    StartOrder,
)
from recording.core.policy import Policy, Recorded, terms_of, verdict_of


class Decided(NamedTuple):
    """What is to be ordered, and the rule that allows it; None for what was claimed before there was a policy.

    `consent` is the evidence; None as long as the participants have to be told or asked, as `terms` say.
    """

    order: StartOrder
    applied: AppliedRule | None
    consent: ConsentEvidence | None = None
    terms: ConsentTerms | None = None

    @property
    def asks(self) -> ConsentTerms | None:
        """The terms by which the participants must be told or asked first; None if it can be ordered now."""
        return self.terms if self.consent is None else None


@dataclass(frozen=True, slots=True)
class Ordering:
    """Make orders of what the policy allows. `new_id` makes UUIDs."""

    policy: Policy
    new_id: Callable[[], uuid.UUID]
    now: Callable[[], datetime]

    def for_event(self, event: CallEvent) -> Decided:
        """What is ordered for a call event.

        Raises:
            PolicyRefused: nothing is; see `Starting`.
        """
        server = event.server_call_id
        locator = CallLocator(server) if server else CallLocator(call_connection_id=event.call_connection_id)
        return self._decided(replace(event.call, at=event.at), locator)

    def for_request(self, request: StartRequest) -> Decided:
        """What is ordered for a request: what it names; what it leaves open is the rule's.

        Raises:
            PolicyRefused: nothing is; see `Starting`.
        """
        call = replace(request.call, output=request.output)
        return self._decided(call, locator_of(request), pause_on_start=request.pause_on_start)

    def again(self, recording: Recording, channels: tuple[str, ...], *, is_paused: bool) -> Decided:
        """What is ordered in place of a recording that has stopped recording: the same, by the same rule and consent.

        Raises:
            CallRefused: what it records, or its call, is not known.
        """
        locator = _locator_known(recording)
        if locator is None or recording.output is None:
            cause = "no id of its call is known" if recording.output else "it is not known what it records"
            ids, hint = {"recording_id": str(recording.recording_id)}, "start it by a request that names the call"
            raise CallRefused("start recording", cause, status=404, hint=hint, ids=ids)
        applied = recording.applied
        order = StartOrder(
            locator=locator,
            output=recording.output,
            request_id=str(self.new_id()),
            first_sent=self.now(),
            pause_on_start=is_paused,
            channels=channels,
            native_container=applied.native_container if applied else "",
        )
        return Decided(order, applied, recording.consent)

    def _decided(self, call: KnownCall, locator: CallLocator, *, pause_on_start: bool | None = None) -> Decided:
        now = self.now()
        known = replace(call, at=call.at or now)
        verdict = verdict_of(self.policy, known)
        rule, recorded, consent = verdict.rule, verdict.recorded, verdict.consent
        if rule is None or recorded is None or consent is None:
            hint = "POST /api/policy/explain says which rule decides, and what the others need"
            raise PolicyRefused(verdict.reason, rule.id if rule else "", hint=hint)
        applied = AppliedRule(
            rule=rule.id,
            policy=self.policy.digest,
            reason=rule.reason,
            template=recorded.template,
            retention_class=recorded.retention_class,
            native_container=recorded.native_container,
            reaction=recorded.reaction,
        )
        output = call.output or recorded.output
        order = StartOrder(
            locator=locator,
            output=output,
            request_id=str(self.new_id()),
            first_sent=now,
            pause_on_start=recorded.pause_on_start if pause_on_start is None else pause_on_start,
            channels=_channels(recorded, known, output),
            native_container=recorded.native_container,
        )
        terms = terms_of(consent, rule, known, now)
        return Decided(order, applied, None if terms.is_asked else granted_at_once(terms, now), terms)


def locator_of(request: StartRequest) -> CallLocator:
    """How a request names its call."""
    return CallLocator(request.server_call_id, request.group_call_id, request.room_id, request.call_connection_id)


def _locator_known(recording: Recording) -> CallLocator | None:
    """How to name the call of a recording: by the best of the ids that are known."""
    if recording.server_call_id:
        return CallLocator(server_call_id=recording.server_call_id)
    if recording.call_connection_id:
        return CallLocator(call_connection_id=recording.call_connection_id)
    if recording.group_call_id:
        return CallLocator(group_call_id=recording.group_call_id)
    return CallLocator(room_id=recording.room_id) if recording.room_id else None


def is_for(order: StartOrder, request: StartRequest) -> bool:
    """Whether an order is for what a request names: what it leaves open was decided when the order was made."""
    return order.locator == locator_of(request) and leaves_open(order, request)


def leaves_open(order: StartOrder, request: StartRequest) -> bool:
    """Whether a request for the same call asks for nothing else than what is ordered."""
    return request.output in {None, order.output} and request.pause_on_start in {None, order.pause_on_start}


def _channels(recorded: Recorded, call: KnownCall, output: Output) -> tuple[str, ...]:
    """The raw ids of the known participants, by the order of their kinds; the service assigns the other channels."""
    if output.channel is not Channel.UNMIXED:
        return ()
    ordered = [one.raw_id for kind in recorded.channels for one in call.participants if one.kind is kind]
    return tuple(dict.fromkeys(ordered))[:_MOST_CHANNELS]


_MOST_CHANNELS = 5
"""That an unmixed recording has."""
