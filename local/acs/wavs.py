"""Reads a wav's header: the number of channels and of sample bytes."""

import struct
from pathlib import Path

_HEADER = 64 * 1024


def wav_shape(path: Path) -> tuple[int, int] | None:
    """The channels and sample bytes of a wav file; None if it is not a wav."""
    with path.open("rb") as stream:
        head = stream.read(_HEADER)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    channels = 1
    at = 12
    while at + 8 <= len(head):
        name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"fmt ":
            channels = struct.unpack_from("<H", head, at + 10)[0]
        if name == b"data":
            return channels, min(size, path.stat().st_size - at - 8)
        at += 8 + size + size % 2
    return None
