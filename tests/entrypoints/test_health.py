"""The health check over HTTP: the deep one never holds up the plain one."""

import asyncio
import json
import threading
from dataclasses import replace

import azure.functions as func
import pytest

from recording.entrypoints import health
from recording.watch.probing import Probing
from tests.use_cases.world import World

FOREVER = 30.0
MORE_THAN_THREADS = 100


def ask(**params: str) -> func.HttpRequest:
    return func.HttpRequest("GET", "/api/health", params=params, body=b"")


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The use cases over fakes, whose one deep check lasts until this is set."""
    world, event = World(), threading.Event()

    def hang() -> None:
        event.wait(FOREVER)

    app = replace(world.app, probing=Probing({"slow": hang}, world.clock.monotonic, limit=FOREVER))
    monkeypatch.setattr(health, "get_app", lambda: app)
    return event


def test_many_deep_checks_that_hang_do_not_hold_up_a_plain_one(released: threading.Event) -> None:
    """Each of them gets the answer of the one that runs."""

    async def run() -> tuple[func.HttpResponse, int, list[func.HttpResponse]]:
        deep = [asyncio.create_task(health.health(ask(deep="true"))) for _ in range(MORE_THAN_THREADS)]
        plain = await health.health(ask())
        running = sum(not one.done() for one in deep)
        released.set()
        return plain, running, await asyncio.gather(*deep)

    plain, running, deep = asyncio.run(run())
    assert (200, {"status": "ok"}) == (plain.status_code, json.loads(plain.get_body()))
    assert MORE_THAN_THREADS == running
    assert {200} == {one.status_code for one in deep}
    assert 1 == len({one.get_body() for one in deep})


def test_who_stops_waiting_does_not_end_the_check_for_the_others(released: threading.Event) -> None:
    async def run() -> func.HttpResponse:
        first, second = (asyncio.create_task(health.health(ask(deep="true"))) for _ in range(2))
        await asyncio.wait([first], timeout=0.1)
        first.cancel()
        await asyncio.wait([first])
        released.set()
        answer: func.HttpResponse = await second
        return answer

    assert 200 == asyncio.run(run()).status_code


def test_what_only_people_and_the_retention_need_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings are started and archived all the same; but somebody must know."""
    app = World(settings={"RETENTION_CLASSES": "{version: 2}", "PEOPLE_INDEX_KEY": "not base64!"}).app
    app.settings.check_starting()
    monkeypatch.setattr(health, "get_app", lambda: app)
    answer = asyncio.run(health.health(ask()))
    problems = json.loads(answer.get_body())["problems"]

    assert 503 == answer.status_code
    assert {"PEOPLE_INDEX_KEY", "RETENTION_CLASSES"} == {problem.partition(":")[0] for problem in problems}
