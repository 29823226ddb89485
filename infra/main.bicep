// An archive for the call recordings of Azure Communication Services, in one resource group.
//
//   Communication ── system topic ── subscription ──▶ function app ──▶ archive account ──▶ custom topic
//   (records,         (file events)   (to the app       (copies, proves,    (recordings,      (RecordingArchived,
//    keeps 24 h)                       or a queue)       releases)           catalog, queues)   alerts)
//
// No key anywhere: the app has one identity, Event Grid has one, and `access` lists every role that either holds.
// It is deployed twice, once without and once with the subscription; docs/deploy.md says why.
targetScope = 'subscription'

import { alwaysReady, appOptions, retentionClass, tagMap } from 'types.bicep'

// --- Where, and what it is called ---

@description('Required. Name of the environment. It is in the name of the resource group, in a tag of every resource, and in the hash that makes names unique.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Required. Region of everything that has one. It must offer Functions Flex Consumption, and zones unless archiveRedundancy is LRS or GRS.')
@minLength(1)
@maxLength(64)
param location string

@description('Optional. Resource group to deploy into; empty: one is made and named after the environment.')
@maxLength(90)
param resourceGroupName string = ''

@description('Optional. Tags of every resource, beside the one that azd needs.')
param tags tagMap = {}

// --- Communication and its events ---

@description('Optional. Resource id of a Communication resource that exists; empty: one is made.')
@maxLength(512)
param communicationServiceId string = ''

@description('Optional. Where a new Communication resource keeps its data at rest. It cannot be changed later.')
@allowed([
  'Africa'
  'Asia Pacific'
  'Australia'
  'Brazil'
  'Canada'
  'Europe'
  'France'
  'Germany'
  'India'
  'Japan'
  'Korea'
  'Norway'
  'Switzerland'
  'UAE'
  'UK'
  'United States'
  'usgov'
])
param communicationDataLocation string = 'Europe'

@description('Optional. Role of the app on the Communication resource, by GUID. There is no documented narrower built-in one; a custom role may take its place.')
@minLength(36)
@maxLength(36)
param communicationRoleId string = loadJsonContent('roles.json')['Communication and Email Service Owner']

@description('Optional. Name of the system topic of that Communication resource if it exists (there can be one only); it must have a system-assigned identity. Empty: one is made.')
@maxLength(128)
param systemTopicName string = ''

@description('Optional. How file events reach the app: the Event Grid trigger, or a Storage queue, which holds them while the app is down.')
@allowed(['function', 'queue'])
param eventDelivery string = 'function'

@description('Optional. Whether to subscribe to the events. False the first time: the function must exist, and roles must have spread.')
param deployEventSubscription bool = false

@description('Optional. Minutes for which Event Grid tries to deliver an event before it goes to the dead letters. The source lives for 24 hours.')
@minValue(60)
@maxValue(120)
param eventTimeToLiveMinutes int = 120

@description('Optional. Whether to make a custom topic for RecordingArchived and the alerts.')
param deployArchivedTopic bool = true

// --- The archive ---

@description('Optional. Redundancy of the archive.')
@allowed([
  'Standard_LRS'
  'Standard_GRS'
  'Standard_RAGRS'
  'Standard_ZRS'
  'Standard_GZRS'
  'Standard_RAGZRS'
])
param archiveRedundancy string = 'Standard_ZRS'

@description('Optional. Tiers and ends of recordings, by class. Nothing is ever deleted unless a class says so.')
@minLength(1)
@maxLength(50)
param retentionClasses retentionClass[] = [
  { name: 'all', prefix: '', coolAfterDays: 30, coldAfterDays: 90, deleteAfterDays: 0 }
]

@description('Optional. Days for which deleted blobs, containers and queued-up mistakes can be taken back.')
@minValue(7)
@maxValue(365)
param softDeleteDays int = 30

@description('Optional. Days after which a version that another has replaced is deleted.')
@minValue(7)
@maxValue(36500)
param previousVersionDays int = 90

@description('Optional. Days during which nobody can change or delete an archived recording (WORM); 0: off. Decide before the first deployment.')
@minValue(0)
@maxValue(146000)
param immutabilityDays int = 0

@description('Optional. Say true once a person has locked the immutability policy: deployments then leave it alone.')
param immutabilityLocked bool = false

@description('Optional. Resource id of a key vault, with purge protection, whose key encrypts the archive; empty: a key of Microsoft.')
@maxLength(512)
param keyVaultId string = ''

@description('Optional. Name of that key.')
@maxLength(127)
param keyName string = ''

@description('Optional. Whether a lock guards the archive account against deletion, that of its resource group included.')
param lockArchive bool = true

@description('Optional. Region of a second account, which takes chunks that are nearly due while the archive cannot be written; another than that of the archive. Empty: there is none.')
@maxLength(64)
param overflowLocation string = ''

// --- The app ---

@description('Optional. Settings of the app that are not as recording/settings/ has them.')
param app appOptions = {}

@description('Optional. Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Optional. The most instances at once.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 100

@description('Optional. Instances kept warm, by function group; none by default, as they are paid for around the clock.')
@maxLength(10)
param alwaysReadyInstances alwaysReady[] = []

@description('Optional. Whether instances are spread over zones, where the region has them. Kept-warm functions then need two instances at least.')
param zoneRedundant bool = false

@description('Optional. How a new version replaces the running one. RollingUpdate drains, but is a preview that not every region has; a copy survives Recreate too.')
@allowed(['Recreate', 'RollingUpdate'])
param updateStrategy string = 'Recreate'

// --- The network ---

@description('Optional. Whether the accounts are reached through private endpoints, and by Event Grid, alone.')
param privateNetwork bool = false

@description('Optional. Address space of that network, a /24 or larger.')
@minLength(9)
@maxLength(18)
param addressPrefix string = '10.77.0.0/24'

// --- Who watches ---

@description('Optional. E-mail addresses that hear of alerts. Without one, alerts are only to be seen in the portal.')
@maxLength(20)
param alertEmails string[] = []

@description('Optional. Days for which logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Optional. The most logs taken in a day, in GB; -1: no limit, so that an alert is never cut off.')
@minValue(-1)
@maxValue(4000)
param logDailyQuotaGb int = -1

// --- Names ---

var prefixes = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().subscriptionId, environmentName, location))
// Environment names may hold what resource groups may not: only letters, digits and dashes get through.
var letters = map(range(0, length(environmentName)), at => toLower(substring(environmentName, at, 1)))
var readable = join(filter(letters, letter => contains('abcdefghijklmnopqrstuvwxyz0123456789-', letter)), '')
var groupName = empty(resourceGroupName)
  ? '${prefixes.resourceGroups}${take(readable, 60)}-${token}'
  : resourceGroupName
var allTags = union(tags, { 'azd-env-name': environmentName })
var names = {
  actionGroup: '${prefixes.insightsActionGroups}recordings-${token}'
  applicationInsights: '${prefixes.insightsComponents}recordings-${token}'
  archiveAccount: '${prefixes.storageAccounts}archive${token}'
  communication: empty(communicationServiceId)
    ? '${prefixes.communicationServices}recordings-${token}'
    : last(split(communicationServiceId, '/'))
  eventSubscription: 'recording-archive-${token}' // others may have theirs on the same topic
  functionApp: '${prefixes.functionApps}recordings-${token}'
  hostAccount: '${prefixes.storageAccounts}host${token}'
  identity: '${prefixes.managedIdentities}recordings-${token}'
  keyIdentity: '${prefixes.managedIdentities}archive-key-${token}'
  overflowAccount: '${prefixes.storageAccounts}overflow${token}'
  network: '${prefixes.virtualNetworks}recordings-${token}'
  plan: '${prefixes.serverFarms}recordings-${token}'
  securityGroup: '${prefixes.networkSecurityGroups}recordings-${token}'
  systemTopic: empty(systemTopicName) ? '${prefixes.eventGridSystemTopics}recordings-${token}' : systemTopicName
  topic: '${prefixes.eventGridTopics}recordings-${token}'
  workspace: '${prefixes.logAnalyticsWorkspaces}recordings-${token}'
}
var overflowAccount = empty(overflowLocation) ? '' : names.overflowAccount
// What exists elsewhere is deployed to, and given roles on, where it lies: /subscriptions/2/resourceGroups/4/…
var here = ['', '', subscription().subscriptionId, '', groupName]
var communicationPlace = empty(communicationServiceId) ? here : split(communicationServiceId, '/')
var vaultPlace = empty(keyVaultId) ? here : split(keyVaultId, '/')

// The app's own immutability and holds, by blob, are beside those of the container: they need more of the container and of a role.
var immutabilityByApp = (app.?immutableDays ?? 0) > 0 || (app.?legalHold ?? false)

// --- The story ---

// A group that exists is left as it is, its tags included.
resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = if (empty(resourceGroupName)) {
  name: groupName
  location: location
  tags: allTags
}

// 1. Logs and an audience for alerts.
module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring-${token}'
  scope: resourceGroup(groupName)
  dependsOn: [group]
  params: {
    workspaceName: names.workspace
    applicationInsightsName: names.applicationInsights
    actionGroupName: names.actionGroup
    location: location
    tags: allTags
    alertEmails: alertEmails
    retentionDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
  }
}

// 2. Whom the app acts as.
module identity 'modules/identity.bicep' = {
  name: 'identity-${token}'
  scope: resourceGroup(groupName)
  dependsOn: [group]
  params: {
    name: names.identity
    location: location
    tags: allTags
  }
}

// 3. The accounts: one for the Functions host, the archive itself with its catalog and queues, and the overflow.
module keyIdentity 'modules/identity.bicep' = if (!empty(keyVaultId)) {
  name: 'key-identity-${token}'
  scope: resourceGroup(groupName)
  dependsOn: [group]
  params: {
    name: names.keyIdentity
    location: location
    tags: allTags
  }
}

module keyAccess 'modules/access-key.bicep' = if (!empty(keyVaultId)) {
  name: 'access-key-${token}'
  scope: resourceGroup(vaultPlace[2], vaultPlace[4])
  params: {
    keyIdentityName: names.keyIdentity
    archivePrincipalId: keyIdentity!.outputs.principalId
    vaultName: last(split(keyVaultId, '/'))
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage-${token}'
  scope: resourceGroup(groupName)
  dependsOn: [group]
  params: {
    hostAccountName: names.hostAccount
    archiveAccountName: names.archiveAccount
    overflowAccountName: names.overflowAccount
    location: location
    overflowLocation: overflowLocation
    tags: allTags
    redundancy: archiveRedundancy
    retentionClasses: retentionClasses
    softDeleteDays: softDeleteDays
    previousVersionDays: previousVersionDays
    immutabilityDays: immutabilityDays
    immutabilityByApp: immutabilityByApp
    immutabilityLocked: immutabilityLocked
    keyIdentityId: keyIdentity.?outputs.id ?? ''
    keyVaultUri: keyAccess.?outputs.vaultUri ?? ''
    keyName: keyName
    privateNetwork: privateNetwork
    lock: lockArchive
  }
}

// 4. Optionally, a network of its own around them.
module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network-${token}'
  scope: resourceGroup(groupName)
  dependsOn: [storage]
  params: {
    name: names.network
    securityGroupName: names.securityGroup
    endpointPrefix: prefixes.privateEndpoints
    location: location
    tags: allTags
    addressPrefix: addressPrefix
    hostAccountName: names.hostAccount
    archiveAccountName: names.archiveAccount
    overflowAccountName: overflowAccount
  }
}

// 5. Where the recordings come from, and the topics: file events in, RecordingArchived out.
module communication 'modules/communication.bicep' = {
  name: 'communication-${token}'
  scope: resourceGroup(communicationPlace[2], communicationPlace[4])
  dependsOn: [group]
  params: {
    name: names.communication
    isNew: empty(communicationServiceId)
    dataLocation: communicationDataLocation
    tags: allTags
  }
}

module events 'modules/events.bicep' = {
  name: 'events-${token}'
  scope: resourceGroup(communicationPlace[2], communicationPlace[4])
  params: {
    systemTopicName: names.systemTopic
    isNew: empty(systemTopicName)
    communicationServiceId: communication.outputs.id
    tags: allTags
  }
}

module topic 'modules/topic.bicep' = if (deployArchivedTopic) {
  name: 'topic-${token}'
  scope: resourceGroup(groupName)
  dependsOn: [group]
  params: {
    name: names.topic
    location: location
    tags: allTags
  }
}

// 6. Every role that anybody here holds.
module access 'modules/access.bicep' = {
  name: 'access-${token}'
  scope: resourceGroup(groupName)
  dependsOn: [monitoring, storage, topic]
  params: {
    appIdentityName: names.identity
    appPrincipalId: identity.outputs.principalId
    systemTopicName: names.systemTopic
    eventsPrincipalId: events.outputs.principalId
    hostAccountName: names.hostAccount
    archiveAccountName: names.archiveAccount
    overflowAccountName: overflowAccount
    applicationInsightsName: names.applicationInsights
    topicName: deployArchivedTopic ? names.topic : ''
    eventDelivery: eventDelivery
    immutabilityByApp: immutabilityByApp
  }
}

module communicationAccess 'modules/access-communication.bicep' = {
  name: 'access-communication-${token}'
  scope: resourceGroup(communicationPlace[2], communicationPlace[4])
  dependsOn: [communication]
  params: {
    appIdentityName: names.identity
    appPrincipalId: identity.outputs.principalId
    communicationServiceName: names.communication
    roleId: communicationRoleId
  }
}

// 7. The app, once it may do what it does.
module functionApp 'modules/functionapp.bicep' = {
  name: 'functionapp-${token}'
  scope: resourceGroup(groupName)
  dependsOn: [access, communicationAccess]
  params: {
    name: names.functionApp
    planName: names.plan
    location: location
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostAccountName: names.hostAccount
    packageContainerName: storage.outputs.packageContainerName
    archiveAccountName: names.archiveAccount
    overflowAccountName: overflowAccount
    applicationInsightsName: names.applicationInsights
    communicationEndpoint: communication.outputs.endpoint
    archivedTopicEndpoint: topic.?outputs.endpoint ?? ''
    subnetId: network.?outputs.appSubnetId ?? ''
    app: app
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    zoneRedundant: zoneRedundant
    updateStrategy: updateStrategy
  }
}

// 8. In the second deployment, the events begin to come.
module subscribing 'modules/subscription.bicep' = if (deployEventSubscription) {
  name: 'subscription-${token}'
  scope: resourceGroup(communicationPlace[2], communicationPlace[4])
  dependsOn: [access]
  params: {
    systemTopicName: names.systemTopic
    name: names.eventSubscription
    eventDelivery: eventDelivery
    functionAppId: functionApp.outputs.id
    archiveAccountId: storage.outputs.archiveAccountId
    timeToLiveMinutes: eventTimeToLiveMinutes
  }
}

// 9. Someone hears of what goes wrong, and what happened can be looked up.
module alerts 'modules/alerts.bicep' = {
  name: 'alerts-${token}'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: allTags
    applicationInsightsId: monitoring.outputs.applicationInsightsId
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    nameSuffix: token
    systemTopicId: events.outputs.id
    eventSubscriptionName: names.eventSubscription
  }
}

module diagnostics 'modules/diagnostics.bicep' = {
  name: 'diagnostics-${token}'
  scope: resourceGroup(groupName)
  dependsOn: [storage, topic, functionApp]
  params: {
    workspaceId: monitoring.outputs.workspaceId
    archiveAccountName: names.archiveAccount
    overflowAccountName: overflowAccount
    functionAppName: names.functionApp
    topicName: deployArchivedTopic ? names.topic : ''
  }
}

module communicationDiagnostics 'modules/diagnostics-communication.bicep' = {
  name: 'diagnostics-communication-${token}'
  scope: resourceGroup(communicationPlace[2], communicationPlace[4])
  dependsOn: [communication, events]
  params: {
    settingName: 'recording-archive-${token}'
    workspaceId: monitoring.outputs.workspaceId
    communicationServiceName: names.communication
    systemTopicName: names.systemTopic
  }
}

// --- What azd and people need to know ---

@description('The region.')
output AZURE_LOCATION string = location

@description('The resource group.')
output AZURE_RESOURCE_GROUP string = groupName

@description('The function app, which is what azd deploys to.')
output FUNCTION_APP_NAME string = names.functionApp

@description('Where the app answers.')
output FUNCTION_APP_URL string = functionApp.outputs.url

@description('The Communication resource.')
output ACS_ENDPOINT string = communication.outputs.endpoint

@description('The account that holds the recordings.')
output ARCHIVE_ACCOUNT_NAME string = names.archiveAccount

@description('The custom topic; empty if there is none.')
output ARCHIVED_TOPIC_ENDPOINT string = topic.?outputs.endpoint ?? ''

@description('How file events come.')
output EVENT_DELIVERY string = eventDelivery

@description('Whether this deployment subscribed to them.')
output EVENT_SUBSCRIPTION_DEPLOYED bool = deployEventSubscription
