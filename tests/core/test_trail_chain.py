"""The chain of an audit trail: what its blobs contain, and that any single change of them is found, at its link."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.model import APP, Act, Actor, BlobName, CatalogEntry, Recording, RecordingId, RecordingState, Trail
from recording.core.trail import (
    MOST_UNWRITTEN,
    Break,
    Fault,
    Link,
    Verified,
    Verifying,
    added,
    folder_of,
    is_full,
    is_repeated,
    links,
    parse_name,
    read_act,
    written,
)
from tests.core.entries_of import NOW, RECORDING_ID, document

ADA = Actor("entra:ada")
Blobs = dict[BlobName, bytes]


def act(what: str = "Paused", by: Actor = ADA, minutes: int = 0, **details: str) -> Act:
    return Act(NOW + timedelta(minutes=minutes), what, by, document(0), tuple(details.items()))


def entry_with(trail: Trail, recording_id: RecordingId = RECORDING_ID) -> CatalogEntry:
    return CatalogEntry(Recording(recording_id, RecordingState.STARTED, trail=trail))


def unwritten(count: int, trail: Trail | None = None) -> Trail:
    trail = trail or Trail()
    for number in range(count):
        trail = added(trail, act(minutes=number))
    return trail


def blobs_of(entry: CatalogEntry) -> Blobs:
    return {link.name: link.body for link in links(entry.recording)}


def after_writing(entry: CatalogEntry) -> CatalogEntry:
    last = list(links(entry.recording))[-1]
    return entry_with(written(entry.recording.trail, last.number, last.hash), entry.recording.recording_id)


def verify(blobs: Mapping[BlobName, bytes], before: CatalogEntry, after: CatalogEntry | None = None) -> Verified:
    verifying = Verifying(before.recording.recording_id)
    for name, body in sorted(blobs.items()):
        verifying.take(name, body)
    return verifying.verified(before, after or before)


def numbers(verified: Verified) -> set[int | None]:
    return {one.number for one in verified.breaks}


def forged(link: Link, recording_id: RecordingId = RECORDING_ID, **fields: object) -> tuple[BlobName, bytes]:
    """A blob with other fields, and the name that fits them."""
    body = json.dumps({**json.loads(link.body), **fields}).encode()
    name = f"{folder_of(recording_id)}{link.number:09d}-{hashlib.sha256(body).hexdigest()}.json"
    return BlobName(name), body


# The blobs


def test_a_blob_says_who_did_what_and_which_blob_was_before() -> None:
    """Its name has its number and the SHA-256 of its bytes, so that any tool can check it."""
    first, second = links(entry_with(added(unwritten(1), act("Stopped", APP, 5, why="x"))).recording)

    assert {
        "schema": "recording-trail/1",
        "recordingId": RECORDING_ID,
        "number": 2,
        "previous": hashlib.sha256(first.body).hexdigest(),
        "at": "2026-03-01T12:05:00Z",
        "what": "Stopped",
        "by": "app",
        "documentId": "document-0",
        "details": {"why": "x"},
    } == json.loads(second.body)
    assert f"trail/{RECORDING_ID}/000000002-{hashlib.sha256(second.body).hexdigest()}.json" == second.name
    assert "" == json.loads(first.body)["previous"] == first.previous
    assert (2, second.hash) == parse_name(second.name, RECORDING_ID)


@pytest.mark.parametrize(
    "name",
    ["", "trail/", "trail/recording-1/1-ab.json", f"trail/other/000000001-{'a' * 64}.json", "trail/recording-1/"],
)
def test_another_name_is_none_of_an_act(name: str) -> None:
    assert parse_name(BlobName(name), RECORDING_ID) is None


@given(st.lists(st.sampled_from("PRSL"), max_size=12), st.lists(st.integers(0, 12), max_size=6))
def test_it_is_one_chain_whenever_it_is_written(kinds: list[str], cuts: list[int]) -> None:
    """Written in one go, or in pieces between the acts: the same blobs."""
    whole, piecewise, found = Trail(), Trail(), Blobs()
    for place, kind in enumerate(kinds):
        whole, piecewise = added(whole, act(kind, minutes=place)), added(piecewise, act(kind, minutes=place))
        if place in cuts:
            entry = entry_with(piecewise)
            found |= blobs_of(entry)
            piecewise = after_writing(entry).recording.trail
    found |= blobs_of(entry_with(piecewise))

    assert blobs_of(entry_with(whole)) == found
    assert Verified(len(kinds), ()) == verify(found, entry_with(piecewise))


def test_what_is_written_is_taken_away_once() -> None:
    """Late and repeated, it takes nothing more; nor does a number that the entry never had."""
    trail = unwritten(3)
    two = written(trail, 2, "ab")

    assert Trail(2, "ab", trail.unwritten[1], trail.unwritten[2:]) == two
    assert two == written(two, 1, "cd") == written(two, 2, "ab") == written(two, 4, "ef")


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (act(), True),
        (act(minutes=9), True),
        (act(minutes=10), False),
        (act(by=APP), False),
        (act("Resumed"), False),
        (act(view="trail"), False),
    ],
)
@pytest.mark.parametrize("is_written", [False, True])
def test_the_same_act_again_is_no_other_act_for_some_minutes(again: Act, *, expected: bool, is_written: bool) -> None:
    trail = added(Trail(), act())
    trail = written(trail, 1, "ab") if is_written else trail

    assert expected == is_repeated(trail, again)
    assert not is_repeated(Trail(), again)


# Too many


def test_of_too_many_acts_none_is_dropped() -> None:
    """The last stands for all that come: how many of each kind, and a digest; it is written when it is whole."""
    full = unwritten(MOST_UNWRITTEN)
    more = added(added(full, act("Stopped", minutes=7)), act(minutes=8))
    other = added(added(full, act("Stopped", minutes=7)), act(minutes=9))
    *_, last = more.unwritten
    details = dict(last.details)

    assert MOST_UNWRITTEN == len(more.unwritten)
    assert (full.unwritten[-1].at, "Condensed", APP) == (last.at, last.what, last.by)
    assert ("2", "1") == (details["Paused"], details["Stopped"])
    assert details["sha256"] != dict(other.unwritten[-1].details)["sha256"]
    assert MOST_UNWRITTEN - 1 == len(list(links(entry_with(more).recording)))
    rest = after_writing(entry_with(more))
    assert ["Condensed"] == [link.act.what for link in links(rest.recording)]
    assert ["Condensed", "Paused"] == [
        link.act.what for link in links(entry_with(unwritten(1, rest.recording.trail)).recording)
    ]


def test_looks_leave_room_for_what_is_done() -> None:
    assert not is_full(unwritten(MOST_UNWRITTEN // 2 - 1))
    assert is_full(unwritten(MOST_UNWRITTEN // 2))


# What breaks it


@given(st.integers(1, 6), st.data())
def test_any_byte_that_is_changed_is_found_at_its_link(count: int, data: st.DataObject) -> None:
    entry = entry_with(unwritten(count))
    blobs, done = blobs_of(entry), after_writing(entry)
    name = data.draw(st.sampled_from(sorted(blobs)))
    place, flip = data.draw(st.integers(0, len(blobs[name]) - 1)), data.draw(st.integers(1, 255))
    body = bytearray(blobs[name])
    body[place] ^= flip

    number = (parse_name(name, RECORDING_ID) or (0, ""))[0]
    assert (Break(Fault.CHANGED, number, name),) == verify(blobs | {name: bytes(body)}, done).breaks


@given(st.integers(1, 6), st.data())
def test_any_blob_that_is_missing_is_found(count: int, data: st.DataObject) -> None:
    """Also the last, and all of them: the catalog knows how many there are."""
    entry = entry_with(unwritten(count))
    blobs, done = blobs_of(entry), after_writing(entry)
    gone = data.draw(st.sets(st.integers(1, count), min_size=1))
    left = {name: body for name, body in blobs.items() if (parse_name(name, RECORDING_ID) or (0, ""))[0] not in gone}

    assert {Break(Fault.MISSING, number) for number in gone} == set(verify(left, done).breaks)


@given(st.integers(2, 6), st.data())
def test_any_two_that_are_exchanged_are_found(count: int, data: st.DataObject) -> None:
    entry = entry_with(unwritten(count))
    blobs, done = blobs_of(entry), after_writing(entry)
    one, other = data.draw(st.lists(st.sampled_from(sorted(blobs)), min_size=2, max_size=2, unique=True))
    swapped = blobs | {one: blobs[other], other: blobs[one]}

    assert {Break(Fault.CHANGED, (parse_name(name, RECORDING_ID) or (0, ""))[0], name) for name in (one, other)} == set(
        verify(swapped, done).breaks
    )


@given(st.integers(1, 5), st.data())
def test_a_link_that_is_forged_with_a_name_that_fits_is_found(count: int, data: st.DataObject) -> None:
    """In place of the true one, or beside it."""
    entry = entry_with(unwritten(count))
    done, chain = after_writing(entry), list(links(entry.recording))
    link = data.draw(st.sampled_from(chain))
    name, body = forged(link, by="entra:nobody")
    true = blobs_of(entry)
    replaced = {one: content for one, content in true.items() if one != link.name} | {name: body}

    assert Break(Fault.UNLINKED, link.number, name) in verify(replaced, done).breaks
    assert (Break(Fault.ADDED, link.number, name),) == verify(true | {name: body}, done).breaks


def after_the_end(chain: list[Link]) -> tuple[BlobName, bytes]:
    return forged(replace(chain[-1], number=chain[-1].number + 1), number=chain[-1].number + 1)


def far_away(chain: list[Link]) -> tuple[BlobName, bytes]:
    return forged(replace(chain[-1], number=999_999_999), number=999_999_999)


def of_another(chain: list[Link]) -> tuple[BlobName, bytes]:
    return forged(chain[0], recordingId="another")


def without_previous(chain: list[Link]) -> tuple[BlobName, bytes]:
    return forged(chain[0], previous=None)


def of_no_act(_: list[Link]) -> tuple[BlobName, bytes]:
    return BlobName(f"{folder_of(RECORDING_ID)}notes.txt"), b"?"


def with_text(text: bytes) -> tuple[BlobName, bytes]:
    return BlobName(f"{folder_of(RECORDING_ID)}000000001-{hashlib.sha256(text).hexdigest()}.json"), text


def of_no_json(_: list[Link]) -> tuple[BlobName, bytes]:
    return with_text(b"no JSON")


def of_no_object(_: list[Link]) -> tuple[BlobName, bytes]:
    return with_text(b"[1]")


@pytest.mark.parametrize(
    "make",
    [after_the_end, far_away, of_another, without_previous, of_no_act, of_no_json, of_no_object],
)
def test_a_blob_that_is_added_is_named(make: Callable[[list[Link]], tuple[BlobName, bytes]]) -> None:
    """However it is made; a number that is far away costs nothing."""
    entry = entry_with(unwritten(2))
    name, body = make(list(links(entry.recording)))

    (found,) = verify(blobs_of(entry) | {name: body}, after_writing(entry)).breaks
    assert (Fault.ADDED, name) == (found.fault, found.name)


def test_a_chain_that_begins_before_its_first_link_is_broken() -> None:
    """Its first link is not the first."""
    entry = entry_with(unwritten(1))
    (link,) = links(entry.recording)
    name, body = forged(link, previous="ab" * 32)
    done = entry_with(Trail(1, (parse_name(name, RECORDING_ID) or (0, ""))[1]))

    assert (Break(Fault.UNLINKED, 1, name),) == verify({name: body}, done).breaks


def test_of_many_breaks_the_first_are_named() -> None:
    found = verify({}, entry_with(Trail(150, "ab")))

    assert (0, 100, True) == (found.links, len(found.breaks), found.more)


# While it is written


def test_what_is_written_just_now_is_no_break() -> None:
    """The entry is read before the blobs are listed and after: what came between may be seen, or not."""
    before = entry_with(unwritten(2))
    after = entry_with(unwritten(2, after_writing(before).recording.trail))
    old, new = blobs_of(before), blobs_of(before) | blobs_of(after)

    for seen in ({}, old, new):
        assert () == verify(seen, before, after).breaks
    assert {1, 2} == numbers(verify({}, after, after))


def test_acts_that_no_blob_has_yet_are_counted() -> None:
    """A trail of which nothing was written looks different from one without acts."""
    entry = entry_with(unwritten(2))

    assert Verified(0, (), unwritten=2) == verify({}, entry)
    assert Verified(2, ()) == verify(blobs_of(entry), entry)


def test_a_trail_without_acts_is_whole() -> None:
    assert Verified(0, ()) == verify({}, entry_with(Trail()))


def test_an_act_is_read_from_its_blob() -> None:
    (link,) = links(entry_with(Trail(unwritten=(act(blob="b", length="1"),))).recording)
    without = replace(act(), document_id=None)
    (other,) = links(entry_with(Trail(unwritten=(without,))).recording)

    assert (RECORDING_ID, act(blob="b", length="1")) == read_act(link.body)
    assert (RECORDING_ID, without) == read_act(other.body)


@pytest.mark.parametrize(
    "changed",
    [{"schema": "recording-trail/2"}, {"at": "never"}, {"by": 1}, {"details": []}, {"documentId": 1}],
    ids=["schema", "time", "actor", "details", "document"],
)
def test_what_is_no_act_is_none(changed: Mapping[str, object]) -> None:
    (link,) = links(entry_with(Trail(unwritten=(act(),))).recording)

    assert read_act(json.dumps({**json.loads(link.body), **changed}).encode()) is None
    assert [None, None] == [read_act(body) for body in (b"{", b"[]")]
