// The subscription that brings file events: into the queue of events, or to the function's trigger.

@description('Required. Its name.')
param name string

@description('Required. Name of the system topic.')
param systemTopicName string

@description('Required. Where events go.')
@allowed(['queue', 'function'])
param delivery string

@description('Required. Resource id of the function app. Event Grid refuses a function that does not exist.')
param functionAppId string

@description('Required. Resource id of the archive account, with the queue and the dead letters.')
param archiveAccountId string

@description('Required. Minutes for which delivery is tried.')
@minValue(60)
@maxValue(120)
param timeToLiveMinutes int

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

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: systemTopicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    ...(delivery == 'queue' ? toQueue : toFunction)
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
