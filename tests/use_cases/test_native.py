"""What the service writes into the customer's own container: proven where it stands, and nothing of it is touched."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.blocks import Hasher
from recording.core.errors import SourceBusy, SourceRefused
from recording.core.lifecycle import Decided
from recording.core.model import Authority, BlobName, ChunkState, Door, Location, Place, RecordingState, Ruling
from tests.use_cases.world import (
    BLOCK,
    NATIVE,
    RECORDING,
    START,
    World,
    elsewhere,
    file_event_of,
    metadata_of,
    sound,
)

AFTER = timedelta(hours=26)


def test_it_is_proven_in_place_and_its_recording_completed() -> None:
    world = World()
    chunk = world.add_native(seconds=3)
    before = dict(world.native.blobs)
    world.deliver(file_event_of(chunk))
    world.run()

    found = world.chunk()
    assert (ChunkState.KEPT, "native") == (found.state, found.kept_reason)
    assert world.entry().recording.state is RecordingState.ARCHIVED
    assert found.proof is not None
    name = BlobName(chunk.content_location.removeprefix(f"{NATIVE}/"))
    whole = Hasher(BLOCK)
    whole.update(memoryview(sound(3)))
    assert (Place.NATIVE, NATIVE, name) == (found.proof.place, found.proof.container, found.proof.name)
    assert (len(sound(3)), whole.digest()) == (found.proof.length, found.proof.digest)
    assert before[name].etag == found.proof.etag
    assert found.proof.metadata is not None
    assert hashlib.sha256(metadata_of("document-0", 0, 3)).hexdigest() == found.proof.metadata.sha256
    assert NATIVE == found.proof.metadata.container
    assert ["RecordingArchived"] == world.told()
    # Nothing was copied, changed or deleted, and nothing asked of the service.
    assert before == world.native.blobs
    assert world.blobs() == {}
    assert not world.quarantine.blobs
    assert world.source.deletions == []
    assert list(world.missing_rows()) == []


def test_its_manifest_is_in_the_archive_and_says_where_it_is() -> None:
    world = World()
    chunk = world.add_native()
    signed = replace(chunk, content_location=Location(f"{chunk.content_location}?sv=1&sig=s3cret"))
    world.deliver(file_event_of(signed))
    world.run()

    chunks = world.manifest()["chunks"]
    assert isinstance(chunks, list)
    described = chunks[0]
    assert (NATIVE, chunk.content_location) == (
        described["container"],
        f"{described['container']}/{described['blob']}",
    )
    assert "native" == described["keptReason"]
    everywhere = json.dumps([world.manifest(), repr(world.entry()), repr(world.topic.received)])
    assert "s3cret" not in everywhere


def test_a_recording_may_be_partly_in_both_places() -> None:
    """Each chunk by its own location: the one at the service is copied, proven and released."""
    world = World()
    native, served = world.add_native(), world.add("document-1", 1)
    world.deliver(file_event_of(native, served))
    world.run()

    assert (ChunkState.KEPT, ChunkState.RELEASED) == (world.state(), world.state("document-1"))
    assert [served.delete_location] == world.source.deletions
    assert sound(1, 2) in world.blobs().values()
    assert sound(1, 1) not in world.blobs().values()
    assert ["RecordingArchived"] == world.told()


@pytest.mark.parametrize("authority", Authority)
def test_a_delete_location_beside_it_is_not_used(authority: Authority) -> None:
    """Whatever the settings say: nothing was copied, so nothing may be deleted."""
    world = World(authority=authority)
    at_service = world.add()
    chunk = replace(world.add_native(), delete_location=at_service.delete_location)
    world.deliver(file_event_of(chunk))
    world.run()

    assert (ChunkState.KEPT, []) == (world.state(), world.source.deletions)


def test_an_export_that_failed_is_archived_from_the_service_as_usual() -> None:
    world = World()
    world.add_native(is_late=True)
    world.deliver(file_event_of(world.add(), storageType="azureBlobStorage"))
    world.run()

    assert world.state() is ChunkState.RELEASED
    assert sound() in world.blobs().values()


def test_what_is_not_there_yet_is_looked_for_again() -> None:
    world = World()
    chunk = world.add_native(is_late=True)
    world.deliver(file_event_of(chunk))
    world.run(timedelta(hours=5))
    assert world.state() is ChunkState.ANNOUNCED
    assert world.told() == []
    world.add_native()
    world.run()

    assert world.state() is ChunkState.KEPT


def test_what_never_comes_is_left_to_a_person_and_not_called_lost() -> None:
    """The source does not end: it may be found later, and then a person says to look again."""
    world = World()
    world.deliver(file_event_of(world.add_native(is_late=True)))
    world.run()
    assert world.clock.now() >= START + timedelta(hours=24)
    assert world.chunk().is_undecided
    assert ["RecordingQuarantined"] == world.told()
    world.add_native()
    world.updates.apply(RECORDING, Decided(world.chunk().document_id, Ruling.RETRY, "it is there now"))
    world.deliver(file_event_of(world.add_native()))
    world.run()

    assert world.state() is ChunkState.KEPT


def test_a_later_announcement_at_the_service_is_tried_as_well() -> None:
    world = World()
    world.deliver(file_event_of(world.add_native(is_late=True)))
    world.run(timedelta(hours=2))
    at_service = replace(world.add())
    world.deliver(file_event_of(at_service, event_id="event-2"))
    world.run()

    assert world.state() is ChunkState.RELEASED
    assert sound() in world.blobs().values()


def test_a_refusal_is_no_loss() -> None:
    """A role that is missing: the recording is there, and nobody may say that it is lost."""
    world = World()
    world.deliver(file_event_of(world.add_native()))
    world.native.exists = False
    world.run()

    assert "RecordingLost" not in world.told()
    assert world.chunk().is_undecided
    failure = world.chunk().last_failure
    assert failure is not None
    assert SourceRefused.code == failure.code


def test_it_is_read_on_where_a_slice_ended_or_a_worker_was_killed() -> None:
    """The runs of one block each read every block about once."""
    world = World()
    seconds = BLOCK * 40 / 32_000
    world.deliver(file_event_of(world.add_native(seconds=seconds)))
    world.archiving = world.worker(slice_seconds=0.0)
    for _ in range(10):
        world.one()
    partly = world.chunk().partly_read
    assert partly is not None
    assert len(partly.digests) >= 10 * 32
    world.archiving = world.worker(slice_seconds=0.0)  # the old one was killed
    world.run()

    whole = Hasher(BLOCK)
    whole.update(memoryview(sound(seconds)))
    found = world.chunk()
    assert found.proof is not None
    assert whole.digest() == found.proof.digest
    assert found.partly_read is None


def test_of_a_blob_that_was_replaced_meanwhile_nothing_counts() -> None:
    world = World()
    chunk = world.add_native(seconds=5)
    world.deliver(file_event_of(chunk))
    world.archiving = world.worker(slice_seconds=0.0)
    for _ in range(5):
        world.one()
    other = sound(5, 9)
    world.native.put_as_stranger(BlobName(chunk.content_location.removeprefix(f"{NATIVE}/")), other)
    world.run()

    whole = Hasher(BLOCK)
    whole.update(memoryview(other))
    found = world.chunk()
    assert found.proof is not None
    assert whole.digest() == found.proof.digest


def test_odd_media_is_told_looked_at_again_and_left_to_a_person() -> None:
    world = World()
    before = world.add_native(content=b"limit exceeded, which is no media at all")
    blobs = dict(world.native.blobs)
    world.deliver(file_event_of(before))
    world.run()

    found = world.chunk()
    assert found.is_undecided
    assert found.apart is not None
    assert (Place.NATIVE, NATIVE) == (found.apart.place, found.apart.container)
    assert "RecordingQuarantined" in world.told()
    assert blobs == world.native.blobs
    assert not world.quarantine.blobs


def test_odd_media_that_becomes_right_is_proven() -> None:
    world = World()
    world.deliver(file_event_of(world.add_native(content=b"limit exceeded, which is no media at all")))
    world.run(timedelta(hours=1))
    assert world.state() is ChunkState.QUARANTINED
    world.add_native()
    world.run()

    assert world.state() is ChunkState.KEPT


def test_a_person_may_accept_what_stands_there() -> None:
    world = World()
    world.deliver(file_event_of(world.add_native(content=b"whatever it is, this is the recording")))
    world.run(timedelta(hours=1))
    world.updates.apply(RECORDING, Decided(world.chunk().document_id, Ruling.ACCEPT, "I have listened to it"))
    world.run()

    found = world.chunk()
    assert (ChunkState.KEPT, "native") == (found.state, found.kept_reason)
    assert found.proof is not None
    assert found.proof.metadata is not None
    assert any("a person has accepted it" in note for note in found.notes)
    assert not world.blobs()


@pytest.mark.parametrize("is_gone", [True, False])
def test_what_was_accepted_must_still_be_there(*, is_gone: bool) -> None:
    world = World()
    chunk = world.add_native(content=b"whatever it is, this is the recording")
    world.deliver(file_event_of(chunk))
    world.run(timedelta(hours=1))
    name = BlobName(chunk.content_location.removeprefix(f"{NATIVE}/"))
    if is_gone:
        del world.native.blobs[name]
    else:
        world.native.put_as_stranger(name, b"something else, which nobody has seen")
    world.updates.apply(RECORDING, Decided(world.chunk().document_id, Ruling.ACCEPT, "I have listened to it"))
    world.run()

    assert world.chunk().is_undecided


def test_its_metadata_file_may_come_later() -> None:
    world = World()
    world.deliver(file_event_of(world.add_native(metadata=b"")))
    world.run(timedelta(hours=1))
    assert world.state() is ChunkState.ARCHIVED
    world.add_native(content=b"")
    world.run()

    found = world.chunk()
    assert (ChunkState.KEPT, "native") == (found.state, found.kept_reason)
    assert found.proof is not None
    assert found.proof.metadata is not None


def test_a_metadata_file_that_contradicts_it_later_is_a_doubt() -> None:
    world = World()
    world.deliver(file_event_of(world.add_native(metadata=b"")))
    world.run(timedelta(hours=1))
    world.add_native(content=b"", metadata=metadata_of("another-document"))
    world.run()

    assert world.chunk().is_undecided
    assert not world.quarantine.blobs


def test_a_metadata_file_that_never_comes_holds_nothing_up() -> None:
    world = World()
    world.deliver(file_event_of(world.add_native(metadata=b"")))
    world.run()

    found = world.chunk()
    assert found.state is ChunkState.KEPT
    assert found.kept_reason.startswith("native; ")
    assert ["RecordingIncomplete"] == world.told()


def test_a_metadata_file_that_stayed_at_the_service_is_archived_from_there() -> None:
    """Its export failed: it ends there within a day, and is copied like any other."""
    world = World()
    at_service = world.add()
    chunk = elsewhere(world.add_native(), metadata=at_service.metadata_location)
    world.deliver(file_event_of(chunk))
    world.run()

    found = world.chunk()
    assert found.state is ChunkState.KEPT
    assert found.proof is not None
    assert found.proof.metadata is not None
    assert found.proof.metadata.container == ""
    assert [metadata_of("document-0")] == list(world.blobs().values())


def test_media_at_the_service_is_copied_with_its_metadata_file_of_the_container() -> None:
    world = World()
    chunk = elsewhere(world.add(metadata=b""), metadata=world.add_native(content=b"").metadata_location)
    world.deliver(file_event_of(chunk))
    world.run()

    assert world.state() is ChunkState.RELEASED
    assert {sound(), metadata_of("document-0")} == set(world.blobs().values())


def test_an_outage_of_the_container_passes() -> None:
    world = World()
    times = iter([SourceBusy("read blob", "503")] * 3)

    def busy(_operation: str, _name: BlobName) -> None:
        for error in times:
            raise error

    world.native.before = busy
    world.deliver(file_event_of(world.add_native()))
    world.run()

    assert world.state() is ChunkState.KEPT


def test_a_repeated_event_changes_nothing() -> None:
    world = World()
    event = file_event_of(world.add_native())
    world.deliver(event)
    world.run()
    before = world.entry()
    world.deliver(event)
    world.run()

    assert before.chunks == world.entry().chunks
    assert ["RecordingArchived"] == world.told()


@pytest.mark.parametrize(
    "place",
    [
        "https://other.blob.core.windows.net/calls/a.document-0.wav",
        "https://customer.blob.core.windows.net/calls-evil/a.document-0.wav",
        "https://customer.blob.core.windows.net/calls/../secrets/a.document-0.wav",
        "https://customer.blob.core.windows.net/calls/%2e%2e/secrets/a.document-0.wav",
        "https://customer.blob.core.windows.net/calls/x%2fa.document-0.wav",
        "https://user@customer.blob.core.windows.net/calls/a.document-0.wav",
        "https://20.60.1.2/calls/a.document-0.wav",
        "http://customer.blob.core.windows.net/calls/a.document-0.wav",
    ],
)
def test_no_other_place_is_asked(place: str) -> None:
    """Neither our storage nor the service: it is a doubt, and a person hears of it."""
    world = World()
    world.native.put_as_stranger(BlobName("secrets/a.document-0.wav"), sound())
    world.native.put_as_stranger(BlobName("a.document-0.wav"), sound())
    asked = list(world.native.calls)
    world.deliver(file_event_of(elsewhere(world.add_native(is_late=True), content=place, metadata=place)))
    world.run(timedelta(hours=2))

    assert asked == world.native.calls
    assert world.state() is ChunkState.QUARANTINED
    assert "RecordingQuarantined" in world.told()


def test_by_the_function_key_a_blob_counts_only_for_the_document_that_it_names() -> None:
    """A forged event that names one chunk's media, and the metadata file of another beside it."""
    world = World()
    other, mine = world.add_native("document-1", 1), world.add_native()
    forged = replace(mine, content_location=other.content_location)
    world.deliver(file_event_of(forged), Door.FUNCTION_KEY)
    world.run(timedelta(hours=2))

    assert world.state() is ChunkState.QUARANTINED


def test_a_blob_belongs_to_one_recording() -> None:
    """A second one that claims the same blob is told as a conflict."""
    world = World()
    event = file_event_of(world.add_native())
    world.deliver(event)
    world.run()
    world.deliver(file_event_of(world.add_native(), recording_id="recording-2", event_id="event-2"))
    world.run()

    assert "ConflictingEvents" in world.told()


def test_a_container_that_the_settings_name_no_more_is_not_asked() -> None:
    world = World()
    world.deliver(file_event_of(world.add_native()))
    asked = list(world.native.calls)
    natives = world.app.archiving.proving_in_place.natives
    emptied = replace(natives, by_url={})
    in_place = replace(world.app.archiving.proving_in_place, natives=emptied)
    world.archiving = replace(world.app.archiving, proving_in_place=in_place)
    world.run(timedelta(hours=1))

    assert asked == [call for call in world.native.calls if "acsmetadata" not in call[1]]
    assert world.state() is ChunkState.QUARANTINED


def test_a_compliance_recording_of_teams_is_noted_and_never_fetched() -> None:
    world = World()
    received = world.deliver(file_event_of(world.add(), recordingKind="teamsCompliance"))
    world.run()

    assert ["ignored"] == [one["outcome"] for one in received.outcomes]
    assert world.catalog.entries == {}
    assert world.blobs() == {}
    assert len(world.journal.blobs) == 1
