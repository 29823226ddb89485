"""Each shape of what the catalog stores has a schema number, as two versions of the app may run at the same time."""

import enum
import hashlib
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from recording.adapters.rows import SCHEMA
from recording.core.model import (
    CallLocator,
    CatalogEntry,
    Channel,
    Content,
    Format,
    Output,
    RecordingId,
    ServerCallId,
    StartOrder,
)
from recording.ports import StartClaim
from tests.contracts.catalogs import whole_entry
from tests.core.entries_of import NOW

NOT_STORED = {"CatalogEntry.version"}
SHAPES = {1: "f8cf34a48087cb36"}
"""The digest of each shape that was ever deployed, and of the one to be, by its number."""


def kinds(hint: Any) -> Iterator[type]:  # noqa: ANN401 - a type hint is of any kind
    """The classes in a type hint."""
    if isinstance(hint, type):
        yield hint
    for inner in get_args(hint):
        yield from kinds(inner)


def spelt(hint: Any) -> str:  # noqa: ANN401 - the same
    """A type hint without modules, the same for both notations of a union."""
    origin = get_origin(hint)
    name = "Union" if origin in {Union, UnionType} else getattr(origin or hint, "__name__", "...")
    inner = ", ".join(map(spelt, get_args(hint)))
    return f"{name}[{inner}]" if inner else name


def shape(kind: type, seen: set[type]) -> Iterator[str]:
    """A line for every field or value of a dataclass or an enum, and of the types in it."""
    if kind in seen:
        return
    seen.add(kind)
    if issubclass(kind, enum.Enum):
        yield f"{kind.__name__} = {sorted(member.value for member in kind)}"
    elif is_dataclass(kind):
        for name, hint in get_type_hints(kind).items():
            if f"{kind.__name__}.{name}" not in NOT_STORED:
                yield f"{kind.__name__}.{name}: {spelt(hint)}"
                for inner in kinds(hint):
                    yield from shape(inner, seen)


def values(found: object) -> Iterator[Any]:
    """Every dataclass in a value, itself included."""
    if isinstance(found, tuple):
        for one in found:
            yield from values(one)
    elif is_dataclass(found):
        yield found
        for field in fields(found):
            yield from values(getattr(found, field.name))


def test_what_is_stored_has_the_shape_of_its_schema() -> None:
    """An older version would drop a field that it does not know, and save; only the schema prevents that.

    If this fails and a version with this schema is deployed, raise `rows.SCHEMA` and add a line above.
    """
    lines = sorted(shape(CatalogEntry, set()))

    assert SHAPES[SCHEMA] == hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16], "\n".join(lines)
    assert max(SHAPES) == SCHEMA


def test_every_stored_field_is_tried() -> None:
    """The contract's whole entry sets each to another value than its default."""
    defaults: dict[str, bool] = {}
    for one in values(whole_entry(RecordingId("r"))):
        for field in fields(one):
            name = f"{type(one).__name__}.{field.name}"
            if field.default is not MISSING and name not in NOT_STORED:
                defaults[name] = defaults.get(name, True) and getattr(one, field.name) == field.default

    assert {line.partition(".")[0] for line in shape(CatalogEntry, set()) if "." in line.partition(":")[0]} == {
        type(one).__name__ for one in values(whole_entry(RecordingId("r")))
    }
    assert [] == [name for name, is_default in defaults.items() if is_default]


CLAIM = """{"key":"k","order":{"locator":{"server_call_id":"s","group_call_id":null,"room_id":null,"call_connection_id":
null},"output":{"content":"audio","channel":"mixed","format":"wav"},"request_id":"id","first_sent":
"2026-03-01T12:00:00Z","pause_on_start":true},"asked_by":"event/1","made_at":"2026-03-01T12:00:01Z","recording_id":"r"}"""


def test_a_claim_that_was_stored_before_is_read() -> None:
    """Claims have no schema: new fields need a default, and no field may be removed."""
    order = StartOrder(
        CallLocator(server_call_id=ServerCallId("s")),
        Output(Content.AUDIO, Channel.MIXED, Format.WAV),
        "id",
        NOW,
        pause_on_start=True,
    )
    made = StartClaim("k", order, "event/1", NOW + timedelta(seconds=1), RecordingId("r"))

    assert made == msgspec.json.decode(CLAIM, type=StartClaim)
