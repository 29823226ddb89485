"""Which blobs of a recording there may be."""

from dataclasses import replace

from recording.core.model import ChunkState
from recording.core.records.blobs import blobs_of
from tests.core.entries_of import MANIFEST, changed_recording, chunk, entry_of, native_chunk, proof


def test_media_metadata_manifests_and_what_stands_beside_them() -> None:
    found = entry_of(chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.RELEASED, with_metadata=False))
    folder = "2026/03/01"

    assert [
        ("archive", f"{folder}/0000.wav"),
        ("archive", f"{folder}/0000.wav.metadata.json"),
        ("archive", f"{folder}/0001.wav"),
        ("archive", f"{folder}/recording-1.manifest.json"),
        ("archive", f"{folder}/recording-1.people.json"),
        ("archive", f"{folder}/recording-1.seal.json"),
        ("archive", f"{folder}/recording-1.manifest-2.json"),
        ("archive", f"{folder}/recording-1.people-2.json"),
        ("archive", f"{folder}/recording-1.seal-2.json"),
    ] == list(blobs_of(changed_recording(found, manifest_name=MANIFEST.replace(".json", "-2.json"), revision=2)))


def test_a_copy_apart_is_in_its_container_and_what_the_service_wrote_is_not_ours() -> None:
    doubtful = chunk(0, ChunkState.QUARANTINED, apart=True)
    metadata = proof().metadata
    assert metadata is not None
    native = native_chunk(1, ChunkState.KEPT)
    assert native.proof is not None
    in_place = replace(native.proof, metadata=replace(metadata, container="https://customer/calls"))

    found = list(blobs_of(entry_of(doubtful, replace(native, proof=in_place))))
    assert [("quarantine", "2026/03/01/0000.wav"), ("quarantine", "2026/03/01/0000.wav.metadata.json")] == found
