"""Takes the participants out of what is kept of a call, once its recording is erased: its claims, and its consent.

The claims stay: they keep the call from being recorded again by a late event. The consent of a call that goes on stays
as it is, as whoever joins later is asked by it. That a call is over may never have been told: after a day it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recording.calls.claims import call_keys
from recording.core.consent import Consent
from recording.core.errors import CatalogConflict
from recording.core.model import CatalogEntry, RecordingId
from recording.ports import Catalog, Consents, StartClaim

_TRIES = 5
_LONGEST_CALL = timedelta(days=1)
"""So long after its consent began, the call of an erased recording is taken to be over, though nothing says so."""


@dataclass(frozen=True, slots=True)
class ForgettingCall:
    """Forget who was in a call."""

    catalog: Catalog
    consents: Consents
    now: Callable[[], datetime]

    def forget(self, entry: CatalogEntry) -> None:
        """Take the participants out of the claims and the consent of the recording's call; idempotent.

        Raises:
            Transient: not all are changed; do it again.
        """
        known = entry.recording
        ids = known.server_call_id, known.call_connection_id, known.group_call_id, known.room_id
        for key in call_keys(*ids):
            claim = self.catalog.find_claim(key)
            if claim is not None and claim.recording_id == known.recording_id:
                self._forget_claim(claim)
                if (asked := self.catalog.find_claim(claim.asked_by)) is not None:
                    self._forget_claim(asked)
        if known.call_connection_id is not None:
            self._retry(lambda: self._forget_consent(entry, known.recording_id))

    def _forget_claim(self, claim: StartClaim) -> None:
        bare = replace(claim, order=replace(claim.order, channels=()), consent=None)
        if bare != claim:
            self.catalog.settle(bare)

    def _forget_consent(self, entry: CatalogEntry, recording_id: RecordingId) -> None:
        connection_id = entry.recording.call_connection_id
        consent = None if connection_id is None else self.consents.load(connection_id)
        if consent is None or consent.recording_id != recording_id:
            return
        if consent.is_over or self.now() - consent.begun_at > _LONGEST_CALL:
            bare = _without_people(consent)
            if bare != consent:
                self.consents.save(bare)

    def _retry(self, change: Callable[[], None]) -> None:
        for _ in range(_TRIES - 1):
            try:
                return change()
            except CatalogConflict:
                continue
        return change()


def _without_people(consent: Consent) -> Consent:
    wanted = consent.wanted
    return replace(
        consent,
        is_over=True,
        wanted=replace(wanted, order=replace(wanted.order, channels=()), event=None),
        present=(),
        caller="",
        covered=(),
        operation=None,
        reports=(),
        evidence=None if consent.evidence is None else replace(consent.evidence, by="", operations=(), key=""),
        key="",
    )
