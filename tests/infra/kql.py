"""The few operators of KQL that rules and workbook use, over rows in memory. What is not known here raises.

A column that the table does not have raises too, so that a query is held to Microsoft's names.
"""

import operator
import re
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

type Row = dict[str, Any]
type Value = Callable[[Row], Any]
type Aggregate = Callable[[Sequence[Row]], Any]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>@?'(?:[^']|'')*'|@?"(?:[^"]|"")*")|(?P<span>\d+[dhms]\b)|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<word>!?[A-Za-z_]\w*)|(?P<mark>==|!=|<=|>=|[-+*/<>=(),|;]))"""
)
_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "-": lambda left, right: None if left is None or right is None else left - right,
    "+": lambda left, right: None if left is None or right is None else left + right,
}
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _contains_term(text: str, term: str) -> bool:
    return re.search(rf"(?<![a-z0-9]){re.escape(term.lower())}(?![a-z0-9])", text.lower()) is not None


def _compared(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    """A comparison with a null is false."""
    return lambda left, right: left is not None and right is not None and bool(compare(left, right))


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": _compared(operator.lt),
    "<=": _compared(operator.le),
    ">": _compared(operator.gt),
    ">=": _compared(operator.ge),
    "has": _contains_term,
    "!contains": lambda text, other: other.lower() not in text.lower(),
    "startswith": lambda text, start: text.lower().startswith(start.lower()),
    "in": lambda one, all_of_them: one in all_of_them,
    "!in": lambda one, all_of_them: one not in all_of_them,
}


def _extract(pattern: str, group: int, text: str) -> str:
    found = re.search(pattern, text)
    return found[group] if found else ""


def _to_number[T](text: str, kind: Callable[[str], T]) -> T | None:
    try:
        return kind(text)
    except ValueError:
        return None


def _to_datetime(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _bin_of_time(at: datetime, size: timedelta) -> datetime:
    return _EPOCH + (at - _EPOCH) // size * size


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "extract": _extract,
    "todouble": lambda text: _to_number(text, float),
    "tolong": lambda text: _to_number(text, int),
    "todatetime": _to_datetime,
    "isnull": lambda value: value is None,
    "isempty": lambda value: value in (None, ""),
    "isnotempty": lambda value: value not in (None, ""),
    "bin": _bin_of_time,
    "not": operator.not_,
}
_AGGREGATES: Mapping[str, Callable[..., Any]] = {
    "max": lambda values: max(values, default=None),
    "min": lambda values: min(values, default=None),
    "sum": sum,
    "count": len,
    "percentile": lambda values: statistics.median(values) if values else None,
}


class Query:
    """A query, parsed while it runs: it is run at one moment over the tables given."""

    def __init__(self, text: str, tables: Mapping[str, Iterable[Row]], now: datetime) -> None:
        self._text, self._now = text, now
        self._tables = {name: list(rows) for name, rows in tables.items()}
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                self._refuse(f"cannot read {text[at : at + 20]!r}")
            assert found.lastgroup is not None
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()

    def run(self) -> list[Row]:
        """The rows of its last statement."""
        while self._next() == "let":
            self._take("let")
            name = self._take()
            self._take("=")
            rows = self._pipeline()
            self._tables[name] = rows
            self._take(";")
        rows = self._pipeline()
        if self._tokens:
            self._refuse(f"does not end before {self._next()!r}")
        return rows

    def _refuse(self, why: str) -> NoReturn:
        raise AssertionError(f"{why}: {self._text}")

    def _next(self) -> str:
        return self._tokens[0][1] if self._tokens else ""

    def _take(self, expected: str = "") -> str:
        if not self._tokens or (expected and self._next() != expected):
            self._refuse(f"expected {expected!r}, found {self._next()!r}")
        return self._tokens.pop(0)[1]

    def _is_next(self, mark: str) -> bool:
        if self._next() != mark:
            return False
        self._take()
        return True

    def _pipeline(self) -> list[Row]:
        table = self._take()
        if table not in self._tables:
            self._refuse(f"no table {table!r}")
        rows = [dict(row) for row in self._tables[table]]
        while self._is_next("|"):
            step = getattr(self, f"_{self._take()}", None)
            if step is None:
                self._refuse("an operator that is not known here")
            rows = step(rows)
        return rows

    def _where(self, rows: list[Row]) -> list[Row]:
        keep = self._expression()
        return [row for row in rows if keep(row)]

    def _extend(self, rows: list[Row]) -> list[Row]:
        for name, value in self._named(self._expression):
            rows = [{**row, name: value(row)} for row in rows]
        return rows

    def _project(self, rows: list[Row]) -> list[Row]:
        named = list(self._named(self._expression))
        return [{name: value(row) for name, value in named} for row in rows]

    def _distinct(self, rows: list[Row]) -> list[Row]:
        found = self._project(rows)
        return [row for at, row in enumerate(found) if row not in found[:at]]

    def _summarize(self, rows: list[Row]) -> list[Row]:
        named = list(self._named(self._aggregate))
        if not self._is_next("by"):
            return [{name: value(rows) for name, value in named}]
        keys = list(self._named(self._expression))
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(value(row) for _, value in keys), []).append(row)
        return [
            dict(zip((name for name, _ in keys), key, strict=True)) | {name: value(group) for name, value in named}
            for key, group in groups.items()
        ]

    def _order(self, rows: list[Row]) -> list[Row]:
        self._take("by")
        name, way = self._take(), self._take()
        known = [row for row in rows if row[name] is not None]
        ordered = sorted(known, key=lambda row: row[name], reverse=way == "desc")
        return [*ordered, *(row for row in rows if row[name] is None)]

    def _named[T](self, parse: Callable[[], T]) -> Iterable[tuple[str, T]]:
        while True:
            name = f"{self._next()}_" if len(self._tokens) > 1 and self._tokens[1][1] == "(" else self._next()
            if len(self._tokens) > 1 and self._tokens[1][1] == "=":
                self._take()
                self._take("=")
            elif name == "bin_":
                name = self._tokens[2][1]
            yield name, parse()
            if not self._is_next(","):
                return

    def _aggregate(self) -> Aggregate:
        name = self._take()
        if name not in _AGGREGATES:
            self._refuse(f"an aggregate that is not known here, {name!r}")
        arguments = self._arguments()
        compute = _AGGREGATES[name]
        if not arguments:
            return compute
        value = arguments[0]
        return lambda rows: compute([found for row in rows if (found := value(row)) is not None])

    def _arguments(self) -> list[Value]:
        self._take("(")
        found: list[Value] = []
        while not self._is_next(")"):
            found.append(self._expression())
            self._is_next(",")
        return found

    def _expression(self) -> Value:
        left = self._conjunction()
        while self._is_next("or"):
            left = self._both(left, self._conjunction(), lambda one, other: one or other)
        return left

    def _conjunction(self) -> Value:
        left = self._comparison()
        while self._is_next("and"):
            left = self._both(left, self._comparison(), lambda one, other: one and other)
        return left

    def _comparison(self) -> Value:
        left = self._sum()
        if self._next() not in _COMPARISONS:
            return left
        name = self._take()
        right = self._members() if name in {"in", "!in"} else self._sum()
        return self._both(left, right, _COMPARISONS[name])

    def _members(self) -> Value:
        if self._tokens[1][1] in self._tables and self._tokens[2][1] == ")":
            self._take("(")
            rows = self._tables[self._take()]
            self._take(")")
            members = [next(iter(row.values())) for row in rows]
            return lambda _: members
        values = self._arguments()
        return lambda row: [value(row) for value in values]

    def _sum(self) -> Value:
        left = self._primary()
        while self._next() in _SIGNS:
            join = _SIGNS[self._take()]
            left = self._both(left, self._primary(), join)
        return left

    @staticmethod
    def _both(left: Value, right: Value, join: Callable[[Any, Any], Any]) -> Value:
        return lambda row: join(left(row), right(row))

    def _primary(self) -> Value:
        kind = self._tokens[0][0] if self._tokens else ""
        text = self._take()
        constant: Any
        match kind:
            case "text":
                constant = _literal(text)
            case "span":
                constant = timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
            case "number":
                constant = float(text) if "." in text else int(text)
            case "word" if text in {"true", "false"}:
                constant = text == "true"
            case "word" if self._next() == "(":
                return self._call(text)
            case "word":
                return lambda row: row[text] if text in row else self._refuse(f"no column {text!r}")
            case _ if text == "(":
                inner = self._expression()
                self._take(")")
                return inner
            case _:
                self._refuse(f"cannot read {text!r}")
        return lambda _: constant

    def _call(self, name: str) -> Value:
        arguments = self._arguments()
        if name == "ago":
            return lambda row: self._now - arguments[0](row)
        if name not in _FUNCTIONS:
            self._refuse(f"a function that is not known here, {name!r}")
        compute = _FUNCTIONS[name]
        return lambda row: compute(*(argument(row) for argument in arguments))


def _literal(text: str) -> str:
    if text.startswith("@"):
        return text[2:-1].replace(text[1] * 2, text[1])
    return text[1:-1].encode().decode("unicode_escape")
