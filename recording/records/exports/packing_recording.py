"""Packs one recording: its media as the rule allows, then what belongs to it; and tells what is left out, and why."""

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from recording import log
from recording.core.errors import EntryUnreadable, SourceNotReady
from recording.core.formats.consents import consent_view
from recording.core.formats.metadata import MAX_LENGTH, ChunkMetadata, parse_metadata
from recording.core.formats.records.contents import ARCHIVE, folder_of
from recording.core.formats.records.given import Own, channels_said, people_given, why_no_manifest, without_others
from recording.core.formats.records.vcon import Spoken, vcon_json
from recording.core.model import (
    BlobName,
    CatalogEntry,
    Chunk,
    MetadataProof,
    Place,
    Proof,
    RecordingId,
    RecordingState,
)
from recording.core.records import channels, exporting
from recording.core.records.exporting import Outcome, Rule, Wanted
from recording.core.records.packing import Absent, Told
from recording.core.trail import Verifying, links
from recording.core.trail import folder_of as trail_of
from recording.ports import Catalog, Trail
from recording.records.exports.package_writer import PackageWriter
from recording.records.proven_bytes import NotAsProven, NotReadable, ProvenBytes
from recording.records.standing_blobs import MOST_MANIFEST

_MEDIA, _METADATA, _MANIFEST, _TRAIL = "media", "metadata file", "manifest", "audit trail"
_REVISION = re.compile(r"\.manifest(-\d+)?\.json$")


@dataclass(slots=True)
class _Known:
    """What is found out of a chunk on the way."""

    chunk: Chunk
    raw: bytes | None = None
    said: ChunkMetadata | None = None
    path: str = ""
    """Of its media in the package."""


@dataclass(frozen=True, slots=True)
class PackingRecording:
    """Pack recordings into one package.

    Attributes:
        catalog: has their entries.
        archive: reads what is archived.
        trail: reads the audit trails.
        writer: writes the package.
        export_id, made_at: of the export.
        wanted: what it is of, and the rule.
        own: the person's raw ids, if the export is of a person.
    """

    catalog: Catalog
    archive: ProvenBytes
    trail: Trail
    writer: PackageWriter
    export_id: str
    made_at: datetime
    wanted: Wanted
    own: frozenset[str] | None = field(repr=False)

    def pack(self, recording_id: RecordingId) -> None:
        """Pack what can be packed. A run that was cut off in it packs only what is not packed yet.

        Raises:
            SliceOver: the next run goes on.
            Transient: something cannot be read or written now.
        """
        try:
            entry = self.catalog.load(recording_id)
        except EntryUnreadable as error:
            self._tell_absent(recording_id, "unknown", f"its entry in the catalog cannot be read: {error.cause}")
            return
        if entry is None:
            self._tell_absent(recording_id, "unknown", exporting.NO_SUCH)
            return
        if entry.recording.state is RecordingState.ERASED:
            self._tell_absent(recording_id, entry.recording.state, exporting.ERASED)
            return
        known = [_Known(chunk) for chunk in entry]
        for one in known:
            self._read_metadata(one)
        for one in known:
            self._pack_media(entry, one)
        for one in known:
            self._pack_metadata(entry, one)
        self._pack_manifests(entry)
        self._pack_trail(entry)
        self._pack_made(entry, known)
        found = exporting.outcome(self.writer.left_out(), is_something_packed=any(chunk.is_proven for chunk in entry))
        self.writer.finish(Told(recording_id, entry.recording.state, found))

    def _tell_absent(self, recording_id: RecordingId, state: str, why: str) -> None:
        self._leave_out("recording", "", why)
        self.writer.finish(Told(recording_id, state, Outcome.ABSENT))

    @property
    def _given(self) -> Own:
        """Whose entries are given."""
        return Own() if self.wanted.rule is Rule.WHOLE else Own(self.own or frozenset())

    def _read_metadata(self, one: _Known) -> None:
        """Read the metadata file of a chunk; what is wrong with it is told when it is packed."""
        proof = one.chunk.proof
        if proof is None or proof.metadata is None or proof.metadata.container:
            return
        try:
            one.raw = self.archive.metadata(proof.metadata)
            one.said = parse_metadata(one.raw) if len(one.raw) <= MAX_LENGTH else None
        except (NotAsProven, NotReadable, SourceNotReady):
            return

    def _pack_metadata(self, entry: CatalogEntry, one: _Known) -> None:
        proof = one.chunk.proof
        if proof is None or proof.metadata is None:
            return
        metadata = proof.metadata
        if metadata.container:
            self._leave_out(_METADATA, metadata.name, _elsewhere(metadata))
        elif one.raw is None:
            self._look_again(entry, metadata)
        elif self.wanted.rule is Rule.WHOLE:
            self.writer.pack(f"{ARCHIVE}{metadata.name}", one.raw)
        elif one.said is None or not one.said.makes_sense:
            self._leave_out(_METADATA, metadata.name, "it cannot be read, and so nobody can be left out of it")
        else:
            place = f"{self._folder(entry)}metadata-{one.chunk.index:04d}-{_short(one.chunk)}.json"
            self.writer.pack(place, without_others(one.raw, self._given))
            self._leave_out(_METADATA, metadata.name, f"it names others; without them it is {place}")

    def _look_again(self, entry: CatalogEntry, metadata: MetadataProof) -> None:
        """Tell why a metadata file was not read."""
        try:
            self.archive.metadata(metadata)
        except NotAsProven as error:
            self._damaged(entry, _METADATA, metadata.name, error)
        except NotReadable as error:
            self._leave_out(_METADATA, metadata.name, f"it cannot be read now: {error}")

    def _pack_manifests(self, entry: CatalogEntry) -> None:
        latest = entry.recording.manifest_name
        if latest is None:
            self._leave_out(_MANIFEST, "", "none is written yet")
            return
        for name in _revisions(latest, entry.recording.revision):
            try:
                raw = self.archive.document(name, MOST_MANIFEST)
                if raw is None and name != latest:
                    continue  # not every number became a manifest
                wrong = "it is not there any more" if raw is None else why_no_manifest(raw, entry)
                if raw is None or wrong:
                    raise NotAsProven(wrong)
                self.writer.pack(f"{ARCHIVE}{name}", raw)
            except NotAsProven as error:
                self._damaged(entry, _MANIFEST, name, error)
            except NotReadable as error:
                self._leave_out(_MANIFEST, name, f"it cannot be read now: {error}")

    def _pack_trail(self, entry: CatalogEntry) -> None:
        """The acts in order, a line each, as they were written; those that no blob has yet at the end."""
        recording_id = entry.recording.recording_id
        verifying, lines = Verifying(recording_id), dict[str, bytes]()
        marker = ""
        while True:
            page = self.trail.page(trail_of(recording_id), marker)
            for name, body in page.blobs:
                verifying.take(name, body)
                lines[name] = body
            marker = page.marker
            if not marker:
                break
        after = self.catalog.load(recording_id) or entry  # acts may have been added since
        verified = verifying.verified(entry, after)
        if verified.breaks:
            first = verified.breaks[0]
            self._damaged(entry, _TRAIL, first.name or "", NotAsProven(first.fault))
            return
        lines |= {link.name: link.body for link in links(after.recording)}
        if lines:
            self.writer.pack(f"{self._folder(entry)}trail.jsonl", b"".join(body + b"\n" for body in lines.values()))

    def _pack_made(self, entry: CatalogEntry, known: Sequence[_Known]) -> None:
        """What is made for the export: consent, people, and the vCon."""
        recording, folder = entry.recording, self._folder(entry)
        consent = consent_view(recording)
        if consent is not None:
            self.writer.pack(f"{folder}consent.json", json.dumps(consent, indent=2).encode() + b"\n")
        people = [(one.chunk.document_id, one.chunk.index, one.said) for one in known]
        self.writer.pack(f"{folder}people.json", people_given(recording.recording_id, people, self._given))
        rule = self.wanted.rule
        vcon = vcon_json(
            recording.recording_id,
            recording.output,
            [self._spoken(one) for one in known],
            export_id=self.export_id,
            at=self.made_at,
            redacted="" if rule is Rule.WHOLE else rule,
        )
        self.writer.pack(f"{folder}recording.vcon.json", vcon)

    def _spoken(self, one: _Known) -> Spoken:
        said, given, is_whole = one.said or ChunkMetadata(), self._given, self.wanted.rule is Rule.WHOLE
        people = [(person.participant_id, person.channel) for person in said.participants]
        used = {channel for _, channel in people if channel is not None}
        first = exporting.first_channel(used, said.channels) if is_whole and said.channels else None
        packed = self.writer.package.entries.get(one.path)
        return Spoken(
            said.started_at,
            one.chunk.duration if said.duration is None else said.duration,
            tuple((raw_id, channel) for raw_id, channel in people if given.has(raw_id)),
            None if first is None or said.channels is None else range(first, first + said.channels),
            one.path if packed else "",
            packed.entry.sha512 if packed else "",
        )

    # Media

    def _pack_media(self, entry: CatalogEntry, one: _Known) -> None:
        chunk, proof = one.chunk, one.chunk.proof
        why = exporting.why_not_at_all(chunk) or exporting.why_held_back(self.wanted.rule, entry.recording.output)
        if proof is None or why:
            self._leave_out(_MEDIA, chunk.name, why)
            return
        if proof.place is Place.NATIVE:
            self._leave_out(_MEDIA, proof.name, _elsewhere(proof))
            return
        is_whole = self.wanted.rule is Rule.WHOLE
        made = f"{self._folder(entry)}own-channel-{chunk.index:04d}-{_short(chunk)}.wav"
        one.path = f"{ARCHIVE}{proof.name}" if is_whole else made
        if any(absent.blob == proof.name for absent in self.writer.left_out()):
            return  # a run before this one has found out
        try:
            if is_whole:
                self._stream(one.path, proof.length, self.archive.media(proof))
            else:
                self._pack_own_channel(one, proof)
        except NotAsProven as error:
            self._log_damage(entry, _MEDIA, proof.name, error)
            self.writer.drop(one.path, _damage(_MEDIA, proof.name, error))
        except NotReadable as error:
            self._leave_out(_MEDIA, proof.name, f"it cannot be read now: {error}")

    def _pack_own_channel(self, one: _Known, proof: Proof) -> None:
        sound = channels.find_sound(self.archive.beginning(proof, channels.MOST_HEADER), proof.length)
        if isinstance(sound, str):
            self._leave_out(_MEDIA, proof.name, sound)
            return
        mine = exporting.own_channels(channels_said(one.said, self._given.has), sound.channels)
        why = mine if isinstance(mine, str) else channels.why_not(sound, mine)
        if isinstance(mine, str) or why:
            self._leave_out(_MEDIA, proof.name, why)
            return
        header = channels.header_of(sound, mine)
        length = channels.length_of(sound, mine)
        taking = channels.Taking(sound, mine)
        pieces = (taking.take(piece) for piece in self.archive.media(proof))
        self._stream(one.path, length, chain((header,), pieces))
        self._leave_out(_MEDIA, proof.name, f"it has the voices of others; the person's alone is {one.path}")

    def _stream(self, path: str, length: int, pieces: Iterable[bytes | memoryview]) -> None:
        if not self.writer.has(path):
            self.writer.stream(path, length, pieces)

    # What is left out

    def _leave_out(self, what: str, blob: str, why: str) -> None:
        self.writer.leave_out(Absent(what, blob, why))

    def _damaged(self, entry: CatalogEntry, what: str, blob: str, error: NotAsProven) -> None:
        self._log_damage(entry, what, blob, error)
        self.writer.leave_out(_damage(what, blob, error))

    def _log_damage(self, entry: CatalogEntry, what: str, blob: str, error: NotAsProven) -> None:
        fields = {"recording_id": entry.recording.recording_id, "what": what, "blob": blob, "cause": error}
        log.event("export.damaged", {"export_id": self.export_id, **fields}, logging.ERROR)

    def _folder(self, entry: CatalogEntry) -> str:
        return folder_of(entry.recording.recording_id)


def _damage(what: str, blob: str, error: NotAsProven) -> Absent:
    return Absent(what, blob, f"{exporting.DAMAGED} ({error})", is_damaged=True)


def _elsewhere(proof: Proof | MetadataProof) -> str:
    return f"it is in {proof.container}, and not in the archive: take it from there"


def _short(chunk: Chunk) -> str:
    """A part of a file's name that differs for chunks that claim the same index."""
    return hashlib.sha256(chunk.document_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _revisions(latest: BlobName, revision: int) -> Iterator[BlobName]:
    """The names of the manifests up to the latest, as `core.naming.manifest_name` makes them."""
    stem = _REVISION.sub("", latest)
    for number in range(1, revision):
        yield BlobName(f"{stem}.manifest{'' if number == 1 else f'-{number}'}.json")
    yield latest
