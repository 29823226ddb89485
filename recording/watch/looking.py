"""Shows people the history, the seal and the trail of a recording, which is an act of it; and verifies the trail.

History, seal and trail show what people did and said: words of those who decided, when who spoke, who did what. To
verify is no look: its answer has numbers of links. Nor is to read the state of a recording, which names no participant.
"""

from dataclasses import dataclass

from recording.catalog_updates import CatalogUpdates
from recording.core.errors import ArchiveBusy, InvalidRequest, UnknownRecording
from recording.core.formats.api import PageRequest
from recording.core.lifecycle import Looked
from recording.core.model import Actor, BlobName, CatalogEntry, RecordingId, View
from recording.core.trail import Link, Verified, Verifying, folder_of, is_full, links, parse_name
from recording.ports import Trail


@dataclass(frozen=True, slots=True)
class Acts:
    """A page of a trail: blobs with their bytes, after the last of them what is not written yet, and the next page."""

    blobs: tuple[tuple[BlobName, bytes], ...]
    unwritten: tuple[Link, ...] = ()
    next: str = ""


@dataclass(frozen=True, slots=True)
class Looking:
    """Look at a recording. The look is saved before anything is shown."""

    updates: CatalogUpdates
    trail: Trail

    def history(self, recording_id: RecordingId, *, by: Actor) -> CatalogEntry:
        """The entry of one recording, with its history.

        Raises:
            UnknownRecording: the catalog has none.
            Transient: the look cannot be saved, or its trail has no room for more looks.
        """
        return self._look(recording_id, View.HISTORY, by)

    def seal(self, recording_id: RecordingId, *, by: Actor) -> CatalogEntry:
        """The entry of one recording, whose seal is to be shown.

        Raises:
            UnknownRecording, Transient: as for `history`.
        """
        return self._look(recording_id, View.SEAL, by)

    def acts(self, recording_id: RecordingId, page: PageRequest, *, by: Actor) -> Acts:
        """A page of the acts of a recording, in order.

        Raises:
            InvalidRequest: `after` is no page's `next`.
            UnknownRecording, Transient: as for `history`; or the trail cannot be read.
        """
        entry = self._look(recording_id, View.TRAIL, by)
        last, marker = _place_of(page.after)
        found = self.trail.page(folder_of(recording_id), marker, page.limit)
        for name, _ in found.blobs:
            last = max(last, (parse_name(name, recording_id) or (0, ""))[0])
        if found.marker:
            return Acts(found.blobs, next=f"{last} {found.marker}")
        return Acts(found.blobs, tuple(link for link in links(entry.recording) if link.number > last))

    def verify(self, recording_id: RecordingId) -> Verified:
        """Read the whole trail, and say which links are broken.

        Raises:
            UnknownRecording: the catalog has no such recording.
            Transient: the trail cannot be read.
        """
        before, verifying, marker = self._load(recording_id), Verifying(recording_id), ""
        while True:
            page = self.trail.page(folder_of(recording_id), marker)
            for name, body in page.blobs:
                verifying.take(name, body)
            marker = page.marker
            if not marker:
                return verifying.verified(before, self._load(recording_id))

    def _look(self, recording_id: RecordingId, view: View, by: Actor) -> CatalogEntry:
        entry = self._load(recording_id)
        if is_full(entry.recording.trail):
            cause = "its audit trail cannot be written now, and has no room for more looks"
            raise ArchiveBusy("look at recording", cause, ids={"recording_id": recording_id})
        return self.updates.apply(recording_id, Looked(view), known=entry, by=by).entry

    def _load(self, recording_id: RecordingId) -> CatalogEntry:
        entry = self.updates.load(recording_id)
        if entry is None:
            cause = "the catalog does not know it"
            raise UnknownRecording("look at recording", cause, ids={"recording_id": recording_id})
        return entry


def _place_of(after: str) -> tuple[int, str]:
    number, _, marker = after.partition(" ")
    if not after:
        return 0, ""
    if not (number.isascii() and number.isdecimal() and marker):
        raise InvalidRequest("after", "not what an earlier page named as the next")
    return int(number), marker
