"""The catalog's rows: no torn reads, nothing of a newer version lost, every unreadable row reported."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
from azure.data.tables import UpdateMode

from recording.adapters.rows import SCHEMA, decoded
from recording.core.errors import CatalogConflict, EntryUnreadable, NewerSchema, Permanent, Transient
from recording.core.model import ChunkState, DocumentId, RecordingId
from recording.core.naming import encode
from recording.ports import Catalog
from tests.contracts.catalogs import RealCatalog, add_failure, claim, entry, random_entry, whole_entry
from tests.core.entries_of import changed_recording, chunk
from tests.fakes import FakeCatalog

SECRET = "whom-it-concerns"


def stored(real: RealCatalog, recording_id: RecordingId) -> dict[str, Any]:
    """The stored row."""
    return dict(real.table.get_entity(encode(recording_id), "recording"))


def store(real: RealCatalog, recording_id: RecordingId, change: dict[str, Any]) -> None:
    """Change properties of the row without the app; None removes one."""
    row = {name: value for name, value in (stored(real, recording_id) | change).items() if value is not None}
    real.table.upsert_entity(row, mode=UpdateMode.REPLACE)


def json_of(row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON has no common type
    """The JSON in the body."""
    return msgspec.json.decode(zlib.decompress(row["body00"]))


# Torn reads


def test_a_rivals_release_is_not_wiped_out_while_an_entry_is_read(
    real_catalog: RealCatalog, recording_id: RecordingId
) -> None:
    """Old chunks with the ETag of a later save would overwrite that save."""
    saved = real_catalog.rival.save(entry(recording_id, 0, 1))
    released = replace(saved, chunks=(chunk(0, ChunkState.RELEASED), chunk(1)))
    real_catalog.network.then(lambda: real_catalog.rival.save(released))

    add_failure(real_catalog.catalog, recording_id, 1)

    loaded = real_catalog.rival.load(recording_id)
    assert loaded is not None
    assert [ChunkState.RELEASED, ChunkState.ANNOUNCED] == [one.state for one in loaded]
    assert [(), (("code", 1),)] == [one.failures for one in loaded]


# Newer versions


def make_newer(catalog: Catalog, recording_id: RecordingId, request: pytest.FixtureRequest) -> None:
    """A newer version of the app saves the entry, with a field that this one does not know."""
    if isinstance(catalog, FakeCatalog):
        catalog.newer.add(recording_id)
    else:
        store(request.getfixturevalue("real_catalog"), recording_id, {"schema": SCHEMA + 1, "body00": b"newer"})


def test_an_entry_of_a_newer_version_is_left_to_it(
    catalog: Catalog, recording_id: RecordingId, request: pytest.FixtureRequest
) -> None:
    """The error is transient: the newer version is deployed already."""
    catalog.save(entry(recording_id, 0))
    make_newer(catalog, recording_id, request)
    with pytest.raises(NewerSchema) as caught:
        catalog.load(recording_id)

    assert isinstance(caught.value, Transient)
    assert recording_id == caught.value.ids["recording_id"]


def test_an_entry_of_a_newer_version_is_never_saved_over(
    catalog: Catalog, recording_id: RecordingId, request: pytest.FixtureRequest
) -> None:
    """Neither by a save of what was loaded before nor by a save of a new entry; both read again and get the reason."""
    loaded = catalog.save(entry(recording_id, 0))
    make_newer(catalog, recording_id, request)
    for one in (loaded, entry(recording_id, 0)):
        with pytest.raises(CatalogConflict):
            catalog.save(changed_recording(one, revision=2))
        with pytest.raises(NewerSchema):
            catalog.load(recording_id)


def test_nothing_of_a_newer_version_is_dropped(real_catalog: RealCatalog, recording_id: RecordingId) -> None:
    """Its row is the same, byte for byte, after everything that an older version tries."""
    loaded = real_catalog.catalog.save(entry(recording_id, 0))
    store(real_catalog, recording_id, {"schema": SCHEMA + 1, "body00": b"newer", "added": "new"})
    before = stored(real_catalog, recording_id)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: real_catalog.catalog.load(recording_id),
        lambda: real_catalog.catalog.save(loaded),
        lambda: real_catalog.catalog.save(entry(recording_id, 0)),
    )
    for attempt in attempts:
        with pytest.raises(Transient):
            attempt()

    assert before == stored(real_catalog, recording_id)


def test_the_fake_raises_conflicts_on_request(recording_id: RecordingId) -> None:
    """A given number of times; nothing is stored then."""
    fake = FakeCatalog(conflicts=2)
    for _ in range(2):
        with pytest.raises(CatalogConflict):
            fake.save(entry(recording_id, 0))

    assert fake.load(recording_id) is None
    assert fake.save(entry(recording_id, 0)).version


# What cannot be read


def packed(value: object) -> dict[str, Any]:
    """The body of that JSON."""
    return {"body00": zlib.compress(msgspec.json.encode(value))}


def changed_body(change: Callable[[Any], object]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Change the JSON of a row."""

    def body(row: Mapping[str, Any]) -> dict[str, Any]:
        value = json_of(row)
        change(value)
        return packed(value)

    return body


UNREADABLE: dict[str, tuple[Callable[[Mapping[str, Any]], dict[str, Any]], str]] = {
    "an unknown state of the recording": (
        changed_body(lambda body: body["recording"].update(state=SECRET)),
        "a value that this version does not allow, at $.recording.state",
    ),
    "an unknown state of a chunk": (
        changed_body(lambda body: body["chunks"][1].update(state=SECRET)),
        "a value that this version does not allow, at $.chunks[1].state",
    ),
    "a number for a text": (
        changed_body(lambda body: body["chunks"][0].update(name=7)),
        "Expected `str`, got `int`, at $.chunks[0].name",
    ),
    "a date that is none": (
        changed_body(lambda body: body["recording"].update(started_at=SECRET)),
        "a value that this version does not allow, at $.recording.started_at",
    ),
    "a field that is missing": (
        changed_body(lambda body: body["chunks"][0].pop("name")),
        "Object missing required field `name`, at $.chunks[0]",
    ),
    "a list": (lambda _: packed([SECRET]), "Expected `object`, got `array`, at $"),
    "the entry of another recording": (
        changed_body(lambda body: body["recording"].update(recording_id=SECRET)),
        "it is the entry of another recording",
    ),
    "no JSON": (lambda _: {"body00": zlib.compress(f"{{{SECRET}".encode())}, "its body is not JSON"),
    "no UTF-8": (
        lambda _: {"body00": zlib.compress(b'{"recording": {"recording_id": "\xff"}}')},
        "its body is not JSON",
    ),
    "plain JSON": (lambda _: {"body00": f'"{SECRET}"'.encode()}, "its body cannot be decompressed"),
    "a body cut off": (
        lambda row: {"body00": row["body00"][:-5]},
        "its body is truncated, or continues after its end",
    ),
    "a body with something behind it": (
        lambda row: {"body01": row["body00"]},
        "its body is truncated, or continues after its end",
    ),
    "a body that unpacks to a hundred mebibytes": (
        lambda _: {"body00": zlib.compress(bytes(100 << 20))[: 64 << 10]},
        "its body is truncated, or continues after its end",
    ),
    "no body": (lambda _: {"body00": None}, "its body is missing"),
    "a body of text": (lambda _: {"body00": SECRET}, "its body is missing"),
    "no schema": (lambda _: {"schema": None}, "its schema has never existed"),
    "a schema of text": (lambda _: {"schema": SECRET}, "its schema has never existed"),
    "schema 0": (lambda _: {"schema": 0}, "its schema has never existed"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_row_that_cannot_be_read_needs_a_person(
    real_catalog: RealCatalog, recording_id: RecordingId, what: str
) -> None:
    """The error names recording and place and shows no value; the row is not changed."""
    change, cause = UNREADABLE[what]
    real_catalog.catalog.save(whole_entry(recording_id))
    store(real_catalog, recording_id, change(stored(real_catalog, recording_id)))
    before = stored(real_catalog, recording_id)
    with pytest.raises(EntryUnreadable) as caught:
        real_catalog.catalog.load(recording_id)

    assert isinstance(caught.value, Permanent)
    assert (cause, {"recording_id": recording_id}) == (caught.value.cause, caught.value.ids)
    assert caught.value.hint
    assert SECRET not in str(caught.value)
    assert before == stored(real_catalog, recording_id)


@pytest.mark.parametrize("piece", range(4))
def test_an_entry_of_which_a_piece_is_missing_needs_a_person(
    real_catalog: RealCatalog, recording_id: RecordingId, piece: int
) -> None:
    """The remaining pieces are not read as the whole."""
    real_catalog.catalog.save(random_entry(recording_id, 240_000))
    store(real_catalog, recording_id, {f"body{piece:02}": None})
    with pytest.raises(EntryUnreadable):
        real_catalog.catalog.load(recording_id)


@pytest.mark.parametrize("body", [None, b"", b"{", b'{"key": 1}', b"[1, 2]", b'["r"]', SECRET])
def test_a_claim_or_an_owner_that_cannot_be_read_needs_a_person(
    real_catalog: RealCatalog, mark: str, body: object
) -> None:
    catalog = real_catalog.catalog
    asked: tuple[Callable[[], object], ...] = (
        lambda: catalog.claim(claim(mark)),
        lambda: catalog.own(mark, RecordingId("r"), DocumentId("d")),
    )
    for ask in asked:
        real_catalog.network.sent.clear()
        ask()
        row = msgspec.json.decode(real_catalog.network.sent[0].body)
        keys = {name: row[name] for name in ("PartitionKey", "RowKey")}
        real_catalog.table.upsert_entity(keys | ({} if body is None else {"body": body}), mode=UpdateMode.REPLACE)
        with pytest.raises(EntryUnreadable) as caught:
            ask()
        assert caught.value.ids


@dataclass(frozen=True)
class Checked:
    """A dataclass that checks its value."""

    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(SECRET)


def test_a_value_that_the_model_refuses_to_make_is_unreadable() -> None:
    """The checks of a dataclass apply to what is read as well."""
    with pytest.raises(EntryUnreadable) as caught:
        decoded(msgspec.json.Decoder(Checked), b'{"number": -1}', "load entry", {"recording_id": "r"})

    assert "load entry recording_id=r: a value that this version does not allow, at $" in str(caught.value)
    assert SECRET not in str(caught.value)


# For people


def test_a_row_says_whose_it_is_and_how_it_stands(real_catalog: RealCatalog, recording_id: RecordingId) -> None:
    """For a person, beside the compressed body."""
    real_catalog.catalog.save(whole_entry(recording_id))
    row = stored(real_catalog, recording_id)

    assert {"PartitionKey", "RowKey", "schema", "recordingId", "state", "body00"} == set(row)
    assert (recording_id, "announced", SCHEMA) == (row["recordingId"], row["state"], row["schema"])
    assert recording_id == json_of(row)["recording"]["recording_id"]
