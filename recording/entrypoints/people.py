"""People over HTTP: the customer's own keys of them, and the recordings of a person.

A URL is logged, so it has the customer's own key of a person; a raw id stands in a body only.
"""

import azure.functions as func

from recording.core.formats import api
from recording.core.formats.api.shapes import KeysSaved
from recording.core.records.own_keys import UNKNOWN_KEY, check_key
from recording.core.records.people import OwnIdentity
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.callers import caller_of
from recording.entrypoints.pages import found_of_person
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("people", methods=["PUT"])
@problem_details
def save_people(req: func.HttpRequest) -> func.HttpResponse:
    """Save the raw ids of many keys, as CSV with the header `key,rawId`, in place of what was known of each."""
    app = get_app()
    caller = caller_of(req, app, "save_people")
    identities = api.parse_identities(req.get_body())
    saved: KeysSaved = {"saved": app.records.people.save(identities, by=caller.actor)}
    return json_answer(saved)


@blueprint.route("people/{key}", methods=["PUT"])
@problem_details
def save_person(req: func.HttpRequest) -> func.HttpResponse:
    """Save the raw ids and telephone numbers of a key, in any spelling, in place of what the caller has seen of it."""
    app = get_app()
    caller = caller_of(req, app, "save_person")
    identity = api.parse_identity(req.route_params["key"], req.get_body())
    condition = api.parse_tag(req.headers.get("If-Match"))
    return _answer(identity, app.records.people.save_one(identity, condition, by=caller.actor))


@blueprint.route("people/{key}", methods=["GET"])
@problem_details
def show_person(req: func.HttpRequest) -> func.HttpResponse:
    """The raw ids of a key; the look is put on record, with its purpose."""
    app = get_app()
    caller = caller_of(req, app, "show_person")
    key, purpose = check_key(req.route_params["key"]), api.parse_purpose(req.params)
    found = app.records.people.show(key, purpose, by=caller.actor)
    return _answer(found, app.records.people.tag(found))


@blueprint.route("people/{key}/recordings", methods=["GET"])
@problem_details
def person_recordings(req: func.HttpRequest) -> func.HttpResponse:
    """The recordings in which a person is heard; of the key `unknown`, those that may be of anybody; in pages."""
    app = get_app()
    caller = caller_of(req, app, "person_recordings")
    key, asked = req.route_params["key"], api.parse_person_search(req.params)
    if key == UNKNOWN_KEY:
        return found_of_person(app.records.searching.of_anybody(asked, by=caller.actor), asked.period)
    raw_ids = app.records.people.raw_ids(check_key(key))
    return found_of_person(app.records.searching.of_person(raw_ids, asked, by=caller.actor), asked.period)


@blueprint.route("recordings/search", methods=["POST"])
@problem_details
def search_recordings(req: func.HttpRequest) -> func.HttpResponse:
    """The recordings in which a person is heard, who is named in the body, by an own key or a raw id; in pages."""
    app = get_app()
    caller = caller_of(req, app, "search_recordings")
    asked = api.parse_search(req.get_body())
    raw_ids = asked.raw_ids or app.records.people.raw_ids(asked.key)
    return found_of_person(app.records.searching.of_person(raw_ids, asked.search, by=caller.actor), asked.search.period)


def _answer(identity: OwnIdentity, tag: str) -> func.HttpResponse:
    return json_answer(api.identity_view(identity), headers={"ETag": tag} if tag else None)
