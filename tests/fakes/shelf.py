"""Tiers and guards of blobs in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from recording.core.errors import ArchiveRefused
from recording.core.model import BlobName
from recording.core.retention import Tier
from tests.fakes.archive import FakeArchive

_ORDER = ("Hot", *Tier)


@dataclass
class FakeShelf:
    """`Shelf` over a fake container; `refuses`: it knows neither tiers nor guards."""

    archive: FakeArchive
    tiers: dict[BlobName, str] = field(default_factory=dict)
    guarded: dict[BlobName, datetime] = field(default_factory=dict)
    refuses: bool = False

    def move(self, name: BlobName, tier: Tier) -> bool:
        if not self._has(name):
            return False
        if _ORDER.index(self.tiers.get(name, "Hot")) < _ORDER.index(tier):
            self.tiers[name] = tier
        return True

    def protect(self, name: BlobName, until: datetime) -> bool:
        if not self._has(name):
            return False
        self.guarded[name] = max(until, self.guarded.get(name, until))
        return True

    def _has(self, name: BlobName) -> bool:
        if self.refuses:
            raise ArchiveRefused("change blob", "501 NotImplemented")
        return name in self.archive.blobs
