"""The subscription delivers file events only, ends its retries in time, and loses no event."""

import pytest

from recording.core.formats.events import RECORDING_FILE_STATUS_UPDATED
from recording.settings import EVENT_QUEUE
from tests.infra.conftest import Evaluate
from tests.infra.deployment import Deployment, Resource
from tests.package.test_package import FUNCTIONS

KIND = "EventGrid/systemTopics/eventSubscriptions"


@pytest.fixture(params=["function", "queue"])
def subscription(request: pytest.FixtureRequest, evaluate: Evaluate) -> Resource:
    """The subscription's properties, for either delivery."""
    found = evaluate(events={"delivery": request.param})
    return dict(found.one(KIND)["properties"])


def test_it_asks_for_file_events_alone(subscription: Resource) -> None:
    """By the name that the app knows, in a schema that it supports."""
    assert {"includedEventTypes": [RECORDING_FILE_STATUS_UPDATED]} == subscription["filter"]
    assert "EventGridSchema" == subscription["eventDeliverySchema"]


def test_what_cannot_be_delivered_is_kept(subscription: Resource) -> None:
    """The topic's identity writes it to a container of its own."""
    kept = subscription["deadLetterWithResourceIdentity"]
    assert {"type": "SystemAssigned"} == kept["identity"]
    place = kept["deadLetterDestination"]["properties"]
    assert "recordings-deadletter" == place["blobContainerName"]
    assert "/storageAccounts/starchive" in place["resourceId"]


@pytest.mark.parametrize("minutes", [60, 90, 120])
def test_it_gives_up_while_there_is_time_left(evaluate: Evaluate, minutes: int) -> None:
    """After one or two hours, not after the source's 24."""
    found = evaluate(events={"timeToLiveMinutes": minutes}).one(KIND)
    assert {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": minutes} == found["properties"]["retryPolicy"]


def test_or_they_go_to_the_trigger(evaluate: Evaluate) -> None:
    """One by one, so that one failure repeats no other event; to a function of this app that exists."""
    found = evaluate(events={"delivery": "function"})
    destination = found.one(KIND)["properties"]["destination"]
    assert destination["properties"]["resourceId"].startswith(found.one("Web/sites")["id"] + "/functions/")
    function = destination["properties"]["resourceId"].rsplit("/", 1)[1]
    assert ("AzureFunction", 1) == (destination["endpointType"], destination["properties"]["maxEventsPerBatch"])
    assert "recording_file_status_updated" == function
    assert function in FUNCTIONS


def test_by_default_they_go_into_the_queue_that_the_app_reads(plain: Deployment) -> None:
    """The topic's identity writes them, and they outlive the source there, but not by much more than a week."""
    found = plain.one(KIND)["properties"]
    assert "destination" not in found
    delivery = found["deliveryWithResourceIdentity"]
    properties = delivery["destination"]["properties"]
    assert ("StorageQueue", {"type": "SystemAssigned"}) == (
        delivery["destination"]["endpointType"],
        delivery["identity"],
    )
    assert EVENT_QUEUE == properties["queueName"]
    assert plain.one("Storage/storageAccounts", "starchive")["id"] == properties["resourceId"]
    assert 7 * 24 * 3600 == properties["queueMessageTimeToLiveInSeconds"]


def test_a_new_topic_belongs_to_the_communication_resource(plain: Deployment) -> None:
    """It is global, of the right type, and has the identity for delivery."""
    topic = plain.one("EventGrid/systemTopics")
    assert ("global", "SystemAssigned") == (topic["location"], topic["identity"]["type"])
    assert "Microsoft.Communication.CommunicationServices" == topic["properties"]["topicType"]
    assert plain.one("Communication/communicationServices")["id"] == topic["properties"]["source"]


def test_an_existing_resource_is_left_where_it_is(combined: dict[str, Deployment]) -> None:
    """Only the subscription and the role are deployed to its resource group."""
    found = [each for each in combined.values() if "existing" in each.name]
    ids = {each.one(KIND)["id"].split("/providers/")[0] for each in found}
    assert {"/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-calls"} == ids
