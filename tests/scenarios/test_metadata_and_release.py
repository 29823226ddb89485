"""A chunk's metadata file and the release at the source, with every fault of either."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from local.acs.fault_table import FAULTS
from local.acs.faults import Fault, Trigger
from local.stack import Stack, wait_for
from tests.scenarios.sounds import MEBIBYTE, long_wav, short_wav
from tests.scenarios.worlds import (
    ARCHIVE,
    WAYS,
    Given,
    assert_archived,
    assert_incomplete,
    assert_quarantined,
    blob,
    blobs_of,
    chunk_view,
    given,
    outlive,
    told,
    view,
    wait_completed,
    wait_failures,
    wait_state,
    wait_told,
)

SAYS_NOTHING, OF_ANOTHER = "metadata_says_nothing", "metadata_of_another"
"""Each has a scenario of its own."""
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
    "delete_slow_body": {"amount": 5, "seconds": 0.05},
    "delete_slow_head": {"amount": 5, "seconds": 0.05},
    "delete_long_body": {"amount": 600 << 20},
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
    "gone meanwhile": ("delete_503", [short_wav(726)]),
    "expired": ("not_ready_404", [short_wav(740), short_wav(741)]),
    "lost": ("not_ready_404", [long_wav(742)]),
    "never any metadata": ("metadata_not_ready_404", [short_wav(733)]),
    **{name: (name, [long_wav(718 + number)]) for number, name in enumerate(GONE_BY_DELETE)},
}
"""Faults that last until their test ends them: the fault of the first chunk, and the chunks."""


@dataclass(frozen=True)
class Afflicted:
    """A recording with a fault at its source."""

    given: Given
    fault: Fault


@pytest.fixture(scope="module", params=WAYS)
def afflicted(request: pytest.FixtureRequest, stack: Stack) -> Iterator[dict[str, Afflicted]]:
    """One recording for each fault, all announced at once; first served in one way, then in the other."""
    found: dict[str, Afflicted] = {}
    for name, trigger in {**METADATA, **DELETE}.items():
        recording = given(stack, [short_wav(700 + len(found))])
        found[name] = Afflicted(recording, recording.arm(name, **trigger))
    for case, (name, chunks) in LASTING.items():
        recording = given(stack, chunks)
        found[case] = Afflicted(recording, recording.arm(name, count=None))
    for one in found.values():
        one.given.serve(request.param)
        one.given.publish()
    yield found
    stack.clear_messages()


@pytest.mark.parametrize("name", METADATA)
def test_a_fault_of_the_metadata_file_costs_nothing(stack: Stack, afflicted: dict[str, Afflicted], name: str) -> None:
    """The media is archived at once; the release waits for the metadata."""
    assert_archived(stack, afflicted[name].given.recording)
    assert afflicted[name].fault.hits > 0


def test_a_metadata_file_that_says_nothing_stays_beside_the_better_one(stack: Stack) -> None:
    """Nothing is overwritten; the manifest names the second file."""
    found = given(stack, [short_wav(690)])
    fault = found.arm(SAYS_NOTHING, count=2)
    found.publish()
    manifest = json.loads(blob(stack.container(), wait_completed(stack, found.id)["manifest"]))
    (chunk,), (source,) = manifest["chunks"], found.chunks

    assert fault.hits > 0
    assert source.metadata == blob(stack.container(), chunk["metadata"]["blob"])
    assert b"{}" == blob(stack.container(), f"{chunk['blob']}.metadata.json")
    assert not source.exists


def test_the_metadata_file_of_another_document_is_a_doubt_that_passes(stack: Stack) -> None:
    """The media is in quarantine, and archived once the file is its own."""
    found = given(stack, [short_wav(691)])
    fault = found.arm(OF_ANOTHER, count=1)
    found.publish()

    assert_archived(stack, found.recording, apart=True)
    assert fault.hits > 0
    assert told(stack, "RecordingQuarantined", found.id)


@pytest.mark.parametrize("name", DELETE)
def test_a_fault_of_the_release_is_no_second_archive(stack: Stack, afflicted: dict[str, Afflicted], name: str) -> None:
    """Whether the delete was executed or not, the source is deleted in the end and the chunk archived once."""
    assert_archived(stack, afflicted[name].given.recording)
    assert afflicted[name].fault.hits > 0


@pytest.mark.parametrize("fault", GONE_BY_DELETE)
def test_a_delete_that_finds_nothing_is_not_believed_while_the_content_is_served(
    stack: Stack, afflicted: dict[str, Afflicted], fault: str
) -> None:
    """The delete is retried until something is deleted; nothing is copied again."""
    one = afflicted[fault]
    wait_failures(stack, one.given.id, 2)
    (source,) = one.given.chunks
    assert "archived" == chunk_view(stack, one.given.id)["state"]
    assert source.exists
    assert {} == told(stack, "RecordingArchived", one.given.id)
    one.fault.stop()

    assert_archived(stack, one.given.recording)


def test_a_delete_that_finds_nothing_is_believed_once_the_content_is_gone_too(
    stack: Stack, afflicted: dict[str, Afflicted]
) -> None:
    """Somebody else has deleted it, or it has expired."""
    one = afflicted["gone meanwhile"]
    wait_state(stack, one.given.id, "archived")
    wait_failures(stack, one.given.id, 1)
    stack.acs.world.expire(one.given.recording.documents[0])
    one.fault.stop()

    assert_archived(stack, one.given.recording)


def test_every_metadata_and_delete_fault_of_the_table_is_suffered_here() -> None:
    """A new fault of the local service needs a scenario."""
    known = {name for name, kind in FAULTS.items() if kind.operation in {"metadata", "delete"}}

    assert {SAYS_NOTHING, OF_ANOTHER} == known - set(METADATA) - set(DELETE) - set(GONE_BY_DELETE)


def test_the_source_is_kept_until_its_metadata_has_come(stack: Stack, afflicted: dict[str, Afflicted]) -> None:
    """The media is archived and proven, and not copied again; nothing is released or reported as archived."""
    one = afflicted["without metadata"]
    found = one.given
    wait_failures(stack, found.id, 3)
    (source,) = found.chunks

    assert 1 == len(blobs_of(stack, ARCHIVE, found.id))
    assert source.exists
    assert {} == told(stack, "RecordingArchived", found.id)
    one.fault.stop()
    assert_archived(stack, found.recording)
    # Each try reads the first block; the other blocks were read once.
    tries = one.fault.hits + 1
    assert stack.acs.world.bytes_served(source.document_id) < source.length + tries * 1.1 * MEBIBYTE


def test_a_recording_whose_metadata_never_comes_is_incomplete(stack: Stack, afflicted: dict[str, Afflicted]) -> None:
    """When its source must have expired, the alert is published with the manifest; nothing is deleted."""
    found = afflicted["never any metadata"].given
    wait_state(stack, found.id, "archived")
    outlive(stack, found.id)

    manifest = assert_incomplete(stack, found.recording, "the metadata file of chunk 0 never came")
    assert ["incomplete", "kept"] == [view(stack, found.id)["state"], chunk_view(stack, found.id)["state"]]
    assert "metadata" in manifest["chunks"][0]["keptReason"]
    assert found.chunks[0].exists


@pytest.mark.parametrize("harm", ["deleted", "rewritten", "metadata deleted"])
def test_no_source_is_released_on_a_blob_that_was_harmed(
    stack: Stack, afflicted: dict[str, Afflicted], harm: str
) -> None:
    """It is copied again from the source, and an alert says that the archive has lost a blob."""
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
        assert "another blob" in assert_quarantined(stack, found.recording)
        assert b"something else" == container.download_blob(name).readall()
        return
    afflicted[harm].fault.stop()

    assert_archived(stack, found.recording)
    assert 1 == len(told(stack, "RecordingDamaged", found.id))


def test_a_source_that_expired_before_it_could_be_had_is_lost_and_a_person_told(
    stack: Stack, afflicted: dict[str, Afflicted]
) -> None:
    """Once, after its latest end; its other chunk is archived, with a manifest that says so."""
    found = afflicted["expired"].given
    stack.acs.world.expire(found.recording.documents[0])
    wait_failures(stack, found.id, 2)
    wait_state(stack, found.id, "released", 1)
    assert "announced" == chunk_view(stack, found.id)["state"]
    outlive(stack, found.id)
    wait_state(stack, found.id, "lost", 0)

    manifest = assert_incomplete(stack, found.recording, "chunk 0 is lost")
    assert [1] == [chunk["index"] for chunk in manifest["chunks"]]
    wait_told(stack, "RecordingLost", found.id)
    (body,) = told(stack, "RecordingLost", found.id).values()
    assert found.recording.documents[0] == body["documentId"]
    assert "lost" == view(stack, found.id)["state"]


def test_a_lost_recording_that_turns_up_again_is_archived(stack: Stack, afflicted: dict[str, Afflicted]) -> None:
    """A time or a clock was wrong: when the event is replayed, the chunk is archived."""
    one = afflicted["lost"]
    wait_failures(stack, one.given.id, 1)
    outlive(stack, one.given.id)
    wait_state(stack, one.given.id, "lost")
    one.fault.stop()
    one.given.publish()

    assert_archived(stack, one.given.recording)
    wait_told(stack, "RecordingLost", one.given.id)


def test_a_source_that_is_late_is_not_lost_before_its_deadline(stack: Stack, afflicted: dict[str, Afflicted]) -> None:
    """The service also answers 404 a minute before the file exists."""
    one = afflicted["late"]
    wait_failures(stack, one.given.id, 3)
    assert "announced" == chunk_view(stack, one.given.id)["state"]
    one.fault.stop()

    assert_archived(stack, one.given.recording)


def test_the_topic_being_out_of_order_holds_nothing_back_for_good(stack: Stack) -> None:
    """The event is published once the topic is available again; there is one manifest."""
    found = given(stack, [short_wav(744)])
    stack.event_grid.topic.fail(401, count=2)
    found.publish()

    wait_completed(stack, found.id)
    assert_archived(stack, found.recording)
