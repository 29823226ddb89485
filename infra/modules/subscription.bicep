// The subscription that brings file events: to the function's trigger, or straight into a queue.

@description('Required. Name of the system topic.')
param systemTopicName string

@description('Required. Its name.')
param name string

@description('Required. Where events go.')
@allowed(['function', 'queue'])
param eventDelivery string

@description('Required. Resource id of the function app, whose trigger must exist by now.')
param functionAppId string

@description('Required. Resource id of the archive account, with the queue and the dead letters.')
param archiveAccountId string

@description('Required. Minutes for which delivery is tried.')
@minValue(60)
@maxValue(120)
param timeToLiveMinutes int

var toFunction = {
  destination: {
    endpointType: 'AzureFunction'
    properties: {
      resourceId: '${functionAppId}/functions/recording_file_status_updated'
      maxEventsPerBatch: 1 // so that one event that cannot be taken sends no other back
      preferredBatchSizeInKilobytes: 64
    }
  }
}
var toQueue = {
  deliveryWithResourceIdentity: {
    identity: { type: 'SystemAssigned' }
    destination: {
      endpointType: 'StorageQueue'
      properties: {
        resourceId: archiveAccountId
        queueName: 'recording-events'
        queueMessageTimeToLiveInSeconds: 604800 // a week: longer than the source, so that late is told apart from never
      }
    }
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: systemTopicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    ...(eventDelivery == 'queue' ? toQueue : toFunction)
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: ['Microsoft.Communication.RecordingFileStatusUpdated']
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: timeToLiveMinutes
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: archiveAccountId
          blobContainerName: 'recordings-deadletter'
        }
      }
    }
  }
}
