"""Proves recordings: everything that any revision of a manifest says is true, or each problem is named."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .digests import digest_of
from .listing import Listing
from .manifests import Claim, Manifest, WrongManifest, read_manifest, siblings

MOST_MANIFEST = 16 << 20
"""Bytes; a manifest of a hundred chunks has about a hundred kilobytes."""


OF_THE_APP = ("holds/", "ends/")
"""Folders of an archive with copies of what the app itself keeps: of holds, and of decisions about ends."""
PROVEN, INCOMPLETE, FAILED = "proven", "incomplete", "failed"


@dataclass(frozen=True)
class Problem:
    """What is wrong with the blob or file of this name."""

    name: str
    problem: str


@dataclass(frozen=True)
class Recording:
    """The result for one recording. `lacks` and `doubts` are its latest manifest's.

    `chunks`, `length`: of the media that the latest manifest names and that were read here.
    """

    manifest: str
    recording_id: str | None
    chunks: int
    length: int
    lacks: tuple[str, ...]
    doubts: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def state(self) -> str:
        """An incomplete recording counts as proven if all that exists of it is."""
        if self.problems:
            return FAILED
        return INCOMPLETE if self.lacks else PROVEN


@dataclass(frozen=True)
class Proving:
    """Proves the content of a folder; `on_read` is called with the number of bytes of each piece read."""

    root: Path
    listing: Listing
    on_read: Callable[[int], None]
    named: dict[str, str] = field(default_factory=dict)
    """The blobs that manifests have named so far, each with the recording it belongs to."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """The blobs that are left out of an export on purpose, with the reasons: they are lacking, and not wrong."""

    def recordings(self) -> Iterator[Recording]:
        """Prove the recordings one by one; afterwards `unnamed` is known."""
        for recording, names in self.listing.recordings():
            yield self._prove(recording, names)

    def unnamed(self) -> list[str]:
        """The files that no manifest names and that belong to none: nothing says what they should contain.

        None of them are those of the app itself, which are no recording's.
        """
        manifests = {name for _, names in self.listing.recordings() for name in names}
        beside = {sibling for name in manifests for sibling in siblings(name)}
        rest = self.listing.files - self.named.keys() - manifests - beside
        return sorted(name for name in rest if not name.startswith(OF_THE_APP))

    def _prove(self, recording: str, names: list[str]) -> Recording:
        problems: list[Problem] = []
        claims: dict[Claim, None] = {}  # in order; revisions repeat most of them, and each is proven once
        latest: Manifest | None = None
        for name in names:
            try:
                latest = read_manifest(self._raw(name), name)
            except (OSError, WrongManifest) as error:
                latest = None
                problems.append(Problem(name, f"is no manifest to prove by: {_reason(error)}"))
            else:
                claims.update(dict.fromkeys((*latest.chunks, *latest.metadata)))
        missing = self.left_out.keys() - self.listing.files - self.listing.wrong.keys()
        if latest is not None and latest.is_rewritten:
            claims = {claim: None for claim in claims if not self._is_removed(claim, latest)}
        here = [claim for claim in claims if not claim.container and claim.blob not in missing]
        left_out = [f"{one.blob} is left out: {self.left_out[one.blob]}" for one in claims if one.blob in missing]
        problems += [Problem(claim.blob, wrong) for claim in here if (wrong := self._wrong(claim, recording))]
        chunks = [claim for claim in (latest.chunks if latest else ()) if claim in here]
        return Recording(
            names[-1],
            latest.recording_id if latest else None,
            len(chunks),
            sum(claim.length for claim in chunks),
            (*(latest.lacks if latest else ()), *left_out),
            latest.doubts if latest else (),
            tuple(problems),
        )

    def _is_removed(self, claim: Claim, latest: Manifest) -> bool:
        """Whether only an earlier revision names a blob that is gone: somebody was taken out of the recording since."""
        return claim not in (*latest.chunks, *latest.metadata) and claim.blob not in self.listing.files

    def _raw(self, name: str) -> bytes:
        with (self.root / name).open("rb") as stream:
            raw = stream.read(MOST_MANIFEST + 1)
        self.on_read(len(raw))
        if len(raw) > MOST_MANIFEST:
            raise WrongManifest(f"it has more than {MOST_MANIFEST} bytes")
        return raw

    def _wrong(self, claim: Claim, recording: str) -> str | None:
        owner = self.named.setdefault(claim.blob, recording)
        if owner != recording:
            return f"belongs to recording {owner} by another manifest"
        if claim.blob in self.listing.wrong:
            return self.listing.wrong[claim.blob]
        if claim.blob not in self.listing.files:
            return "is missing"
        try:
            return wrong_content(self.root / claim.blob, claim.length, claim.digest, claim.block_size, self.on_read)
        except OSError as error:
            return f"cannot be read: {_reason(error)}"


def wrong_content(
    path: Path, length: int | None, digest: str, block_size: int | None, on_read: Callable[[int], None]
) -> str | None:
    """What is wrong with a file's content; None if length (if known) and digest are as given.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb", buffering=0) as stream:
        found_length = os.fstat(stream.fileno()).st_size
        if length is not None and found_length != length:
            return f"has {found_length} bytes in place of {length}"
        found = digest_of(stream, block_size, on_read)
    return None if found == digest else f"holds other bytes: their digest is {found}"


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
