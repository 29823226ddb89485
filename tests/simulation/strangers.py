"""Other programs with access to the archive's account: they write and remove blobs where they should not."""

from typing import TYPE_CHECKING

from recording.core.model import BlobName, ChunkState, DocumentId, RecordingId

if TYPE_CHECKING:
    from tests.simulation.world import World

_LONG = 12 * 3600.0
_HALF = 0.5


class Strangers:
    """Called before an operation takes effect."""

    def __init__(self, world: "World") -> None:
        self.world = world

    def write(self, whom: str, name: BlobName, *args: object) -> None:
        """Somebody writes a blob of that name first: of other content, and sometimes with the metadata of ours."""
        world = self.world
        if name in world.archive.blobs or not world.chance.which(("stranger writes",), "stranger writes", whom):
            return
        labels = next((one for one in args if isinstance(one, dict)), {})
        length = int(labels.get("length", "9"))
        claims = labels if world.chance.detail < _HALF else {}
        world.story.tell("a stranger", "writes {}, with the metadata {}", name, claims)
        world.archive.put_as_stranger(name, bytes(length), claims)

    def remove(self, whom: str, object_key: str, recording_id: RecordingId, document_id: DocumentId) -> None:
        """Somebody removes a blob that is proven, just before its source is to be deleted on that proof."""
        world = self.world
        document = world.service.documents.get(document_id)
        entry = world.rules.entries.get(recording_id)
        chunk = entry.chunk(document_id) if entry else None
        if document is None or chunk is None or chunk.proof is None or chunk.state is not ChunkState.ARCHIVED:
            return
        mine = (recording_id, document_id)
        if chunk.announced.delete_location != document.base or world.catalog.owners.get(object_key, mine) != mine:
            return  # it is kept, and no source will be deleted
        is_there = document.content_location in world.source.contents
        if not is_there or document.ends_at - world.clockwork.now < _LONG or world.tasks_about(whom) > 1:
            return
        if world.chance.which(("stranger removes",), "stranger removes", whom):
            file = chunk.proof.metadata
            name = file.name if file is not None and world.chance.detail < _HALF else chunk.proof.name
            world.story.tell("a stranger", "removes {}", name)
            world.archive.blobs.pop(name, None)
            world.rules.forget(name)
