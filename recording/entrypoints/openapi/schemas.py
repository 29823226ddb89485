"""JSON Schemas of the types of the API: what msgspec says of a type, and the keywords that it is annotated with."""

from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, TypeAliasType, get_args, get_origin, get_type_hints, is_typeddict

import msgspec

from recording.core.formats.schema import Schema

REFERENCES = "#/components/schemas/{name}"


def components(types: Iterable[object]) -> dict[str, Any]:
    """The schemas of these types and of all that they are made of, by name."""
    wanted = [part for one in types for part in (get_args(one) if isinstance(one, UnionType) else (one,))]
    _, found = msgspec.json.schema_components([_plain(one) for one in wanted], ref_template=REFERENCES)
    for one in wanted:
        for part, keywords in _parts(one):
            found[part.__name__].update(keywords)
            for name, hint in get_type_hints(part, include_extras=True).items():
                found[part.__name__]["properties"][name].update(_keywords(hint))
    for schema in found.values():
        if "enum" in schema:
            schema.pop("description", None)  # what an enum says of itself is for readers of the code
    return dict(sorted(found.items()))


def reference(one: object) -> dict[str, Any]:
    """How a document refers to the schema of a type, or of one of several."""
    if isinstance(one, UnionType):
        return {"anyOf": [reference(part) for part in get_args(one)]}
    return {"$ref": REFERENCES.format(name=_plain(one).__name__)}


def _plain(one: object) -> Any:  # noqa: ANN401 - a TypedDict, which has no type of its own
    return get_args(one)[0] if get_origin(one) is Annotated else one


def _parts(hint: object) -> Iterator[tuple[Any, Mapping[str, object]]]:
    """The TypedDicts of which a type is made, with the keywords that hold for the whole of one."""
    if isinstance(hint, TypeAliasType):
        yield from _parts(hint.__value__)
    elif is_typeddict(_plain(hint)):
        keywords: dict[str, object] = {}
        for inner in get_args(hint)[1:]:
            keywords |= inner.keywords
        yield _plain(hint), keywords
        for inner in get_type_hints(_plain(hint), include_extras=True).values():
            yield from _parts(inner)
    else:
        for inner in get_args(hint):
            yield from _parts(inner)


def _keywords(hint: object) -> Mapping[str, object]:
    """What a type is annotated with; keywords about texts or numbers say nothing about a null beside them."""
    if isinstance(hint, TypeAliasType):
        return _keywords(hint.__value__)
    if get_origin(hint) in {list, dict} or is_typeddict(_plain(hint)):  # these keywords are said of the part itself
        return {}
    found: dict[str, object] = {}
    for inner in get_args(hint):
        found |= inner.keywords if isinstance(inner, Schema) else _keywords(inner)
    return found
