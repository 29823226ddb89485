"""Unusual file events and deliveries, each with a stable name: observed or possible, with one meaning only."""

import base64
import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from local.acs.events import Event, as_schema


@dataclass(frozen=True, slots=True)
class Oddity:
    """One line of the table; `delivery` turns a usual file event into what is delivered, as an array or one event."""

    does: str
    delivery: Callable[[Event], object]


def _chunks(change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Event], object]:
    def changed(event: Event) -> object:
        odd = copy.deepcopy(event)
        storage = odd["data"]["recordingStorageInfo"]
        storage["recordingChunks"] = change(storage["recordingChunks"])
        return odd

    return changed


def _index(spelt: Callable[[int], object]) -> Callable[[Event], object]:
    return _chunks(lambda chunks: [{**chunk, "index": spelt(chunk["index"])} for chunk in chunks])


def _without_index(chunks: list[dict[str, Any]]) -> object:
    return [{key: value for key, value in chunk.items() if key != "index"} for chunk in chunks]


def _in_base64(event: Event) -> object:
    odd = as_schema(event, "cloudevents")
    text = json.dumps(odd["data"])
    return {key: value for key, value in odd.items() if key != "data"} | {
        "data_base64": base64.b64encode(text.encode()).decode()
    }


def _with_an_offset(event: Event) -> object:
    at = datetime.fromisoformat(event["eventTime"]).astimezone(timezone(timedelta(hours=2)))
    return event | {"eventTime": f"{at:%Y-%m-%dT%H:%M:%S}.1234567+02:00"}


ODDITIES: Mapping[str, Oddity] = {
    "index_text": Oddity("every index is a string", _index(str)),
    "index_float": Oddity("every index is a number with a fraction of 0", _index(float)),
    "index_missing": Oddity("no chunk has an index", _chunks(_without_index)),
    "chunks_object": Oddity(
        "the only chunk is not in an array", _chunks(lambda chunks: chunks[0] if len(chunks) == 1 else chunks)
    ),
    "document_repeated": Oddity("every chunk is repeated", _chunks(lambda chunks: [*chunks, *chunks])),
    "document_twice": Oddity(
        "every document is announced again, with a location that does not exist",
        _chunks(
            lambda chunks: [
                *chunks,
                *({**chunk, "contentLocation": chunk["contentLocation"] + "-not-there"} for chunk in chunks),
            ]
        ),
    ),
    "data_text": Oddity(
        "`data` is the JSON text of an object", lambda event: event | {"data": json.dumps(event["data"])}
    ),
    "data_base64": Oddity("a CloudEvent carries its data in base64", _in_base64),
    "time_offset": Oddity("the event's time has an offset and seven digits", _with_an_offset),
    "attributes": Oddity(
        "a CloudEvent has attributes of its own",
        lambda event: as_schema(event, "cloudevents") | {"traceparent": "00-1-2-01", "dataschema": "#"},
    ),
    "null_beside": Oddity("a null and a number are in the same delivery", lambda event: [event, None, 5]),
    "empty_beside": Oddity("empty events are in the same delivery", lambda event: [{}, event, {}]),
    "chunk_unreadable_beside": Oddity(
        "one more chunk has no location",
        _chunks(
            lambda chunks: [*chunks, {"documentId": "0-weu-d1-gone", "index": len(chunks), "contentLocation": None}]
        ),
    ),
}
