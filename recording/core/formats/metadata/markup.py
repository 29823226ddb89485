"""Markup in place of JSON: an HTML error page, an XML error report, or other XML."""

import json
import re

_HEAD = 4096
_BLANK = "\ufeff \t\r\n"
_PROLOG = {"<?": "?>", "<!--": "-->", "<!": ">"}
_DOCTYPE_OF_HTML = re.compile(r"<!doctype\s+html\b")
_ROOT = re.compile(r"<([a-z_][\w.:-]*)")
_HTML = frozenset({"html", "head", "body", "title", "h1", "h2", "h3", "p", "div", "center", "pre", "script", "meta"})


def refuse_markup(raw: bytes) -> str | None:
    """Why a body that begins with `<` is not a metadata file.

    Returns:
        The reason; empty for complete XML that is no error report; None for a body that is not markup.
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
    """The text without the declarations and comments before the root, up to a DOCTYPE of HTML."""
    while (opening := next((mark for mark in _PROLOG if text.startswith(mark)), None)) is not None:
        if _DOCTYPE_OF_HTML.match(text):
            break
        text = text[len(opening) :].partition(_PROLOG[opening])[2].lstrip(_BLANK)
    return text
