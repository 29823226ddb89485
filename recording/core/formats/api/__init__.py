"""The app's own HTTP API: JSON bodies to requests, and entries to JSON."""

from recording.core.formats.api.requests import MOST_BODY, StartRequest, parse_json, parse_start
from recording.core.formats.api.views import Containers, recording_view

__all__ = [
    "MOST_BODY",
    "Containers",
    "StartRequest",
    "parse_json",
    "parse_start",
    "recording_view",
]
