"""What came in place of JSON where it begins with `<`: an error page, an error report, or XML that says something."""

import json
import re

_HEAD = 4096
_BLANK = "\ufeff \t\r\n"
_PROLOG = {"<?": "?>", "<!--": "-->", "<!": ">"}
_DOCTYPE_OF_HTML = re.compile(r"<!doctype\s+html\b")
_ROOT = re.compile(r"<([a-z_][\w.:-]*)")
_HTML = frozenset({"html", "head", "body", "title", "h1", "h2", "h3", "p", "div", "center", "pre", "script", "meta"})


def refuse_markup(raw: bytes) -> str | None:
    """Say why text that begins with `<` is no file of the service's.

    Returns:
        The reason; empty for whole XML that is no error report; None for what is no markup.
    """
    encoding = json.detect_encoding(raw)
    if not raw[:_HEAD].decode(encoding, "replace").lstrip(_BLANK).startswith("<"):
        return None
    text = raw.decode(encoding, "replace").strip(_BLANK)
    head = _without_prolog(text[:_HEAD].lower())
    root = _ROOT.match(head)
    if _DOCTYPE_OF_HTML.match(head) or (root is not None and root[1] in _HTML):
        return "it is HTML"
    tail = text[-_HEAD:].lower()
    if root is None or not (tail.endswith("/>") or re.search(rf"</{re.escape(root[1])}\s*>\Z", tail)):
        return "it is markup and not whole"
    return "it is an error report" if root[1].rpartition(":")[2] == "error" else ""


def _without_prolog(text: str) -> str:
    """Leave out declarations and comments before the root, but for one that says it is HTML."""
    while (opening := next((mark for mark in _PROLOG if text.startswith(mark)), None)) is not None:
        if _DOCTYPE_OF_HTML.match(text):
            break
        text = text[len(opening) :].partition(_PROLOG[opening])[2].lstrip(_BLANK)
    return text
