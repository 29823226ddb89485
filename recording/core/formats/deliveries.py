"""What comes through a door at once: bytes to single events, each with the bytes that it came in.

The journal keeps those bytes: each event's own are cut out of an array.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recording.core.errors import MalformedEvent, RequestTooLarge
from recording.core.formats import reading
from recording.core.formats.api import MOST_BODY
from recording.core.formats.events import (
    CALL_CONNECTED,
    CALL_STARTED,
    RECORDING_FILE_STATUS_UPDATED,
    RECORDING_STATE_CHANGED,
    event_id_of,
    event_type_of,
)
from recording.core.model import Door

MOST_AT_ONCE = 100
"""Events of a delivery that are taken in one run. A caller may not send more; of Event Grid's the others wait."""
MOST_EVENTS = 5000
"""Event Grid's own limit of events in one delivery: more at once is none of the service's."""
MOST_MESSAGE = 60_000
"""Characters of a message that is written here, all ASCII; a queue takes 64 KiB."""

_CONCERNED = frozenset({RECORDING_FILE_STATUS_UPDATED, RECORDING_STATE_CHANGED, CALL_STARTED, CALL_CONNECTED})
_NAMED = re.compile(rb"Microsoft\.Communication\.\w+")


@dataclass(frozen=True, slots=True)
class Member:
    """One event of a delivery: parsed as JSON, and the bytes that it came in."""

    raw: object
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """Events that came together, and the door that they first came by."""

    members: tuple[Member, ...]
    door: Door


def read_body(body: bytes, most: int | None = None) -> tuple[Member, ...]:
    """The events of a request, or of the trigger: an array of them, or one.

    Args:
        body: as it came.
        most: how many a caller may send at once; None where more are no fault of the sender.

    Raises:
        MalformedEvent: it is no JSON, or larger than any delivery of the service.
        RequestTooLarge: it holds more than that.
    """
    if most is not None and len(body) > MOST_BODY:
        raise RequestTooLarge("body", f"{len(body)} bytes, more than {MOST_BODY}")
    if len(body) > 2 * MOST_BODY:
        raise MalformedEvent("body", f"{len(body)} bytes, twice more than Event Grid delivers")
    text, raw = _parsed(body)
    if not isinstance(raw, list):
        return (Member(raw, body),)
    if most is not None and len(raw) > most:
        raise RequestTooLarge("body", f"{len(raw)} events, more than {most}")
    if len(raw) > MOST_EVENTS:
        raise MalformedEvent("body", f"{len(raw)} events, more than Event Grid delivers at once")
    return tuple(Member(one, _bytes(cut)) for one, cut in zip(raw, _cut(text), strict=True))


def read_message(message: bytes) -> Delivery:
    """The events of a queue's message: JSON as it is or in base64, an array, one event, or what `messages` wrote.

    Raises:
        MalformedEvent: it is no JSON either way.
    """
    try:
        members = read_body(reading.message_text(message))
    except ValueError as error:
        raise MalformedEvent("message", str(error)) from error
    raw = members[0].raw if len(members) == 1 else None
    if isinstance(raw, dict) and raw.keys() == {"door", "events"} and raw["door"] in tuple(Door):
        return Delivery(tuple(map(_member, reading.array(raw["events"]) or [raw])), Door(raw["door"]))
    return Delivery(members, Door.EVENT_GRID)


def _member(found: object) -> Member:
    """An event of a message that holds texts of events; what is none is refused by itself, as the event that it is."""
    body = _bytes(found if isinstance(found, str) else json.dumps(found))
    try:
        return Member(_parsed(body)[1], body)
    except MalformedEvent:
        return Member(found, body)


def messages(members: Iterable[Member], door: Door) -> Iterator[str]:
    """Messages for the queue of events: each event's own text, in messages of what is taken at once, with their door.

    Whoever may write to the queue is believed as Event Grid is; so an event that came by another door says so.
    """
    texts: list[str] = []
    for member in members:
        text = _quoted(member)
        if texts and (len(texts) == MOST_AT_ONCE or sum(map(len, texts)) + len(text) > _MOST_TEXT):
            yield _message(texts, door)
            texts = []
        texts.append(text)
    if texts:
        yield _message(texts, door)


def can_wait(member: Member) -> bool:
    """Whether a message can hold the event."""
    return len(_quoted(member)) <= _MOST_TEXT


def kept(member: Member, door: Door) -> bytes:
    """What the journal keeps of an event: all of it where its type concerns recordings, else its type and id alone.

    Others name people (an IncomingCall its caller, and a token). Of an event without a type all is kept if it came by
    Event Grid's own doors, which bring nothing else, unless its text names a type of the service that is none of ours.
    """
    event_type = event_type_of(member.raw)
    if event_type in _CONCERNED or (event_type is None and door is Door.EVENT_GRID and is_kept_unread(member.body)):
        return member.body
    return json.dumps({"id": event_id_of(member.raw), "type": event_type}).encode()


def is_kept_unread(body: bytes) -> bool:
    """Whether what cannot be read may be kept whole: it names no type of the service but those of recordings."""
    return _CONCERNED.issuperset(name.decode() for name in _NAMED.findall(body))


_MOST_TEXT = MOST_MESSAGE - 2 * MOST_AT_ONCE - 100
"""Characters of the events in a message, without what stands between and around them."""


def _message(texts: Iterable[str], door: Door) -> str:
    return f'{{"door": "{door}", "events": [{", ".join(texts)}]}}'


def _quoted(member: Member) -> str:
    return json.dumps(member.body.decode("utf-8", "surrogatepass"))


def _parsed(body: bytes) -> tuple[str, object]:
    try:
        return reading.json_body(body)
    except ValueError as error:
        raise MalformedEvent("body", str(error)) from error


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _cut(text: str) -> Iterator[str]:
    """The text of each element of an array, which is known to be JSON."""
    decoder = json.JSONDecoder()
    at = _after_blanks(text, 0) + 1
    while text[begin := _after_blanks(text, at)] != "]":
        _, end = decoder.raw_decode(text, begin)
        yield text[begin:end]
        at = _after_blanks(text, end)
        at += text[at] == ","


def _after_blanks(text: str, at: int) -> int:
    while text[at] in " \t\n\r":
        at += 1
    return at
