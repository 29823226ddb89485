// What the services around the app log: who read, wrote and deleted, what the host says, what could not be delivered.
// The host account has no setting: the host renews its leases there every few seconds, and no recording is in it.

@description('Required. Resource id of the workspace that takes the logs.')
param workspaceId string

@description('Required. Name of the archive account.')
param archiveAccountName string

@description('Required. Name of the overflow account; empty: there is none.')
param overflowAccountName string

@description('Required. Name of the function app.')
param functionAppName string

@description('Required. Name of the custom topic; empty: there is none.')
param topicName string

var settingName = 'recording-archive'

resource archive 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: archiveAccountName

  resource blobs 'blobServices' existing = { name: 'default' }
  resource queues 'queueServices' existing = { name: 'default' }
  resource tables 'tableServices' existing = { name: 'default' }
}

resource overflow 'Microsoft.Storage/storageAccounts@2025-01-01' existing = if (!empty(overflowAccountName)) {
  name: overflowAccountName

  resource blobs 'blobServices' existing = { name: 'default' }
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = if (!empty(topicName)) {
  name: topicName
}

resource archiveBlobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: archive::blobs
  name: settingName
  properties: {
    workspaceId: workspaceId
    logs: [for category in ['StorageRead', 'StorageWrite', 'StorageDelete']: { category: category, enabled: true }]
  }
}

// A message that is given up is written into a poison queue.
resource archiveQueueLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: archive::queues
  name: settingName
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageWrite', enabled: true }]
  }
}

// Without writes and reads: the app makes several of each for every chunk.
resource archiveTableLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: archive::tables
  name: settingName
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageDelete', enabled: true }]
  }
}

resource overflowBlobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(overflowAccountName)) {
  scope: overflow::blobs
  name: settingName
  properties: {
    workspaceId: workspaceId
    logs: [for category in ['StorageRead', 'StorageWrite', 'StorageDelete']: { category: category, enabled: true }]
  }
}

// The lines of the host by another way than Application Insights: they say why it does not start.
resource appLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: app
  name: settingName
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
  }
}

resource topicLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(topicName)) {
  scope: topic
  name: settingName
  properties: {
    workspaceId: workspaceId
    logs: [for category in ['PublishFailures', 'DeliveryFailures']: { category: category, enabled: true }]
  }
}
