"""The subscription brings file events and nothing else, for a time that leaves time, and loses none."""

import pytest

from recording.core.formats.events import RECORDING_FILE_STATUS_UPDATED
from recording.settings import EVENT_QUEUE
from tests.infra.conftest import Evaluate
from tests.infra.deployment import Deployment, Resource
from tests.package.test_package import FUNCTIONS

KIND = "EventGrid/systemTopics/eventSubscriptions"


@pytest.fixture(params=["function", "queue"])
def subscription(request: pytest.FixtureRequest, evaluate: Evaluate) -> Resource:
    """The subscription's properties, by either delivery."""
    found = evaluate(eventDelivery=request.param, deployEventSubscription=True)
    return dict(found.one(KIND)["properties"])


def test_it_asks_for_file_events_alone(subscription: Resource) -> None:
    """By the name that the app knows, in the schema that it has been shown."""
    assert {"includedEventTypes": [RECORDING_FILE_STATUS_UPDATED]} == subscription["filter"]
    assert "EventGridSchema" == subscription["eventDeliverySchema"]


def test_what_cannot_be_delivered_is_kept(subscription: Resource) -> None:
    """By the topic's identity, in a container of its own."""
    kept = subscription["deadLetterWithResourceIdentity"]
    assert {"type": "SystemAssigned"} == kept["identity"]
    assert "recordings-deadletter" == kept["deadLetterDestination"]["properties"]["blobContainerName"]


@pytest.mark.parametrize("minutes", [60, 90, 120])
def test_it_gives_up_while_there_is_time_left(evaluate: Evaluate, minutes: int) -> None:
    """After one hour or two, not after the 24 that the source lives."""
    found = evaluate(deployEventSubscription=True, eventTimeToLiveMinutes=minutes).one(KIND)
    assert {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": minutes} == found["properties"]["retryPolicy"]


def test_by_default_events_go_to_the_trigger(plain: Deployment) -> None:
    """One at a time, so that a bad one sends no other back; to a function that there is."""
    destination = plain.one(KIND)["properties"]["destination"]
    function = destination["properties"]["resourceId"].rsplit("/", 1)[1]
    assert ("AzureFunction", 1) == (destination["endpointType"], destination["properties"]["maxEventsPerBatch"])
    assert "recording_file_status_updated" == function
    assert function in FUNCTIONS


def test_or_into_the_queue_that_the_app_reads(evaluate: Evaluate) -> None:
    """By the topic's identity, where they wait for longer than a source lives."""
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
    """It is global, of the right type, and has the identity that delivers."""
    topic = plain.one("EventGrid/systemTopics")
    assert ("global", "SystemAssigned") == (topic["location"], topic["identity"]["type"])
    assert "Microsoft.Communication.CommunicationServices" == topic["properties"]["topicType"]
    assert plain.one("Communication/communicationServices")["id"] == topic["properties"]["source"]


def test_an_existing_resource_is_left_where_it_is(combined: dict[str, Deployment]) -> None:
    """The subscription and the role go to its resource group; nothing of it is written."""
    found = [each for each in combined.values() if "existing" in each.name and "subscribed" in each.name]
    ids = {each.one(KIND)["id"].split("/providers/")[0] for each in found}
    assert {"/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-calls"} == ids
