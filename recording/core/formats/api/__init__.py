"""The app's own HTTP language: JSON bodies to requests, entries and errors to JSON."""

from recording.core.formats.api.requests import MOST_BODY, StartRequest, parse_json, parse_start
from recording.core.formats.api.views import Containers, recording_view
from recording.entrypoints.problems import Problem, problem, unforeseen

__all__ = [
    "MOST_BODY",
    "Containers",
    "Problem",
    "StartRequest",
    "parse_json",
    "parse_start",
    "problem",
    "recording_view",
    "unforeseen",
]
