"""How a setting is declared, once, on its field; and the reader of all declared settings.

A group of settings is a frozen dataclass whose fields are annotated with a `Setting`:

    connections: Annotated[int, Setting("COPY_CONNECTIONS", "8", whole(1, 64), "the most connections of one copy")]

Tests check README's table, the sample file and the deployment against these declarations.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from recording.core.errors import InvalidRequest, PolicyInvalid


@dataclass(frozen=True, slots=True)
class Setting:
    """One app setting.

    Attributes:
        key: the name of its environment variable.
        default: the text used if it is not set; None if it is required.
        parse: converts text to value; raises ValueError, InvalidRequest or PolicyInvalid, which never contain the text.
        meaning: what it means, in a few words.
        only_to_start: whether only starts of recordings need it: if it is wrong the default is used, and what was
            recorded before is archived all the same.
        only_for_people: likewise, whether only the index of people needs it.
        only_for_retention: likewise, whether only the retention needs it.
    """

    key: str
    default: str | None
    parse: Callable[[str], object]
    meaning: str
    only_to_start: bool = False
    only_for_people: bool = False
    only_for_retention: bool = False

    @property
    def is_for_all(self) -> bool:
        """Whether nothing goes while it is wrong."""
        return not (self.only_to_start or self.only_for_people or self.only_for_retention)


def declared(group: type) -> Iterator[tuple[str, Setting]]:
    """The settings of a group with the names of their fields, in order."""
    for name, hint in get_type_hints(group, include_extras=True).items():
        for extra in getattr(hint, "__metadata__", ()):
            if isinstance(extra, Setting):
                yield name, extra


@dataclass(slots=True)
class Reader:
    """Reads settings from an environment, and collects all problems."""

    environment: Mapping[str, str]
    problems: list[str] = field(default_factory=list)
    """Missing or wrong settings, as `KEY: problem`."""
    starting: list[str] = field(default_factory=list)
    """Likewise, of settings that only starts of recordings need."""
    people: list[str] = field(default_factory=list)
    """Likewise, of those that only the index of people needs."""
    retention: list[str] = field(default_factory=list)
    """Likewise, of those that only the retention needs."""
    _wrong: set[str] = field(default_factory=set)

    def read[T](self, group: type[T]) -> T:
        """Read a group. With problems its wrong fields are None; the caller then raises instead of using the group."""
        found = {name: self._value(setting) for name, setting in declared(group)}
        return group(**found)

    def refuse(self, key: str, problem: str) -> None:
        """Add a problem of a setting."""
        self.problems.append(f"{key}: {problem}")
        self._wrong.add(key)

    def are_right(self, *keys: str) -> bool:
        """Whether none of these keys has a problem, so that cross-checks of them make sense."""
        return self._wrong.isdisjoint(keys)

    def _value(self, setting: Setting) -> Any:  # noqa: ANN401 - the type is that of the field
        text = self._text(setting) or setting.default
        if text is None:
            self.refuse(setting.key, f"missing ({setting.meaning})")
            return None
        try:
            return setting.parse(text)
        except InvalidRequest as error:
            problems = [error.cause.removeprefix(f"{setting.key}: ")]
        except PolicyInvalid as error:
            problems = list(error.problems)
        except ValueError as error:
            problems = [str(error)]
        self._report(setting, *problems)
        return None if setting.is_for_all else setting.parse(setting.default or "")

    def _text(self, setting: Setting) -> str:
        text = self.environment.get(setting.key, "").strip()
        if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
            self._report(setting, "in quotes: a shell removes them, Azure does not")
            return text[1:-1].strip()
        return text

    def _report(self, setting: Setting, *problems: str) -> None:
        for problem in problems:
            if setting.only_to_start:
                self.starting.append(f"{setting.key}: {problem}")
            elif setting.only_for_people:
                self.people.append(f"{setting.key}: {problem}")
            elif setting.only_for_retention:
                self.retention.append(f"{setting.key}: {problem}")
            else:
                self.refuse(setting.key, problem)
