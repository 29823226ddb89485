"""What several routes share: the ids in a path, a recording as an answer, and a page of a list."""

import re
from collections.abc import Callable

import azure.functions as func

from recording.core.formats import api
from recording.core.model import Actor, CatalogEntry, DocumentId, RecordingId
from recording.entrypoints.answers import json_answer
from recording.entrypoints.worker import get_app
from recording.watch.listing import Listed, Unlisted

_FUNCTION_KEY = Actor("key:function")


def actor_of(_: func.HttpRequest) -> Actor:
    """Who asks. Any function key opens these routes, and the request does not say which it was."""
    return _FUNCTION_KEY


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


def answer_page(name: str, listed: Listed, show: Callable[[CatalogEntry], dict[str, object]]) -> func.HttpResponse:
    """A page of a list, and how the next is asked for; null after the last."""
    found = [
        api.unread_view(one.recording_id, one.error) if isinstance(one, Unlisted) else show(one) for one in listed.found
    ]
    return json_answer({name: found, "next": api.mark(listed.next) or None})


def _decoded(found: str) -> str:
    """The host decodes everything in a path but `%2F`."""
    return re.sub("%2f", "/", found, flags=re.IGNORECASE)
