"""Consents that tests begin with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from recording.core.consent import (
    Ask,
    Consent,
    ConsentTerms,
    Lapse,
    Lapsed,
    Looked,
    LookWho,
    Ordered,
    Play,
    Say,
    Step,
    Wanted,
    decide,
    next_step,
)
from recording.core.model import (
    APP,
    CallConnectionId,
    CallEvent,
    CallLocator,
    Channel,
    ConsentKind,
    Content,
    Format,
    Output,
    Prompt,
    ServerCallId,
    StartOrder,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
CONSENT_ID = "8d2b8bdc-5f3a-4a8e-9d53-0a4a30ab0c11"
PROMPT = Prompt("This call is recorded.", "en-US", "3")
CONNECTION = CallConnectionId("connection")
WANTED = Wanted(
    "event/event",
    APP,
    StartOrder(
        CallLocator(server_call_id=ServerCallId("server")),
        Output(Content.AUDIO, Channel.MIXED, Format.WAV),
        "7a3f2c1e-1111-2222-3333-444455556666",
        NOW,
    ),
    event=CallEvent("event", ServerCallId("server"), CONNECTION, NOW),
)


def terms(kind: ConsentKind = ConsentKind.ANNOUNCED, **fields: Any) -> ConsentTerms:  # noqa: ANN401 - of any field
    """Terms that ask the participants."""
    return ConsentTerms(kind, "our contract with them", prompt=PROMPT, **fields)


def consent(kind: ConsentKind = ConsentKind.ANNOUNCED, **fields: Any) -> Consent:  # noqa: ANN401 - the same
    """A consent that has just begun."""
    return Consent(CONSENT_ID, CONNECTION, WANTED, terms(kind, **fields), "key", NOW)


def stepped(found: Consent, *people: str, caller: str = "", now: datetime = NOW) -> tuple[Consent, Step]:
    """Carry out what needs no answer: look, order, let lapse. The step that comes next, or was just ordered."""
    while True:
        step = next_step(found, now)
        match step:
            case LookWho():
                found = decide(found, Looked(people, caller), now)
            case Play(operation) | Ask(operation) | Say(operation):
                return decide(found, Ordered(operation), now), step
            case Lapse(number):
                found = decide(found, Lapsed(number), now)
            case _:
                return found, step
