"""Consents and prompts in memory."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import msgspec

from recording.core.consent import Consent
from recording.core.errors import CallRefused, CatalogConflict, ServiceBusy
from recording.core.model import CallConnectionId
from recording.ports import ConsentPage, ConsentRow, InCall, PromptOrder

type RowKey = tuple[CallConnectionId, int]
_WORDS = {"400": ("400 8501 not established", 400), "404": ("404 8522 Call not found.", 404)}


@dataclass
class FakeConsents:
    """`Consents`. `before_save` is called before each save, as a rival or a kill."""

    stored: dict[CallConnectionId, Consent] = field(default_factory=dict)
    rows: dict[RowKey, ConsentRow] = field(default_factory=dict)
    before_save: Callable[[Consent], None] = lambda _: None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._versions = count(1)
        self._decoder = msgspec.json.Decoder(Consent)

    def load(self, connection_id: CallConnectionId) -> Consent | None:
        return self.stored.get(connection_id)

    def save(self, consent: Consent) -> Consent:
        self.before_save(consent)
        read = self._decoder.decode(msgspec.json.encode(consent))
        with self._lock:
            standing = self.stored.get(consent.connection_id)
            if consent.version != (standing.version if standing else ""):
                raise CatalogConflict("save consent", "it has changed meanwhile")
            saved = replace(read, version=str(next(self._versions)))
            self.stored[consent.connection_id] = saved
            return saved

    def put_row(self, connection_id: CallConnectionId, opening: int, at: datetime) -> None:
        self.rows[connection_id, opening] = ConsentRow(connection_id, opening, at)

    def remove_row(self, connection_id: CallConnectionId, opening: int) -> None:
        self.rows.pop((connection_id, opening), None)

    def page(self, limit: int, after: str = "") -> ConsentPage:
        keys = sorted(self.rows)
        names = [f"{connection}~{opening}" for connection, opening in keys]
        begin = names.index(after) if after else 0
        found = tuple(self.rows[key] for key in keys[begin : begin + limit])
        return ConsentPage(found, names[begin + limit] if len(keys) > begin + limit else "")


@dataclass
class FakePrompts:
    """`Prompts`: the calls by connection, with who is in each, and what was played.

    Attributes:
        people: who is in a call; one that is not there is over.
        callers: who called.
        played, asked: the orders that were carried out; of those asked, with whom.
        hung_up: the calls that were ended.
        before: called before each operation, by its name.
    """

    people: dict[CallConnectionId, list[str]] = field(default_factory=dict)
    callers: dict[CallConnectionId, str] = field(default_factory=dict)
    played: list[PromptOrder] = field(default_factory=list)
    asked: list[tuple[PromptOrder, str]] = field(default_factory=list)
    hung_up: list[CallConnectionId] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self._faults: list[str] = []

    def arm(self, name: str, times: int = 1) -> None:
        """Let the next operations fail; names are those of the local ACS."""
        self._faults += [name] * times

    def participants(self, connection_id: CallConnectionId) -> InCall:
        self._strike("participants", connection_id)
        return InCall(tuple(self.people[connection_id]), self.callers.get(connection_id, ""))

    def play_to_all(self, order: PromptOrder) -> None:
        fails_after = self._strike("play", order.connection_id)
        self.played.append(order)
        if fails_after:
            raise ServiceBusy("play prompt", "the reply was lost")

    def ask_for_key(self, order: PromptOrder, participant: str, silence: timedelta) -> None:
        assert silence >= timedelta(seconds=1)
        fails_after = self._strike("recognize", order.connection_id)
        if participant not in self.people[order.connection_id]:
            raise CallRefused("ask for key", "400 not in the call", status=400)
        self.asked.append((order, participant))
        if fails_after:
            raise ServiceBusy("ask for key", "the reply was lost")

    def hang_up(self, connection_id: CallConnectionId) -> None:
        self._strike("hang_up", connection_id)
        self.hung_up.append(connection_id)
        del self.people[connection_id]

    def _strike(self, operation: str, connection_id: CallConnectionId) -> bool:
        """Fail if it is armed; whether it is to fail after it was carried out."""
        self.before(operation)
        name = next((one for one in self._faults if one.startswith(f"{operation}_")), "")
        if name:
            self._faults.remove(name)
        what = name.removeprefix(f"{operation}_")
        if what == "503":
            raise ServiceBusy(operation, "503")
        if connection_id not in self.people:
            what = "404"
        if what in _WORDS:
            raise CallRefused(operation, _WORDS[what][0], status=_WORDS[what][1])
        return what == "response_lost"
