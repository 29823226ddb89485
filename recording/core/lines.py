"""A text that came from elsewhere, as it may stand in a line of a log.

An id with a line break or a terminal's escape in it would forge or hide lines. Whatever is not printable (control
characters, line and paragraph separators, marks that change the direction of writing, lone surrogates) is therefore
written as Python writes it in a literal, and no value is longer than a line can bear.
"""

LONGEST = 1024
"""Characters of one value; ids of the service have some hundreds."""


def escaped(text: str) -> str:
    r"""The text in one line and of bounded length: a line break is written as `\n`, what is cut off is counted."""
    kept = text if len(text) <= LONGEST else f"{text[:LONGEST]}… (and {len(text) - LONGEST} more)"
    if kept.isprintable():
        return kept
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in kept)


def shown(value: object) -> str:
    """A value of a `key=value` pair: as it is, or in quotes where it could be misread."""
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    if text and len(text) <= LONGEST and text.isprintable() and not any(mark in text for mark in ' "=\\'):
        return text
    return f'"{escaped(text.replace("\\", "\\\\").replace('"', '\\"'))}"'
