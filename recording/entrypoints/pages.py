"""What several routes share: the ids in a path, a recording as an answer, and a page of a list."""

import re
from collections.abc import Callable

import azure.functions as func

from recording.core.errors import RecordingError
from recording.core.formats import api
from recording.core.formats.api.shapes import PersonPage, PersonSummary
from recording.core.model import CatalogEntry, DocumentId, RecordingId
from recording.core.records.filters import Period
from recording.entrypoints.answers import json_answer
from recording.entrypoints.worker import get_app
from recording.records.finding.searching import Listed, Unlisted


def recording_id_of(req: func.HttpRequest) -> RecordingId:
    """The recording id in the path."""
    return RecordingId(_decoded(req.route_params["id"]))


def document_id_of(req: func.HttpRequest) -> DocumentId:
    """The document id in the path."""
    return DocumentId(_decoded(req.route_params["documentId"]))


def answer_recording(entry: CatalogEntry, service_state: str | None = None, status: int = 200) -> func.HttpResponse:
    """A recording, with the ETag that a decision about it must name."""
    app = get_app()
    archive, overflow = app.settings.archive, app.settings.overflow
    containers = api.Containers(archive.container, archive.quarantine_container, overflow.container)
    tag = api.etag(entry)
    view = api.recording_view(entry, app.now(), containers, service_state)
    return json_answer(view, status, headers={"ETag": tag} if tag else None)


def shown[View](
    listed: Listed, show: Callable[[CatalogEntry], View], show_unread: Callable[[RecordingId, RecordingError], View]
) -> list[View]:
    """The recordings of a page."""
    return [
        show_unread(one.recording_id, one.error) if isinstance(one, Unlisted) else show(one) for one in listed.found
    ]


def found_of_person(listed: Listed, period: Period) -> func.HttpResponse:
    """A page of a search by person, with how many recordings of that time may be of anybody."""
    summaries = shown(listed, api.summary_view, api.unread_summary)
    rows = zip(summaries, listed.heard, strict=True)
    recordings: list[PersonSummary] = [
        {**summary, "channels": list(row.channels), "doubtful": row.is_doubtful} for summary, row in rows
    ]
    unknown = None if listed.unknown is None else api.unknown_view(listed.unknown, period)
    page: PersonPage = {"recordings": recordings, "next": following(listed), "unknown": unknown}
    return json_answer(page)


def following(listed: Listed) -> str | None:
    """How the next page is asked for; None after the last."""
    return api.mark(listed.next) or None


def _decoded(found: str) -> str:
    """The host decodes everything in a path but `%2F`."""
    return re.sub("%2f", "/", found, flags=re.IGNORECASE)
