"""Deliveries: the bytes of a request or message to single events, each with its own bytes for the journal.

The bytes of an event in an array are cut out of the array, unchanged.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recording.core.callers import actor_at
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
from recording.core.model import APP, Actor, Door

MOST_AT_ONCE = 100
"""Events of a delivery that are processed in one run. A caller may not send more; more from Event Grid are queued."""
MOST_EVENTS = 5000
"""The most events that Event Grid delivers at once."""
MOST_MESSAGE = 60_000
"""Characters of a message written here, all ASCII; a queue message may have 64 KiB."""

_CONCERNED = frozenset({RECORDING_FILE_STATUS_UPDATED, RECORDING_STATE_CHANGED, CALL_STARTED, CALL_CONNECTED})
_NAMED = re.compile(rb"Microsoft\.Communication\.\w+")


@dataclass(frozen=True, slots=True)
class Member:
    """One event of a delivery: its JSON value, and its bytes as they came."""

    raw: object
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """Events that came together, the door by which they came first, and who sent them.

    `found` says where the app itself found them, such as among the dead letters; empty for events that were delivered.
    """

    members: tuple[Member, ...]
    door: Door
    by: Actor
    found: str = ""


def read_body(body: bytes, most: int | None = None) -> tuple[Member, ...]:
    """The events of a request or of the trigger: an array of events, or one event.

    Args:
        body: as it came.
        most: how many events a caller may send at once; None for a delivery of Event Grid's.

    Raises:
        MalformedEvent: it is not JSON, or larger than any delivery of Event Grid's.
        RequestTooLarge: it has more than `most` events, or, if `most` is given, more than `MOST_BODY` bytes.
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
    """The events of a queue message, in JSON or base64 of it: an array, one event, or an output of `messages`.

    Raises:
        MalformedEvent: it is neither.
    """
    try:
        members = read_body(reading.message_text(message))
    except ValueError as error:
        raise MalformedEvent("message", str(error)) from error
    raw = members[0].raw if len(members) == 1 else None
    if isinstance(raw, dict) and raw.keys() - {"found", "by"} == {"door", "events"} and raw["door"] in tuple(Door):
        inner = tuple(map(_member, reading.array(raw["events"]) or [raw]))
        door, found, by = Door(raw["door"]), reading.text(raw.get("found")) or "", reading.text(raw.get("by"))
        return Delivery(inner, door, Actor(by) if by else _sender(door, found), found)
    return Delivery(members, Door.EVENT_GRID, actor_at(Door.EVENT_GRID))


def _member(found: object) -> Member:
    """An event in a message of `messages`, there a text; one that is not JSON is refused later, by itself."""
    body = _bytes(found if isinstance(found, str) else json.dumps(found))
    try:
        return Member(_parsed(body)[1], body)
    except MalformedEvent:
        return Member(found, body)


def messages(members: Iterable[Member], door: Door, found: str = "", *, by: Actor) -> Iterator[str]:
    """Messages for the queue of events: the text of each event, at most `MOST_AT_ONCE` in a message, and their door.

    A message without a door counts as Event Grid's, as only the app and its operators may write to the queue.

    Args:
        members: the events, each of which fits into a message (`can_wait`).
        door: of all of them.
        found: where the app found them, some words of ASCII; empty for events that were delivered.
        by: who sent them; the app itself where it found them.
    """
    texts: list[str] = []
    for member in members:
        text = _quoted(member)
        if texts and (len(texts) == MOST_AT_ONCE or sum(map(len, texts)) + len(text) > _MOST_TEXT):
            yield _message(texts, door, found, by)
            texts = []
        texts.append(text)
    if texts:
        yield _message(texts, door, found, by)


def can_wait(member: Member) -> bool:
    """Whether the event fits into a message."""
    return len(_quoted(member)) <= _MOST_TEXT


def kept(member: Member, door: Door) -> bytes:
    """What the journal keeps of an event: all of it if its type concerns recordings, else only its type and id.

    Events of other types contain personal data (an IncomingCall has the caller, and a token). An event without a type
    is kept whole if it came by Event Grid's own doors, unless its text names one of those other types.
    """
    event_type = event_type_of(member.raw)
    if event_type in _CONCERNED or (event_type is None and door is Door.EVENT_GRID and is_kept_unread(member.body)):
        return member.body
    return json.dumps({"id": event_id_of(member.raw), "type": event_type}).encode()


def is_kept_unread(body: bytes) -> bool:
    """Whether a body that cannot be read may be kept whole: it names no type of the service but `_CONCERNED`."""
    return _CONCERNED.issuperset(name.decode() for name in _NAMED.findall(body))


_MOST_TEXT = MOST_MESSAGE - 2 * MOST_AT_ONCE - 300
"""Characters of all events in a message, without the separators and the rest of the message."""


def _sender(door: Door, found: str) -> Actor:
    """Who sent events of which the message does not say it."""
    return APP if found else actor_at(door)


def _message(texts: Iterable[str], door: Door, found: str, by: Actor) -> str:
    named = {"found": found, "by": "" if by == _sender(door, found) else by}
    more = "".join(f', "{name}": {json.dumps(value)}' for name, value in named.items() if value)
    return f'{{"door": "{door}"{more}, "events": [{", ".join(texts)}]}}'


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
    """The text of each element of an array; `text` must be valid JSON."""
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
