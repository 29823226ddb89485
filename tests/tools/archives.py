"""An archive made by the app's use cases, put down as a download would."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.use_cases.world import World, file_event_of

ONE, TWO, THREE = "2026/03/01/one", "2026/03/01/two", "2026/03/01/three"
"""A recording of one chunk, one of two chunks of equal length, one whose first manifest lacked a chunk."""

MEDIA = f"{ONE}/0000-one-0"
METADATA = f"{MEDIA}.metadata.json"
ALL = {"one": "proven", "two": "proven", "three": "proven"}


@cache
def archive() -> Mapping[str, bytes]:
    """All blobs by their names."""
    world = World()
    world.deliver(file_event_of(world.add("one-0"), recording_id="one", event_id="event-1"))
    chunks = [world.add("two-0", 0, end_reason="ChunkMaximumTimeExceeded"), world.add("two-1", 1)]
    world.deliver(file_event_of(*chunks, recording_id="two", event_id="event-2"))
    chunks = [world.add("three-0", 0), world.add("three-1", 1), world.add("three-2", 2)]
    world.deliver(file_event_of(chunks[0], chunks[2], recording_id="three", event_id="event-3"))
    world.run()
    world.deliver(file_event_of(*chunks, recording_id="three", event_id="event-4"))
    world.run()
    return {str(name): blob.content for name, blob in world.archive.blobs.items()}


def put_down(blobs: Mapping[str, bytes], folder: Path) -> Path:
    """Write each blob as a file of its name, in folders; the folder."""
    for name, content in blobs.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def change_manifest(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the fields of a manifest."""
    fields = json.loads(path.read_bytes())
    change(fields)
    path.write_text(json.dumps(fields))


def change_the_last_byte(path: Path) -> None:
    """Damage that leaves the length as it was."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
