"""A chunk's metadata file and the release at the source, with every fault of either."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from local.acs.events import Event, wire_time
from local.acs.faults import FAULTS, Fault, Trigger
from local.stack import Stack, wait_for
from tests.scenarios.sounds import MEBIBYTE, long_wav, short_wav
from tests.scenarios.worlds import (
    ARCHIVE,
    Given,
    assert_archived,
    behave,
    blobs_of,
    chunk_view,
    given,
    told,
    view,
    wait_completed,
    wait_failures,
    wait_state,
)

METADATA: Mapping[str, Trigger] = {
    "metadata_not_ready_404": {"count": 2},
    "metadata_html": {"count": 2},
    "metadata_empty": {"count": 2},
    "metadata_503": {"count": 5},
    "reset_mid_body": {"on": "metadata", "count": 2},
    "truncated_chunked": {"on": "metadata", "count": 2},
    "truncated_wrong_length": {"on": "metadata", "count": 2},
    "forbidden": {"on": "metadata", "count": 2},
}
DELETE: Mapping[str, Trigger] = {
    "delete_401": {"count": 2},
    "delete_403": {"count": 2},
    "delete_409": {"count": 2},
    "delete_500": {"count": 2},
    "delete_503": {"count": 2},
    "delete_202": {},
    "delete_204": {},
    "delete_200_html": {},
    "delete_broken_json_401": {"count": 2},
    "delete_broken_json_403": {},
    "delete_broken_json_409": {},
    "delete_broken_json_500": {},
    "delete_broken_json_503": {},
    "delete_broken_xml_503": {},
    "delete_gzip_bomb": {"count": 2},
    "delete_retry_after_day": {},
    "delete_drip": {"amount": 5, "seconds": 0.05},
    "delete_head_drip": {"amount": 5, "seconds": 0.05},
    "delete_flood": {"amount": 600 << 20},
    "delete_timeout_after_success": {"seconds": 0.5},
    "delete_response_lost": {},
}
GONE_BY_DELETE = ("delete_404", "delete_broken_json_404")
LASTING: Mapping[str, tuple[str, list[bytes]]] = {
    "late": ("not_ready_404", [short_wav(720)]),
    "without metadata": ("metadata_not_ready_404", [long_wav(721)]),
    "deleted": ("delete_503", [long_wav(722), short_wav(723)]),
    "rewritten": ("delete_503", [long_wav(724)]),
    "metadata deleted": ("delete_503", [short_wav(725)]),
}
"""What lasts until its test has seen enough: the fault of the first chunk, and the chunks."""


@dataclass(frozen=True)
class Afflicted:
    """A recording whose source misbehaves."""

    given: Given
    fault: Fault


@pytest.fixture(scope="module")
def afflicted(stack: Stack) -> dict[str, Afflicted]:
    """A recording for each fault, all announced at once."""
    found: dict[str, Afflicted] = {}
    for name, trigger in {**METADATA, **DELETE}.items():
        recording = given(stack, [short_wav(700 + len(found))])
        found[name] = Afflicted(recording, recording.arm(name, **trigger))
    for case, (name, chunks) in LASTING.items():
        recording = given(stack, chunks)
        found[case] = Afflicted(recording, recording.arm(name, count=None))
    for one in found.values():
        one.given.publish()
    return found


def long_ago(event: Event) -> Event:
    """The event as if it had come 25 hours ago: its source ended an hour ago."""
    return event | {"eventTime": wire_time(datetime.now(UTC) - timedelta(hours=25))}


@pytest.mark.parametrize("name", METADATA)
def test_a_fault_of_the_metadata_file_costs_nothing(stack: Stack, afflicted: dict[str, Afflicted], name: str) -> None:
    """The release waits for it."""
    assert_archived(stack, afflicted[name].given.recording)
    assert afflicted[name].fault.hits > 0


@pytest.mark.parametrize("name", DELETE)
def test_a_fault_of_the_release_is_no_second_archive(stack: Stack, afflicted: dict[str, Afflicted], name: str) -> None:
    """Whether it was deleted or not, it is in the end."""
    assert_archived(stack, afflicted[name].given.recording)
    assert afflicted[name].fault.hits > 0


def test_a_source_that_says_it_is_gone_is_believed_since_the_blob_is_verified(stack: Stack) -> None:
    """404 on a delete is an outcome, whatever the body is."""
    for number, fault in enumerate(GONE_BY_DELETE):
        found = given(stack, [long_wav(718 + number)])
        found.arm(fault, count=None)
        found.publish()

        assert_archived(stack, found.recording, released=False, state="released")


def test_every_metadata_and_delete_fault_of_the_table_is_suffered_here() -> None:
    """A fault that is added to the local service gets its scenario."""
    known = {name for name, kind in FAULTS.items() if kind.operation in {"metadata", "delete"}}

    assert set() == known - set(METADATA) - set(DELETE) - set(GONE_BY_DELETE)


def test_the_source_is_kept_until_its_metadata_has_come(stack: Stack, afflicted: dict[str, Afflicted]) -> None:
    """The media stands meanwhile, proven, and is not copied anew; nothing is released or said to be archived."""
    one = afflicted["without metadata"]
    found = one.given
    wait_failures(stack, found.id, 3)
    (source,) = found.chunks

    assert 1 == len(blobs_of(stack, ARCHIVE, found.id))
    assert source.exists
    assert {} == told(stack, "RecordingArchived", found.id)
    behave(one.fault)
    assert_archived(stack, found.recording)
    # Each try looks at the first block; the others were read once.
    tries = one.fault.hits + 1
    assert stack.acs.world.bytes_served(source.document_id) < source.length + tries * 1.1 * MEBIBYTE


def test_metadata_that_never_comes_does_not_hold_the_archive_back_for_ever(stack: Stack) -> None:
    """Once the deadline is over there is nothing to wait for: archived without, and the manifest says so."""
    found = given(stack, [short_wav(733)])
    found.arm("metadata_not_ready_404", count=None)
    stack.event_grid.publish(long_ago(found.event))

    manifest = assert_archived(stack, found.recording, metadata=False)
    assert [note for note in manifest["chunks"][0]["notes"] if "the metadata never came" in note]


@pytest.mark.parametrize("harm", ["deleted", "rewritten", "metadata deleted"])
def test_no_source_is_released_on_a_blob_that_was_harmed(
    stack: Stack, afflicted: dict[str, Afflicted], harm: str
) -> None:
    """It is copied again from the source, which is still there; a person hears that the archive loses blobs."""
    found = afflicted[harm].given
    name = wait_state(stack, found.id, "archived")["blob"]
    container = stack.container()
    match harm:
        case "deleted":
            container.delete_blob(name)
        case "rewritten":
            container.upload_blob(name, b"something else", overwrite=True)
        case _:
            container.delete_blob(f"{name}.metadata.json")
    wait_for(lambda: told(stack, "RecordingDamaged", found.id), "RecordingDamaged")
    assert found.chunks[0].exists
    if harm == "rewritten":
        wait_state(stack, found.id, "quarantined")
        assert b"something else" == container.download_blob(name).readall()
        assert found.chunks[0].exists
        return
    behave(afflicted[harm].fault)

    assert_archived(stack, found.recording)
    assert 1 == len(told(stack, "RecordingDamaged", found.id))


def test_a_source_that_expired_before_it_could_be_had_is_lost_and_a_person_told(stack: Stack) -> None:
    """Once; its other chunk is archived all the same, and the recording never said to be whole."""
    found = given(stack, [short_wav(740), short_wav(741)])
    stack.acs.world.expire(found.recording.documents[0])
    stack.event_grid.publish(long_ago(found.event), copies=2)
    wait_state(stack, found.id, "lost", 0)
    wait_state(stack, found.id, "released", 1)

    (body,) = told(stack, "RecordingLost", found.id).values()
    assert found.recording.documents[0] == body["documentId"]
    assert "lost" == view(stack, found.id)["state"]
    assert {} == told(stack, "RecordingArchived", found.id)


def test_a_lost_recording_that_turns_up_again_is_archived(stack: Stack) -> None:
    """The deadline was wrong, or a clock: when the event is replayed, nothing is lost."""
    found = given(stack, [long_wav(742)])
    gone = found.arm("not_ready_404", count=None)
    stack.event_grid.publish(long_ago(found.event))
    wait_state(stack, found.id, "lost")
    behave(gone)
    found.publish()

    assert_archived(stack, found.recording)


def test_a_source_that_is_late_is_not_lost_before_its_deadline(stack: Stack, afflicted: dict[str, Afflicted]) -> None:
    """404 is what the service says a minute before the file is there, too."""
    one = afflicted["late"]
    wait_failures(stack, one.given.id, 3)
    assert "announced" == chunk_view(stack, one.given.id)["state"]
    behave(one.fault)

    assert_archived(stack, one.given.recording)


def test_the_topic_being_out_of_order_holds_nothing_back_for_good(stack: Stack) -> None:
    """The event comes when the topic takes it again; the manifest is one."""
    found = given(stack, [short_wav(744)])
    stack.event_grid.topic.fail(401, count=2)
    found.publish()

    wait_completed(stack, found.id)
    assert_archived(stack, found.recording)
