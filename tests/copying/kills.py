"""The process is killed at one of its operations on the archive."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count

from recording.copying.engine import Engine
from recording.core.errors import BlobExists
from recording.core.model import BlobName
from tests.copying.copies import copy, destination
from tests.fakes import FakeArchive


class Killed(BaseException):
    """The process ends here: nothing that it would do afterwards happens."""


def killing(moment: int) -> Callable[[str, BlobName], None]:
    """Kills every operation on the archive from the given one on."""
    operations = count()

    def strike(_operation: str, _name: BlobName) -> None:
        if next(operations) >= moment:
            raise Killed

    return strike


def killed(engine: Engine, archive: FakeArchive, moment: int, *, after: bool) -> None:
    """Try a copy that is killed at the given operation, before or after that takes effect."""
    location = next(iter(engine.source.contents))  # type: ignore[attr-defined]
    if after:
        archive.after = killing(moment)
    else:
        archive.before = killing(moment)
    with suppress(Killed, BlobExists):
        copy(engine, location, destination(archive))
    archive.before = archive.after = lambda _operation, _name: None
