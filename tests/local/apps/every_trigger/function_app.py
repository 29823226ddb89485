"""Every kind of trigger and output that the local host supports, for its tests.

A function writes what it got into the folder SEEN, a JSON file for each run, for which tests wait.
"""
# ruff: noqa: INP001 - an app's folder is no package, here as on the platform

import json
import logging
import os
import time
import typing
import uuid
from pathlib import Path

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


def _see(function: str, **what: object) -> None:
    folder = Path(os.environ["SEEN"])
    name = f"{function}-{time.time_ns()}-{uuid.uuid4().hex}"
    (folder / f"{name}.tmp").write_text(json.dumps(what, default=str), encoding="utf-8")
    (folder / f"{name}.tmp").rename(folder / f"{name}.json")


def _wait_for(name: str) -> None:
    while not (Path(os.environ["SEEN"]) / name).exists():
        time.sleep(0.01)


@app.route(route="echo/{name}/{number:int?}", methods=["GET", "POST", "HEAD"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    """Answers with everything it was given."""
    body = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "query": dict(req.params),
        "params": dict(req.route_params),
        "length": len(req.get_body()),
        "body": req.get_body()[:200].decode("latin-1"),
    }
    return func.HttpResponse(json.dumps(body), status_code=201, mimetype="application/json", headers={"x-own": "1"})


@app.route(route="open", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def open_to_all(req: func.HttpRequest) -> str:
    """Anonymous, and a plain string."""
    logging.info("seen by the function's own log")  # noqa: LOG015 - as functions do
    print("printed by the function")  # noqa: T201 - as functions do
    return "hello"


@app.route(route="inner", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
async def inner(req: func.HttpRequest) -> str:
    """For the master key alone; async."""
    return "inner"


@app.route(route="raise", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def raises(req: func.HttpRequest) -> func.HttpResponse:
    """Fails."""
    raise ValueError("a secret of the inside")


@app.route(route="wait/{file}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def waits(req: func.HttpRequest) -> str:
    """Answers once a file is there."""
    _see("waits", file=req.route_params["file"])
    _wait_for(req.route_params["file"])
    return "waited"


@app.route(route="cookies", auth_level=func.AuthLevel.ANONYMOUS)
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    """Any method; a cookie, and no body."""
    return func.HttpResponse(status_code=204, headers={"Set-Cookie": "a=1; Path=/; HttpOnly"})


@app.route(route="send", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.queue_output(arg_name="messages", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
def send(req: func.HttpRequest, messages: func.Out[typing.List[str]]) -> str:  # noqa: UP006 - the library refuses list[str]
    """Sends what it was posted, a JSON list of strings, as one message each."""
    messages.set(req.get_json())
    return "sent"


@app.route(route="send-one", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.queue_output(arg_name="message", queue_name="%OUTBOX%", connection="AzureWebJobsStorage")
def send_one(req: func.HttpRequest, message: func.Out[str]) -> str:
    """Sends what it was posted, as a string."""
    message.set(req.get_body().decode())
    return "sent"


@app.route(route="send-bytes", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.queue_output(arg_name="message", queue_name="%OUTBOX%", connection="AzureWebJobsStorage")
def send_bytes(req: func.HttpRequest, message: func.Out[bytes]) -> str:
    """Sends what it was posted, as bytes."""
    message.set(req.get_body())
    return "sent"


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    """Notes an event; fails when told to."""
    _see("on_event", id=event.id, type=event.event_type, data=event.get_json())
    if event.get_json().get("fail"):
        raise RuntimeError("told to fail")


@app.event_grid_trigger(arg_name="event")
async def on_event_text(event: str) -> None:
    """Notes an event as it came."""
    _see("on_event_text", id=json.loads(event)["id"], event=json.loads(event))


@app.event_grid_trigger(arg_name="event")
def on_cloud_event(event: func.CloudEvent) -> None:
    """Notes a CloudEvent."""
    _see("on_cloud_event", id=event.id, type=event.type, data=event.get_json())


@app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage) -> None:
    """Does what the message says: nothing, "fail", "wait:FILE"."""
    body = message.get_body().decode()
    _see(
        "work",
        body=body,
        id=message.id,
        dequeue_count=message.dequeue_count,
        inserted=message.insertion_time,
        expires=message.expiration_time,
        next_visible=message.time_next_visible,
        pop_receipt=message.pop_receipt,
    )
    command, _, argument = body.partition(":")
    if command == "wait":
        _wait_for(argument)
    if command == "fail":
        raise RuntimeError("told to fail")
    _see("done", body=body)


@app.timer_trigger(arg_name="timer", schedule="%TICKS%", run_on_startup=False)
def tick(timer: func.TimerRequest) -> None:
    """Notes that it fired."""
    _see("tick", past_due=timer.past_due, status=getattr(timer, "schedule_status", None))
