"""Exports over HTTP, over the use cases with fakes: asked for, looked at, linked, cancelled; and what is on record."""

import json
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from recording.core.model import BlobName
from recording.core.records.exporting import MOST_RECORDINGS
from recording.entrypoints import exports
from recording.records.finding import choosing
from tests.use_cases.exports import ANN, KEYS, archive
from tests.use_cases.world import START, World

ROOT = Path(__file__).parents[2]
_DAY = START.date().isoformat()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """With a recording, behind the real functions."""
    world = World(settings=KEYS)
    archive(world, chunks=1)
    monkeypatch.setattr(exports, "get_app", lambda: world.app)
    return world


def ask(name: str, body: object = None, export: str = "") -> tuple[int, dict[str, Any], func.HttpResponse]:
    """Status and body of the reply of a function."""
    request = func.HttpRequest(
        "POST", "/", params={}, route_params={"exportId": export}, body=json.dumps(body).encode()
    )
    reply = getattr(exports, name)(request)
    return reply.status_code, json.loads(reply.get_body()), reply


def acts(world: World) -> list[dict[str, Any]]:
    """What was noted of looks that concern no single recording, in order of time."""
    found = [json.loads(blob.content) for name, blob in world.trail.archive.blobs.items() if name.startswith("acts/")]
    return sorted(found, key=lambda act: str(act["at"]))


BODY = {"purpose": "request-7", "by": "ada", "rule": "whole", "person": {"rawId": ANN}}
LINK = {"purpose": "request-7", "by": "ada", "minutes": 5}


def test_an_export_from_the_request_to_the_link(world: World) -> None:
    """No answer names the person; each step by a person is on record."""
    status, export, _ = ask("make_export", BODY)
    assert (202, "running", "a person", "key:ada") == (status, export["state"], export["of"], export["by"])
    assert (409, "it is running") == (
        ask("link_export", LINK, export["exportId"])[0],
        refusal(LINK, export["exportId"]),
    )
    world.app.records.jobs.run(export["exportId"])
    status, done, _ = ask("export_state", export=export["exportId"])
    assert (200, "done", {"complete": 1, "partly": 0, "damaged": 0, "absent": 0}) == (
        status,
        done["state"],
        done["outcomes"],
    )
    assert ANN not in json.dumps([export, done])

    status, link, reply = ask("link_export", LINK, export["exportId"])
    assert (200, "no-store") == (status, reply.headers["Cache-Control"])
    assert link["url"].startswith(f"https://archive/exports/{export['exportId']}.zip?")
    noted = [(act["what"], act["purpose"]) for act in acts(world)]
    assert ("export recordings", "request-7") in noted
    assert (f"make link to export {export['exportId']}", "request-7") in noted
    assert ANN not in json.dumps(acts(world))


def refusal(body: object, export: str) -> str:
    """Why a link is refused."""
    detail = str(ask("link_export", body, export)[1]["detail"])
    return detail.partition(": ")[2].rstrip(".")


@pytest.mark.parametrize("rest", [{"person": {"rawId": ANN}}, {"search": {"firstDay": _DAY, "lastDay": _DAY}}])
def test_an_export_of_too_much_is_told_and_never_cut(
    world: World, monkeypatch: pytest.MonkeyPatch, rest: dict[str, Any]
) -> None:
    """One of just so many is whole; of one more nothing is given, and what to do is said."""
    for number in range(2, 4):
        archive(world, f"r-{number}", chunks=1)
    asked = {**{name: value for name, value in BODY.items() if name != "person"}, **rest}
    whole, cut = (made_of(world, monkeypatch, asked, most) for most in (3, 2))
    assert ("done", 3) == (whole["state"], whole["outcomes"]["complete"])
    cause = "it would have more than 2 recordings; export fewer days at once"
    assert ("failed", None, cause) == (cut["state"], cut["outcomes"], cut["cause"])
    assert {f"{whole['exportId']}.zip"} == set(world.exports.blobs)
    assert 409 == ask("link_export", LINK, cut["exportId"])[0]
    assert ANN not in world.app.records.jobs.load(cut["exportId"]).spec


def made_of(world: World, monkeypatch: pytest.MonkeyPatch, asked: object, most: int) -> dict[str, Any]:
    """An export, where a package has at most so many recordings."""
    with monkeypatch.context() as patch:
        patch.setattr(choosing, "MOST_RECORDINGS", most)
        export = ask("make_export", asked)[1]["exportId"]
        world.app.records.jobs.run(export)
    return ask("export_state", export=export)[1]


def test_a_package_has_as_many_recordings_as_the_documents_say() -> None:
    said = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    assert f"at most {MOST_RECORDINGS:,} recordings" in said


def test_a_link_to_a_package_that_was_removed(world: World) -> None:
    export = ask("make_export", BODY)[1]["exportId"]
    world.app.records.jobs.run(export)
    world.removals["exports"].remove(BlobName(f"{export}.zip"))
    assert "its package was removed" == refusal(LINK, export)


def test_an_export_is_cancelled_once(world: World) -> None:
    export = ask("make_export", BODY)[1]["exportId"]
    assert 200 == ask("cancel_export", export=export)[0]
    assert "cancelled" == ask("export_state", export=export)[1]["state"]
    assert 409 == ask("cancel_export", export=export)[0]
    world.app.records.jobs.run(export)
    assert {} == world.exports.blobs


@pytest.mark.parametrize("name", ["export_state", "cancel_export", "link_export"])
def test_an_export_that_there_is_not(world: World, name: str) -> None:
    assert 404 == ask(name, LINK, "none")[0]


@pytest.mark.parametrize(
    ("person", "status"),
    [({"key": "crm-unknown"}, 404), ({"key": "+49 30 1234567"}, 400)],
)
def test_a_person_who_is_not_known(world: World, person: dict[str, str], status: int) -> None:
    assert status == ask("make_export", {**BODY, "person": person})[0]


def test_without_an_index_of_people_nobody_is_exported_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an empty package would say that there is nothing of them."""
    world = World()
    monkeypatch.setattr(exports, "get_app", lambda: world.app)
    status, problem, _ = ask("make_export", BODY)
    assert (409, True) == (status, "PEOPLE_INDEX_KEY" in problem["detail"]), problem
