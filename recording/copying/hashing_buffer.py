"""A view that fills up from one or more transfers, hashed as it does."""

import hashlib

from recording.copying.destination import Progress, unwatched
from recording.core.errors import TransferBroken
from recording.core.media import is_page
from recording.ports import Transfer

OPERATION = "read source"
_SLICE = 1 << 20
"""Bytes read and hashed at a time: many enough to cost little, few enough that a break loses little of what came."""
_FIRST_SLICE = 128 << 10
"""Bytes of a block that are read first, for the pace to hear soon that they flow."""
_PAGE = 256
"""Bytes that tell an error page."""


class HashingBuffer:
    """A view that fills up, and the digest of what is in it."""

    def __init__(self, view: memoryview, on_bytes: Progress = unwatched) -> None:
        self.view = view
        self.on_bytes = on_bytes
        self.forget()

    def forget(self) -> None:
        """Begin anew: what has come is not believed."""
        self.got = 0
        self.sha256 = hashlib.sha256()

    @property
    def digest(self) -> bytes:
        """The SHA-256 of what is in it."""
        return self.sha256.digest()

    @property
    def missing(self) -> int:
        """How many bytes are still to come."""
        return len(self.view) - self.got

    def take(self, transfer: Transfer, upto: int | None = None, *, inside: bool = False) -> None:
        """Read until the view is full, or has `upto` bytes; what came before a break stays.

        What comes first from `inside` the content must not look like a page that stands in its place.
        """
        end = len(self.view) if upto is None else upto
        while self.got < end:
            piece = _SLICE if self.got else _FIRST_SLICE
            read = transfer.readinto(self.view[self.got : min(self.got + piece, end)])
            if read == 0:
                raise TransferBroken(OPERATION, f"the body ended {self.missing} bytes too early")
            if inside and is_page(bytes(self.view[self.got : self.got + min(read, _PAGE)])):
                raise TransferBroken(OPERATION, "an error page is where a range of the media should be")
            inside = False
            self.sha256.update(self.view[self.got : self.got + read])
            self.got += read
            self.on_bytes(read)
