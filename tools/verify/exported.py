"""Checks the package of an export: each file by the list of hashes, and each audit trail by its chain.

What its manifests say of the media and metadata in it, `proving` checks.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .listing import Listing
from .manifests import encode
from .proving import Problem, wrong_content

HASHES, SEAL, CONTENTS = "hashes.json", "hashes.json.sha256", "contents.json"
"""The list of hashes, the hash of that list, and what is in the package and what is not."""
ARCHIVE = "archive/"
"""What lies below it has the names that it has in the archive."""
_SCHEMA = "recording-export-hashes/1"
_MADE_BY_PYTHON = "verify/__pycache__/"
"""Python writes it when it runs this program from the package, before the program can forbid that."""
_TRAIL = re.compile(r"recordings/(?P<recording>[^/]+)/trail\.jsonl")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class WrongPackage(Exception):
    """The list of hashes cannot be read, so nothing can be checked by it."""


@dataclass(frozen=True)
class Exported:
    """A package that was unpacked; `on_read` is called with the number of bytes of each piece read."""

    root: Path
    listing: Listing
    on_read: Callable[[int], None]

    @property
    def archive(self) -> Listing:
        """What lies below `ARCHIVE`, under the names of the archive."""
        files = {name[len(ARCHIVE) :] for name in self.listing.files if name.startswith(ARCHIVE)}
        wrong = {name[len(ARCHIVE) :]: why for name, why in self.listing.wrong.items() if name.startswith(ARCHIVE)}
        return Listing(files, wrong)

    def left_out(self) -> dict[str, str]:
        """The blobs that the package says are not in it, with the reasons; none if it cannot be read."""
        try:
            found = json.loads((self.root / CONTENTS).read_bytes())
            absent = [one for recording in found["recordings"] for one in recording["absent"]]
            return {str(one["blob"]): str(one["reason"]) for one in absent if one["blob"]}
        except (OSError, ValueError, RecursionError, KeyError, TypeError):
            return {}

    def extra(self) -> list[str]:
        """The files that the list does not name."""
        extra = self.listing.files - self._hashes().keys() - {HASHES, SEAL}
        return sorted(name for name in extra if not name.startswith(_MADE_BY_PYTHON))

    def wrong_files(self) -> Iterator[Problem]:
        """Each file that is missing, or is not what the list says; the list itself first.

        Raises:
            WrongPackage: the list cannot be read.
        """
        if wrong := self._wrong_list():
            yield Problem(HASHES, wrong)
        for name, (length, digest) in sorted(self._hashes().items()):
            if name not in self.listing.files:
                yield Problem(name, self.listing.wrong.get(name, "is missing"))
                continue
            try:
                wrong_bytes = wrong_content(self.root / name, length, digest, None, self.on_read)
            except OSError as error:
                wrong_bytes = f"cannot be read: {error.strerror or error}"
            if wrong_bytes:
                yield Problem(name, wrong_bytes)

    def wrong_trails(self) -> Iterator[Problem]:
        """Each audit trail whose acts do not follow from one another."""
        for name in sorted(self.listing.files):
            if match := _TRAIL.fullmatch(name):
                try:
                    wrong = _broken((self.root / name).read_bytes(), match["recording"])
                except OSError as error:
                    wrong = f"cannot be read: {error.strerror or error}"
                if wrong:
                    yield Problem(name, wrong)

    def _wrong_list(self) -> str:
        try:
            digest = hashlib.sha256((self.root / HASHES).read_bytes()).hexdigest()
            said = (self.root / SEAL).read_bytes()
        except OSError as error:
            return f"cannot be checked: {error.strerror or error}"
        return "" if said == f"{digest}  {HASHES}\n".encode() else f"is not what {SEAL} says"

    def _hashes(self) -> dict[str, tuple[int, str]]:
        try:
            found = json.loads((self.root / HASHES).read_bytes())
            if found["schema"] != _SCHEMA:
                raise WrongPackage(f"the schema of {HASHES} is not {_SCHEMA!r}")
            return {str(one["path"]): (int(one["length"]), _sha256(one["sha256"])) for one in found["files"]}
        except (OSError, ValueError, RecursionError, KeyError, TypeError) as error:
            raise WrongPackage(f"{HASHES} cannot be read: {type(error).__name__}: {error}") from error


def _broken(raw: bytes, recording: str) -> str:
    """Where a trail is broken; empty if it is not. Each line is an act, and names the hash of the line before."""
    before = ""
    for number, line in enumerate(raw.split(b"\n")[:-1], 1):
        try:
            act: Any = json.loads(line)
            said = (act["number"], act["previous"], encode(act["recordingId"]))
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            return f"is broken: line {number} is no act"
        if said != (number, before, recording):
            return f"is broken: act {number} does not follow from the one before"
        before = hashlib.sha256(line).hexdigest()
    return "" if raw.endswith(b"\n") else "is broken: its last line is cut off"


def _sha256(value: object) -> str:
    if not (isinstance(value, str) and _SHA256.fullmatch(value)):
        raise ValueError("no SHA-256 in hex")
    return value
