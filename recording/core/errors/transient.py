"""Errors that are expected to pass without a person: by source, storage, catalog and service."""

from recording.core.errors.families import Transient


class SourceGone(Transient):
    """The source answers 404 or 410: the content is not there yet, not there any more, or the answer is wrong."""

    code = "source_gone"


class SourceNotReady(Transient):
    """The source does not hold the media yet: 400, an empty body or an error page where media should be."""

    code = "source_not_ready"


class SourceUnexpected(Transient):
    """The source answers with a status, or in a way, that is not documented; it says nothing about the media."""

    code = "source_unexpected"


class SourceBusy(Transient):
    """The source throttles (429) or cannot answer now (408, 5xx)."""

    code = "source_busy"


class SourceRefused(Transient):
    """The source refuses our credentials (401, 403), until a token is renewed or a role assignment takes effect."""

    code = "source_refused"


class SourceUnreachable(Transient):
    """No answer from the source: name resolution, connection or TLS failed, or the time limit was reached."""

    code = "source_unreachable"


class TransferBroken(Transient):
    """Fewer or more bytes came than were announced, or the connection broke before the last of them."""

    code = "transfer_broken"


class SourceChanged(Transient):
    """The source's content changed between two ranges of one copy."""

    code = "source_changed"


class ArchiveBusy(Transient):
    """Our own storage throttles, fails, or cannot be reached."""

    code = "archive_busy"


class ArchiveRefused(Transient):
    """Our own storage refuses our credentials; a new role assignment may take hours to take effect."""

    code = "archive_refused"


class ArchiveDamaged(Transient):
    """What the archive received is not what was sent, or what it holds is no longer what was proven."""

    code = "archive_damaged"


class StagedBlocksGone(Transient):
    """Another worker's commit discarded our staged blocks: read what is there and compare."""

    code = "staged_blocks_gone"


class CatalogConflict(Transient):
    """The entry was changed since it was read (ETag mismatch): read it again and decide again."""

    code = "catalog_conflict"


class NewerSchema(Transient):
    """The entry was saved by a newer version of the app, which will go on with it; this version changes nothing."""

    code = "newer_schema"


class PortFailed(Transient):
    """An adapter raised an exception that it does not translate; that exception is the `__cause__` of this one."""

    code = "port_failed"


class ServiceBusy(Transient):
    """Call Automation or Event Grid cannot answer now."""

    code = "service_busy"


class ServiceRefused(Transient):
    """Call Automation or Event Grid refuses our credentials (401, 403)."""

    code = "service_refused"


class ArchiveOnly(Transient):
    """The app has no Communication resource (ACS_ENDPOINT): it keeps an archive, and asks no service for anything."""

    code = "archive_only"


class KeysUnavailable(Transient):
    """The keys by which tokens are checked cannot be had: nobody can be proven now."""

    code = "keys_unavailable"


class SweepSilent(Transient):
    """The sweep has given no heartbeat for too long: what no event and no message brings is not found."""

    code = "sweep_silent"


class CallNotReady(Transient):
    """The service cannot record the call yet: the call is not established, or not found yet."""

    code = "call_not_ready"


ARCHIVE_FAILURES = (ArchiveBusy, ArchiveRefused, ArchiveDamaged, StagedBlocksGone, PortFailed)
"""Those of our own storage: nothing is known then of what it holds."""
