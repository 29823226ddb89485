"""A view that is filled from one or more replies of the source, and hashed on the way."""

import hashlib

from recording.copying.destination import Progress, unwatched
from recording.core.errors import TransferBroken
from recording.core.media import is_page
from recording.ports import Transfer

OPERATION = "read source"
_PIECE = 1 << 20
"""Bytes read and hashed at a time: enough for a low overhead, few enough that a broken connection loses little."""
_FIRST_PIECE = 128 << 10
"""Bytes of a block that are read first, so that progress is reported early."""
_PAGE = 256
"""Bytes that are enough to recognise an error page."""


class HashingBuffer:
    """A view, how many bytes of it are filled (`got`), and their SHA-256."""

    def __init__(self, view: memoryview, on_bytes: Progress = unwatched) -> None:
        self.view = view
        self.on_bytes = on_bytes
        self.reset()

    def reset(self) -> None:
        """Discard what is in it."""
        self.got = 0
        self._sha256 = hashlib.sha256()

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the bytes that are in it."""
        return self._sha256.digest()

    @property
    def missing(self) -> int:
        """How many bytes are still to come."""
        return len(self.view) - self.got

    def read_from(self, transfer: Transfer, upto: int | None = None, *, inside: bool = False) -> None:
        """Read until the view is full, or has `upto` bytes; what came before an error stays.

        Args:
            transfer: the reply.
            upto: the number of bytes to have; all of the view without it.
            inside: the reply begins within the content, where an error page in its place is recognised and refused.
        """
        end = len(self.view) if upto is None else upto
        while self.got < end:
            piece = _PIECE if self.got else _FIRST_PIECE
            read = transfer.readinto(self.view[self.got : min(self.got + piece, end)])
            if read == 0:
                raise TransferBroken(OPERATION, f"the body ended {self.missing} bytes too early")
            if inside and is_page(bytes(self.view[self.got : self.got + min(read, _PAGE)])):
                raise TransferBroken(OPERATION, "an error page is where a range of the media should be")
            inside = False
            self._sha256.update(self.view[self.got : self.got + read])
            self.got += read
            self.on_bytes(read)
