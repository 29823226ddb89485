"""The table of faults: every way in which the local service can misbehave, each with a stable name."""

from collections.abc import Mapping

from local.acs.faults import FaultKind, Operation, Reply

_DAY = "86400"
_CONTENT = (
    FaultKind("zero_bytes", "content", "a successful download of nothing", "200, Content-Length: 0"),
    FaultKind("not_ready_404", "content", "the file is not there yet", "404 problem", Reply(404)),
    FaultKind("gone_410", "content", "the file is gone for good", "410 problem", Reply(410)),
    FaultKind("bad_request_html", "content", "a gateway's error page", "400 text/html", Reply(400, "html")),
    FaultKind("html_for_media", "content", "a page instead of the media", "200 text/html", Reply(200, "html")),
    FaultKind("text_for_media", "content", "a short text instead of the media", "200 text/plain", Reply(200, "text")),
    FaultKind("html_for_middle_range", "content", "a page as long as the range", "206 text/html, right Content-Range"),
    FaultKind("untyped_html_for_middle_range", "content", "the same, sent as media", "206, right Content-Range"),
    FaultKind("unauthorized_mid_copy", "content", "the signature is refused (arm with `after`)", "401", Reply(401)),
    FaultKind("forbidden", "content", "access is refused", "403 problem", Reply(403)),
    FaultKind("busy_429", "content", "throttled; `retryAfter` sets the header", "429 problem", Reply(429)),
    FaultKind("busy_503", "content", "busy; `retryAfter` sets the header", "503 problem", Reply(503)),
    FaultKind("retry_after_day", "content", "busy for a day", "503, Retry-After: 86400", Reply(503, rest=_DAY)),
    FaultKind("server_error_500", "content", "an internal error", "500 problem", Reply(500)),
    FaultKind(
        "server_error_502",
        "content",
        "a gateway that reaches no backend",
        "502 text/html",
        Reply(502, "html"),
    ),
    FaultKind("hang", "content", "no answer for `seconds`, then the connection is reset", "none"),
    FaultKind(
        "hang_mid_body",
        "content",
        "stops at `at` for `seconds`, then resets the connection",
        "206, half a body",
    ),
    FaultKind("slow_body", "content", "sends `amount` bytes each `seconds`", "206, whole but slow"),
    FaultKind("slow_head", "content", "sends `amount` header bytes, one each `seconds`; resets", "half a head"),
    FaultKind("slow_refusal", "content", "sends the body of a refusal in the same way", "503, half a body"),
    FaultKind(
        "slow_redirect", "content", "sends the body of a redirect in the same way", "302, half a body", hop="entry"
    ),
    FaultKind("breaks_every", "content", "resets after `amount` bytes, each time", "206, part of a body", count=None),
    FaultKind("reset_mid_body", "content", "resets the TCP connection at `at`", "206, half a body"),
    FaultKind(
        "truncated_right_length",
        "content",
        "closes at `at`; Content-Length is what was asked",
        "206, half a body",
    ),
    FaultKind("truncated_wrong_length", "content", "ends cleanly at `at`; Content-Length agrees", "206, half a body"),
    FaultKind("truncated_chunked", "content", "ends cleanly at `at`; chunked, no Content-Length", "206, half a body"),
    FaultKind("extra_bytes", "content", "sends `amount` bytes more than Content-Range says", "206, too long a body"),
    FaultKind(
        "range_not_satisfiable_416",
        "content",
        "refuses ranges that end past the end",
        "416, Content-Range: bytes */n",
        count=None,
    ),
    FaultKind("short_206", "content", "sends half of what was asked, and says so", "206, shorter", count=None),
    FaultKind("odd_encoding_none", "content", "names an encoding `none`", "206, Content-Encoding: none"),
    FaultKind(
        "odd_encoding_identity", "content", "names an encoding in unusual case", "206, Content-Encoding: Identity"
    ),
    FaultKind("content_range_capital", "content", "names the unit in unusual case", "206, Content-Range: Bytes a-b/n"),
    FaultKind("no_total", "content", "does not say the total", "206, Content-Range: bytes a-b/*", count=None),
    FaultKind("no_length_200", "content", "the whole from byte 0, of unknown length", "200, chunked", count=None),
    FaultKind("range_ignored", "content", "sends the whole object from byte 0", "200 to a Range"),
    FaultKind(
        "range_shifted",
        "content",
        "sends, and announces, a range `amount` bytes further on",
        "206, other range",
    ),
    FaultKind("content_changes", "content", "the same length, other bytes (each inverted)", "206, other bytes"),
    FaultKind("length_changes", "content", "Content-Range names a total `amount` bytes longer", "206, other total"),
    FaultKind("redirect_elsewhere", "content", "redirects to a foreign host (`location`)", "302", hop="entry"),
    FaultKind("redirect_http", "content", "redirects to the right host over plain http", "302", hop="entry"),
    FaultKind("redirect_loop", "content", "redirects back and forth between two hosts", "302", hop="entry", count=None),
    FaultKind("redirect_back", "content", "the host that serves redirects to the entry host", "302", count=None),
    FaultKind(
        "redirects",
        "content",
        "redirects to a regional host, which serves: content, metadata and deletes, as across regions",
        "302 at entry",
        count=None,
        rule=True,
    ),
)
_METADATA = (
    FaultKind("metadata_not_ready_404", "metadata", "the file is not there yet", "404 problem", Reply(404)),
    FaultKind("metadata_html", "metadata", "a page instead of the file", "200 text/html", Reply(200, "html")),
    FaultKind("metadata_empty", "metadata", "a successful download of nothing", "200, no body", Reply(200, "empty")),
    FaultKind("metadata_says_nothing", "metadata", "an object without any field", "200 JSON", Reply(200, "no_fields")),
    FaultKind(
        "metadata_of_another", "metadata", "the file of another document", "200 JSON", Reply(200, "another_document")
    ),
    FaultKind("metadata_503", "metadata", "busy", "503 problem", Reply(503)),
)
_DELETE = (
    FaultKind("delete_404", "delete", "deletes nothing and says it is gone", "404 problem", Reply(404)),
    FaultKind("delete_401", "delete", "the signature is refused", "401 problem", Reply(401)),
    FaultKind("delete_403", "delete", "access is refused", "403 problem", Reply(403)),
    FaultKind("delete_500", "delete", "an internal error, nothing deleted", "500 problem", Reply(500)),
    FaultKind("delete_503", "delete", "busy, nothing deleted", "503 problem", Reply(503)),
    FaultKind(
        "delete_202",
        "delete",
        "deletes, with an answer the SDK does not know",
        "202",
        Reply(202, "empty"),
        first=True,
    ),
    FaultKind(
        "delete_204",
        "delete",
        "deletes, with an answer the SDK does not know",
        "204",
        Reply(204, "empty"),
        first=True,
    ),
    FaultKind(
        "delete_200_html",
        "delete",
        "deletes, with a body that is no JSON",
        "200 html",
        Reply(200, "html"),
        first=True,
    ),
    FaultKind("delete_409", "delete", "a conflict, nothing deleted", "409 problem", Reply(409)),
    *(
        FaultKind(
            f"delete_broken_json_{status}",
            "delete",
            "refuses with invalid JSON",
            str(status),
            Reply(status, "broken_json"),
        )
        for status in (401, 403, 404, 409, 500, 503)
    ),
    FaultKind("delete_broken_xml_503", "delete", "refuses with invalid XML", "503", Reply(503, "broken_xml")),
    FaultKind(
        "delete_gzip_bomb", "delete", "refuses with few bytes that decode to many", "500 gzip", Reply(500, "bomb")
    ),
    FaultKind("delete_retry_after_day", "delete", "busy for a day", "503, Retry-After: 86400", Reply(503, rest=_DAY)),
    FaultKind(
        "delete_slow_body", "delete", "deletes, and sends a body as `slow_refusal` does", "200, half a body", first=True
    ),
    FaultKind(
        "delete_slow_head", "delete", "deletes, and sends headers as `slow_head` does", "half a head", first=True
    ),
    FaultKind("delete_long_body", "delete", "deletes, with a body of `amount` bytes", "200, a long body", first=True),
    FaultKind("delete_timeout_after_success", "delete", "deletes, waits `seconds`, resets", "none", first=True),
    FaultKind("delete_response_lost", "delete", "deletes and resets at once", "none", first=True),
)
_CONTROLS: tuple[Operation, ...] = ("pause", "resume", "stop")
_CALLING = (
    FaultKind("start_503", "start", "busy, nothing started", "503 error", Reply(503, "error", "9999")),
    FaultKind("start_500", "start", "an internal error, nothing started", "500 error", Reply(500, "error", "9999")),
    FaultKind(
        "start_429",
        "start",
        "throttled, nothing started",
        "429 error",
        Reply(429, "error", "TooManyRequests"),
    ),
    FaultKind(
        "start_retry_after_day",
        "start",
        "busy for a day, nothing started",
        "503 error, Retry-After: 86400",
        Reply(503, "error", "9999", _DAY),
    ),
    FaultKind("start_response_lost", "start", "starts the recording and resets at once", "none", first=True),
    FaultKind(
        "start_500_though_started",
        "start",
        "starts the recording, and says that it failed",
        "500 error",
        Reply(500, "error", "9999"),
        first=True,
    ),
    FaultKind("start_400_html", "start", "a gateway's error page, nothing started", "400 html", Reply(400, "html")),
    FaultKind(
        "start_call_not_found",
        "start",
        "the call is not there yet, nothing started",
        "404 error 8522",
        Reply(404, "error", "8522"),
    ),
    FaultKind(
        "start_refusal_replayed",
        "start",
        "repeats a refusal for every request with the same Repeatability-Request-ID",
        "the same refusal",
        count=None,
        rule=True,
    ),
    FaultKind(
        "start_one_per_call",
        "start",
        "refuses a second recording of a call while one runs",
        "400 error 8553",
        count=None,
        rule=True,
    ),
    FaultKind("call_503", "call", "busy", "503 error", Reply(503, "error", "9999")),
    FaultKind("call_404", "call", "does not know the connection", "404 error", Reply(404, "error", "8522")),
    FaultKind("state_503", "state", "busy", "503 error", Reply(503, "error", "9999")),
    FaultKind("pause_500", "pause", "an internal error, not paused", "500 error", Reply(500, "error", "9999")),
    FaultKind("resume_500", "resume", "an internal error, not resumed", "500 error", Reply(500, "error", "9999")),
    FaultKind("stop_500", "stop", "an internal error, not stopped", "500 error", Reply(500, "error", "9999")),
    *(
        FaultKind(
            f"{operation}_200",
            operation,
            "carried out, with an answer the SDK does not know",
            "200, no body",
            Reply(200, "empty"),
            first=True,
        )
        for operation in _CONTROLS
    ),
    FaultKind("stop_response_lost", "stop", "stops the recording and resets at once", "none", first=True),
)
_RUNNING = (
    FaultKind("state_never_active", "record", "accepts the start, and never records", "200"),
    FaultKind("inactive_mid_call", "record", "ends the recording by itself after `seconds`", "200"),
    FaultKind("start_recording_failed", "record", "accepts the start, and says later that it failed", "202"),
    FaultKind("callback_lost", "callback", "never sends it", "none"),
    FaultKind("callback_twice", "callback", "sends it twice", "the same body, another token"),
    FaultKind("callback_late", "callback", "sends it `seconds` later, after those that follow", "the same"),
)
_PROMPTS = (
    FaultKind("participants_503", "participants", "busy", "503 error", Reply(503, "error", "9999")),
    FaultKind("play_400", "play", "refuses, nothing played", "400 error 8501", Reply(400, "error", "8501")),
    FaultKind("play_503", "play", "busy, nothing played", "503 error", Reply(503, "error", "9999")),
    FaultKind("play_response_lost", "play", "plays the prompt and resets at once", "none", first=True),
    FaultKind("recognize_400", "recognize", "refuses, nobody asked", "400 error 8501", Reply(400, "error", "8501")),
    FaultKind("recognize_response_lost", "recognize", "asks, and resets at once", "none", first=True),
    FaultKind("hang_up_503", "hangUp", "busy, the call goes on", "503 error", Reply(503, "error", "9999")),
    FaultKind("report_failed", "report", "reports that the prompt could not be played", "PlayFailed, RecognizeFailed"),
    FaultKind("report_lost", "report", "reports nothing of a prompt that was played", "no event"),
    FaultKind("report_twice", "report", "reports a prompt twice", "the event, twice"),
)
_EXPORT = (
    FaultKind(
        "export_failed", "export", "cannot write into the customer's container", "an event with its own locations"
    ),
    FaultKind(
        "export_late", "export", "writes `seconds` after its event", "an event with locations where nothing is yet"
    ),
)
FAULTS: Mapping[str, FaultKind] = {
    kind.name: kind for kind in (*_CONTENT, *_METADATA, *_DELETE, *_CALLING, *_RUNNING, *_PROMPTS, *_EXPORT)
}
"""By name."""


def catalogue() -> list[dict[str, str]]:
    """The table for people: name, operation, what the server does, what it answers."""
    return [
        {"name": kind.name, "operation": kind.operation, "does": kind.does, "answers": kind.answers}
        for kind in FAULTS.values()
    ]
