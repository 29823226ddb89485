"""The app's own HTTP API: JSON bodies and queries to requests, and entries to JSON."""

from recording.core.formats.api.consents import ConsentRequest, parse_attestation, parse_withdrawal, pending_view
from recording.core.formats.api.decisions import DecisionRequest, etag, parse_decision
from recording.core.formats.api.lists import (
    RUNBOOK,
    history_view,
    owed_view,
    summary_view,
    unread_owed,
    unread_summary,
)
from recording.core.formats.api.paging import ListRequest, PageRequest, mark, parse_list, parse_page, parse_switch
from recording.core.formats.api.people import (
    PersonSearch,
    SearchRequest,
    identity_view,
    parse_identities,
    parse_identity,
    parse_person_of_list,
    parse_person_search,
    parse_purpose,
    parse_raw_id,
    parse_search,
    unknown_view,
)
from recording.core.formats.api.policy import (
    Replayed,
    ReplayRequest,
    explain_view,
    parse_explain,
    parse_replay,
    replay_view,
)
from recording.core.formats.api.requests import MOST_BODY, StartRequest, parse_json, parse_start
from recording.core.formats.api.trail import trail_view, verified_view
from recording.core.formats.api.views import Containers, recording_view

__all__ = [
    "MOST_BODY",
    "RUNBOOK",
    "ConsentRequest",
    "Containers",
    "DecisionRequest",
    "ListRequest",
    "PageRequest",
    "PersonSearch",
    "ReplayRequest",
    "Replayed",
    "SearchRequest",
    "StartRequest",
    "etag",
    "explain_view",
    "history_view",
    "identity_view",
    "mark",
    "owed_view",
    "parse_attestation",
    "parse_decision",
    "parse_explain",
    "parse_identities",
    "parse_identity",
    "parse_json",
    "parse_list",
    "parse_page",
    "parse_person_of_list",
    "parse_person_search",
    "parse_purpose",
    "parse_raw_id",
    "parse_replay",
    "parse_search",
    "parse_start",
    "parse_switch",
    "parse_withdrawal",
    "pending_view",
    "recording_view",
    "replay_view",
    "summary_view",
    "trail_view",
    "unknown_view",
    "unread_owed",
    "unread_summary",
    "verified_view",
]
