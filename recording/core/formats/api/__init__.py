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
from recording.core.formats.api.policy import (
    Replayed,
    ReplayRequest,
    explain_view,
    parse_explain,
    parse_replay,
    replay_view,
)
from recording.core.formats.api.rebuild import rebuild_view
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
    "ReplayRequest",
    "Replayed",
    "StartRequest",
    "etag",
    "explain_view",
    "history_view",
    "mark",
    "owed_view",
    "parse_attestation",
    "parse_decision",
    "parse_explain",
    "parse_json",
    "parse_list",
    "parse_page",
    "parse_replay",
    "parse_start",
    "parse_switch",
    "parse_withdrawal",
    "pending_view",
    "rebuild_view",
    "recording_view",
    "replay_view",
    "summary_view",
    "trail_view",
    "unread_owed",
    "unread_summary",
    "verified_view",
]
