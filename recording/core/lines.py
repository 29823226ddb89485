"""Text from elsewhere made safe for a line of a log.

An id that contains a line break or an escape sequence of a terminal could forge or hide lines. What is not printable
(control characters, line and paragraph separators, marks that change the direction of writing, lone surrogates) is
escaped as in a Python literal, and a long value is truncated.
"""

LONGEST = 1024
"""Characters of one value; the service's ids have some hundreds."""


def escaped(text: str) -> str:
    r"""The text on one line: a line break is written as `\n`; beyond `LONGEST`, the characters left out are counted."""
    kept = text if len(text) <= LONGEST else f"{text[:LONGEST]}… (and {len(text) - LONGEST} more)"
    if kept.isprintable():
        return kept
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in kept)


def shown(value: object) -> str:
    """The value of a `key=value` pair: unchanged, or quoted and escaped if it could be misread."""
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    if text and len(text) <= LONGEST and text.isprintable() and not any(mark in text for mark in ' "=\\'):
        return text
    return f'"{escaped(text.replace("\\", "\\\\").replace('"', '\\"'))}"'
