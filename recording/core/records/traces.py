"""Where an event names a recording or a person: any text in it that contains an id, not as a part of a longer one."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from recording.core.model import RecordingId

_PHONE = "4:"
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Traces:
    """What is looked for: ids of recordings, and raw ids of people, whose case does not matter."""

    recordings: frozenset[RecordingId] = frozenset()
    people: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, recordings: Iterable[RecordingId] = (), raw_ids: Iterable[str] = ()) -> "Traces":
        """The traces of these; a telephone number is looked for with and without the prefix of its raw id."""
        known = {raw_id.lower() for raw_id in raw_ids if raw_id}
        known |= {one.removeprefix(_PHONE) for one in known if one.startswith(f"{_PHONE}+")}
        return cls(frozenset(one for one in recordings if one), frozenset(known))

    def are_in(self, found: object) -> bool:
        """Whether a JSON value names any of them."""
        return any(map(self.are_in_text, _texts(found, _DEEPEST)))

    def are_in_text(self, text: str) -> bool:
        """Whether a text names any of them."""
        lower = text.lower()
        return any(_is_in(one, text) for one in self.recordings) or any(_is_in(one, lower) for one in self.people)


def _is_in(wanted: str, text: str) -> bool:
    # The raw id of a telephone number may have a suffix, `4:+NUMBER_SUFFIX`, which stands for the same one.
    end = r"(?![^\W_])" if wanted.startswith((f"{_PHONE}+", "+")) else r"(?!\w)"
    return wanted in text and re.search(rf"(?<!\w){re.escape(wanted)}{end}", text) is not None


def _texts(found: object, deepest: int) -> Iterator[str]:
    """Every text in a JSON value, the names included; what is nested deeper than that is one text."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list) and not deepest:
        yield str(found)
    elif isinstance(found, dict):
        for name, value in found.items():
            yield str(name)
            yield from _texts(value, deepest - 1)
    elif isinstance(found, list):
        for value in found:
            yield from _texts(value, deepest - 1)
