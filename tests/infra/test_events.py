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
    found = evaluate(eventDelivery=request.param, deployEventSubscription=True)
    return dict(found.one(KIND)["properties"])


def test_it_asks_for_file_events_alone(subscription: Resource) -> None:
    """By the name that the app knows, in a schema that it supports."""
    assert {"includedEventTypes": [RECORDING_FILE_STATUS_UPDATED]} == subscription["filter"]
    assert "EventGridSchema" == subscription["eventDeliverySchema"]


def test_what_cannot_be_delivered_is_kept(subscription: Resource) -> None:
    """The topic's identity writes it to a container of its own."""
    kept = subscription["deadLetterWithResourceIdentity"]
    assert {"type": "SystemAssigned"} == kept["identity"]
    assert "recordings-deadletter" == kept["deadLetterDestination"]["properties"]["blobContainerName"]


@pytest.mark.parametrize("minutes", [60, 90, 120])
def test_it_gives_up_while_there_is_time_left(evaluate: Evaluate, minutes: int) -> None:
    """After one or two hours, not after the source's 24."""
    found = evaluate(deployEventSubscription=True, eventTimeToLiveMinutes=minutes).one(KIND)
    assert {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": minutes} == found["properties"]["retryPolicy"]


def test_by_default_events_go_to_the_trigger(plain: Deployment) -> None:
    """One by one, so that one failure repeats no other event; to a function that exists."""
    destination = plain.one(KIND)["properties"]["destination"]
    function = destination["properties"]["resourceId"].rsplit("/", 1)[1]
    assert ("AzureFunction", 1) == (destination["endpointType"], destination["properties"]["maxEventsPerBatch"])
    assert "recording_file_status_updated" == function
    assert function in FUNCTIONS


def test_or_into_the_queue_that_the_app_reads(evaluate: Evaluate) -> None:
    """The topic's identity writes them, and they outlive the source there."""
    found = evaluate(eventDelivery="queue", deployEventSubscription=True).one(KIND)["properties"]
    assert "destination" not in found
    delivery = found["deliveryWithResourceIdentity"]
    properties = delivery["destination"]["properties"]
    assert ("StorageQueue", {"type": "SystemAssigned"}) == (
        delivery["destination"]["endpointType"],
        delivery["identity"],
    )
    assert EVENT_QUEUE == properties["queueName"]
    assert properties["queueMessageTimeToLiveInSeconds"] > 24 * 3600


def test_a_new_topic_belongs_to_the_communication_resource(plain: Deployment) -> None:
    """It is global, of the right type, and has the identity for delivery."""
    topic = plain.one("EventGrid/systemTopics")
    assert ("global", "SystemAssigned") == (topic["location"], topic["identity"]["type"])
    assert "Microsoft.Communication.CommunicationServices" == topic["properties"]["topicType"]
    assert plain.one("Communication/communicationServices")["id"] == topic["properties"]["source"]


def test_an_existing_resource_is_left_where_it_is(combined: dict[str, Deployment]) -> None:
    """Only the subscription and the role are deployed to its resource group."""
    found = [each for each in combined.values() if "existing" in each.name and "subscribed" in each.name]
    ids = {each.one(KIND)["id"].split("/providers/")[0] for each in found}
    assert {"/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-calls"} == ids
