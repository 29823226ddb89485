// Every role that anybody here holds, but for the one of access-communication, whose scope may lie elsewhere.

@description('Required. Name of the identity of the app; roles are named after it, since its object id is not known beforehand.')
param appIdentityName string

@description('Required. Object id of that identity.')
param appPrincipalId string

@description('Required. Name of the system topic.')
param systemTopicName string

@description('Required. Object id of its identity.')
param eventsPrincipalId string

@description('Required. Object ids of people or groups who follow the runbook.')
param operatorPrincipalIds string[]

@description('Required. Name of the account of the Functions host.')
param hostAccountName string

@description('Required. Name of the account of the archive.')
param archiveAccountName string

@description('Required. Name of the account for overflow; empty if there is none.')
param overflowAccountName string

@description('Required. Name of Application Insights.')
param applicationInsightsName string

@description('Required. Name of the custom topic; empty if there is none.')
param topicName string

@description('Required. Whether the app sets immutability or holds, which Contributor may not.')
param immutabilityByApp bool

@description('Required. Whether it sets holds in quarantine too.')
param holds bool

var roles = loadJsonContent('../roles.json')

resource host 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostAccountName
}

resource archive 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: archiveAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource recordings 'containers' existing = {
      name: 'recordings'
    }

    resource quarantine 'containers' existing = {
      name: 'recordings-quarantine'
    }

    resource deadLetters 'containers' existing = {
      name: 'recordings-deadletter'
    }
  }

  resource queues 'queueServices' existing = {
    name: 'default'

    resource events 'queues' existing = {
      name: 'recording-events'
    }
  }
}

resource overflow 'Microsoft.Storage/storageAccounts@2025-01-01' existing = if (!empty(overflowAccountName)) {
  name: overflowAccountName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = if (!empty(topicName)) {
  name: topicName
}

// --- The app ---

// Leases, keys and the package: the host asks for Owner, and keeps nothing else here.
resource appOnHost 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: host
  name: guid(host.id, appIdentityName, roles['Storage Blob Data Owner'])
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles['Storage Blob Data Owner']
    )
  }
}

// Contributor, and not Owner: it may write and read recordings, move them between tiers, and change nobody's access to them.
// On the account and not on its containers: the key by which links to exports are signed is the account's.
resource appOnArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [
    'Storage Blob Data Contributor'
    'Storage Queue Data Contributor'
    'Storage Table Data Contributor'
  ]: {
    scope: archive
    name: guid(archive.id, appIdentityName, roles[role])
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role])
    }
  }
]

// Only where it is asked to: who may set a hold may lift it too.
resource appOnRecordings 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (immutabilityByApp) {
  scope: archive::blobs::recordings
  name: guid(archive::blobs::recordings.id, appIdentityName, roles['Storage Blob Data Owner'])
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles['Storage Blob Data Owner']
    )
  }
}

resource appOnQuarantine 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (holds) {
  scope: archive::blobs::quarantine
  name: guid(archive::blobs::quarantine.id, appIdentityName, roles['Storage Blob Data Owner'])
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles['Storage Blob Data Owner']
    )
  }
}

resource appOnOverflow 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(overflowAccountName)) {
  scope: overflow
  name: guid(overflow.id, appIdentityName, roles['Storage Blob Data Contributor'])
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles['Storage Blob Data Contributor']
    )
  }
}

resource appOnInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: applicationInsights
  name: guid(applicationInsights.id, appIdentityName, roles['Monitoring Metrics Publisher'])
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles['Monitoring Metrics Publisher']
    )
  }
}

resource appOnTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(topicName)) {
  scope: topic
  name: guid(topic.id, appIdentityName, roles['EventGrid Data Sender'])
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles['EventGrid Data Sender'])
  }
}

// --- Event Grid ---

resource eventsOnDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: archive::blobs::deadLetters
  name: guid(archive::blobs::deadLetters.id, systemTopicName, roles['Storage Blob Data Contributor'])
  properties: {
    principalId: eventsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles['Storage Blob Data Contributor']
    )
  }
}

resource eventsOnQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: archive::queues::events
  name: guid(archive::queues::events.id, systemTopicName, roles['Storage Queue Data Message Sender'])
  properties: {
    principalId: eventsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles['Storage Queue Data Message Sender']
    )
  }
}

// --- People ---

// They may read recordings, the journal, copies in quarantine and queues, and what is logged. What they decide, the app does.
var operatorRoles = ['Storage Blob Data Reader', 'Storage Queue Data Reader']

resource operatorsOnArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for position in range(0, length(operatorPrincipalIds) * length(operatorRoles)): {
    scope: archive
    name: guid(
      archive.id,
      operatorPrincipalIds[position / length(operatorRoles)],
      roles[operatorRoles[position % length(operatorRoles)]]
    )
    properties: {
      principalId: operatorPrincipalIds[position / length(operatorRoles)]
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles[operatorRoles[position % length(operatorRoles)]]
      )
    }
  }
]

// Without the name of the environment: Azure has one assignment of a role to a person on a group, also if two environments are in it.
resource operatorsOnGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in operatorPrincipalIds: {
    name: guid(resourceGroup().id, principalId, roles['Monitoring Reader'])
    properties: {
      principalId: principalId
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles['Monitoring Reader'])
    }
  }
]
