// What Communication says of its recordings, and Event Grid of events that it could not deliver.

@description('Required. Name of the settings. On a resource that others use it must differ from theirs.')
param settingName string

@description('Required. Resource id of the workspace that takes the logs.')
param workspaceId string

@description('Required. Name of the Communication resource.')
param communicationServiceName string

@description('Required. Name of the system topic.')
param systemTopicName string

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' existing = {
  name: communicationServiceName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: systemTopicName
}

resource recordingLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: communication
  name: settingName
  properties: {
    workspaceId: workspaceId
    logs: [for category in ['CallRecordingOperational', 'CallRecordingSummary']: { category: category, enabled: true }]
  }
}

resource topicLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: topic
  name: settingName
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'DeliveryFailures', enabled: true }]
  }
}
