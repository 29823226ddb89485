"""A tolerant reader of JSON objects: fields in any case; what makes no sense is noted by its path."""

from collections.abc import Callable, Iterator, Mapping


class Fields:
    """An object of the file. `notes` are one set for the whole file, in the order of their coming."""

    def __init__(self, found: object, path: str = "", notes: dict[str, None] | None = None) -> None:
        """Take what was found at that path, which may be no object."""
        self._path = path
        self.notes: dict[str, None] = {} if notes is None else notes
        self._values: Mapping[str, object] = {}
        if isinstance(found, dict):
            self._values = {key.lower(): value for key, value in found.items()}
        elif found is not None:
            self._note(path, "is no object")

    @property
    def names(self) -> frozenset[str]:
        """The names of its fields, in lower case."""
        return frozenset(self._values)

    def get(self, name: str) -> object:
        """What the field holds; None if it is not there."""
        return self._values.get(name.lower())

    def note(self, name: str, doubt: str) -> None:
        """Note a doubt about a field; a hundred alike are one."""
        self._note(self._path_of(name), doubt)

    def read[T](self, name: str, parse: Callable[[object], T | None]) -> T | None:
        """Read a field by `parse`; a value that it makes nothing of is noted."""
        value = self.get(name)
        parsed = None if value is None else parse(value)
        if parsed is None and value is not None:
            self.note(name, "makes no sense")
        return parsed

    def part(self, name: str) -> "Fields":
        """The object that a field holds."""
        return Fields(self.get(name), self._path_of(name), self.notes)

    def each(self, name: str) -> "Iterator[Fields]":
        """Walk over the objects of a list."""
        items = self.get(name)
        if isinstance(items, list):
            for item in items:
                yield Fields(item, self._path_of(f"{name}[]"), self.notes)
        elif items is not None:
            self.note(name, "is no list")

    def _path_of(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _note(self, path: str, doubt: str) -> None:
        self.notes[f"{path} in the metadata file {doubt}"] = None
