"""The app's own HTTP language: JSON bodies to requests, entries and errors to JSON."""

from recording.core.requests.parsing import MOST_BODY, StartRequest, parse_json, parse_start
from recording.core.requests.problems import Problem, problem, unforeseen
from recording.core.requests.views import Containers, recording_view

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
