// An archive for the call recordings of Azure Communication Services, in one resource group.
//
//   Communication ── system topic ── subscription ──▶ queue ──▶ function app ──▶ archive account ──▶ custom topic
//   (records,         (file events)   (by identity)              (copies, proves,  (recordings,      (RecordingArchived,
//    keeps 24 h)                                                  releases)         catalog, queues)   alerts)
//
// No key anywhere: the app has one identity, Event Grid has one, and `access` lists every role that either holds.
// One deployment makes all of it. The shapes of parameters are in types.bicep, what is refused in checks.bicep.
targetScope = 'subscription'

import * as checks from 'checks.bicep'
import { nameOf, plain, regionOf, tokenOf, valueAfter } from 'names.bicep'
import {
  appOptions
  archiveOptions
  communicationOptions
  eventOptions
  hostingOptions
  networkOptions
  tagMap
  watchOptions
} from 'types.bicep'

@description('Required. Name of the environment. It is in the name of the resource group, in a tag of every resource, and in the hash that makes names unique.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Required. Region of everything that has one. It must offer Functions Flex Consumption, and zones unless archive.redundancy is LRS or GRS.')
@minLength(1)
@maxLength(64)
@metadata({ azd: { type: 'location' } })
param location string

@description('Optional. Resource group to deploy into; empty: one is made and named after the environment.')
@maxLength(90)
param resourceGroupName string = ''

@description('Required. The archive account.')
param archive archiveOptions

@description('Required. Who reaches the accounts.')
param network networkOptions

@description('Required. Who hears of what goes wrong.')
param watch watchOptions

@description('Required. Which calls are recorded: the text of a policy, see docs/policy.md. What no rule allows is not recorded.')
@maxLength(60000)
param policy string

@description('Optional. Where the recordings come from.')
param communication communicationOptions = {}

@description('Optional. How file events come, and whether events go out.')
param events eventOptions = {}

@description('Optional. What the app does, where it is not as recording/settings/ has it.')
param app appOptions = {}

@description('Optional. What the app runs on.')
param hosting hostingOptions = {}

@description('Optional. Object ids of people or groups who follow docs/runbook.md: they may read all of it, and change nothing.')
@maxLength(10)
param operatorPrincipalIds string[] = []

@description('Optional. Tags of every resource, beside the one that azd needs.')
param tags tagMap = {}

// --- The story ---

// A group that exists is left as it is, its tags included.
resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = if (empty(resourceGroupName)) {
  name: groupName
  location: region
  tags: allTags
}

// 1. Logs and an audience for alerts.
module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring-${resourceToken}'
  scope: resourceGroup(groupName)
  dependsOn: [group]
  params: {
    workspaceName: names.workspace
    applicationInsightsName: names.applicationInsights
    actionGroupName: names.actionGroup
    location: region
    tags: allTags
    alertEmails: checks.addressesOf(watch)
    retentionDays: watch.?logRetentionDays ?? 90
    dailyQuotaGb: watch.?logDailyQuotaGb ?? -1
  }
}

// 2. Whom the app acts as.
module identity 'modules/identity.bicep' = {
  name: 'identity-${resourceToken}'
  scope: resourceGroup(groupName)
  dependsOn: [group]
  params: {
    name: names.identity
    location: region
    tags: allTags
  }
}

// 3. The accounts: one for the Functions host, the archive itself with its catalog and queues, and the overflow.
module storage 'modules/storage.bicep' = {
  name: 'storage-${resourceToken}'
  scope: resourceGroup(groupName)
  dependsOn: [group]
  params: {
    hostAccountName: names.hostAccount
    archiveAccountName: names.archiveAccount
    overflowAccountName: names.overflowAccount
    location: region
    tags: allTags
    options: archive
    isImmutable: checks.isImmutable(archive, app)
    exportDays: exportDays
    network: network
  }
}

// 4. Where the recordings come from, and the topics: file events in, RecordingArchived out.
module source 'modules/communication.bicep' = {
  name: 'communication-${resourceToken}'
  scope: resourceGroup(sourceSubscriptionId, sourceGroupName)
  dependsOn: [group]
  params: {
    name: names.communication
    isNew: !contains(communication, 'existingId')
    dataLocation: communication.?dataLocation ?? 'Europe'
    tags: allTags
  }
}

module fileEvents 'modules/events.bicep' = {
  name: 'events-${resourceToken}'
  scope: resourceGroup(sourceSubscriptionId, sourceGroupName)
  params: {
    systemTopicName: names.systemTopic
    isNew: !contains(communication, 'existingSystemTopic')
    communicationServiceId: source.outputs.id
    tags: allTags
  }
}

module topic 'modules/topic.bicep' = if (hasArchivedTopic) {
  name: 'topic-${resourceToken}'
  scope: resourceGroup(groupName)
  dependsOn: [group]
  params: {
    name: names.topic
    location: region
    tags: allTags
  }
}

// 5. Every role that anybody here holds. Roles take minutes to spread: what needs them comes later.
module access 'modules/access.bicep' = {
  name: 'access-${resourceToken}'
  scope: resourceGroup(groupName)
  dependsOn: [monitoring, storage, topic]
  params: {
    appIdentityName: names.identity
    appPrincipalId: identity.outputs.principalId
    systemTopicName: names.systemTopic
    eventsPrincipalId: fileEvents.outputs.principalId
    operatorPrincipalIds: operatorPrincipalIds
    hostAccountName: names.hostAccount
    archiveAccountName: names.archiveAccount
    overflowAccountName: overflowAccountName
    applicationInsightsName: names.applicationInsights
    topicName: hasArchivedTopic ? names.topic : ''
    immutabilityByApp: checks.isImmutableByApp(archive, app)
    holds: archive.?blobHolds ?? false
  }
}

module communicationAccess 'modules/access-communication.bicep' = {
  name: 'access-communication-${resourceToken}'
  scope: resourceGroup(sourceSubscriptionId, sourceGroupName)
  dependsOn: [source]
  params: {
    appIdentityName: names.identity
    appPrincipalId: identity.outputs.principalId
    communicationServiceName: names.communication
    roleId: communication.?roleId ?? loadJsonContent('roles.json')['Communication and Email Service Owner']
  }
}

module nativeAccess 'modules/access-native.bicep' = [
  for (each, position) in nativeContainers: {
    name: 'access-native-${position}-${resourceToken}'
    scope: resourceGroup(valueAfter(each.accountId, 'subscriptions'), valueAfter(each.accountId, 'resourceGroups'))
    params: {
      appIdentityName: names.identity
      appPrincipalId: identity.outputs.principalId
      accountName: nameOf(each.accountId)
      containerName: each.container
    }
  }
]

module secretAccess 'modules/access-secret.bicep' = if (contains(app, 'participantKey')) {
  name: 'access-secret-${resourceToken}'
  scope: resourceGroup(
    valueAfter(app.?participantKey.?vaultId ?? '', 'subscriptions'),
    valueAfter(app.?participantKey.?vaultId ?? '', 'resourceGroups')
  )
  params: {
    appIdentityName: names.identity
    appPrincipalId: identity.outputs.principalId
    vaultName: nameOf(app.?participantKey.?vaultId ?? '')
    secretName: app.?participantKey.?name ?? ''
  }
}

module peopleKeyAccess 'modules/access-secret.bicep' = if (contains(app, 'peopleIndexKey')) {
  name: 'access-people-${resourceToken}'
  scope: resourceGroup(
    valueAfter(app.?peopleIndexKey.?vaultId ?? '', 'subscriptions'),
    valueAfter(app.?peopleIndexKey.?vaultId ?? '', 'resourceGroups')
  )
  params: {
    appIdentityName: names.identity
    appPrincipalId: identity.outputs.principalId
    vaultName: nameOf(app.?peopleIndexKey.?vaultId ?? '')
    secretName: app.?peopleIndexKey.?name ?? ''
  }
}

// 6. Optionally, a network of its own around the app and the accounts.
module privateNetwork 'modules/network.bicep' = if (network.isPrivate) {
  name: 'network-${resourceToken}'
  scope: resourceGroup(groupName)
  dependsOn: [storage]
  params: {
    name: names.network
    securityGroupName: names.securityGroup
    natGatewayName: names.natGateway
    outboundAddressName: names.outboundAddress
    endpointPrefix: abbrs.privateEndpoints
    location: region
    tags: allTags
    addressPrefix: network.?addressPrefix ?? '10.77.0.0/24'
    hostAccountName: names.hostAccount
    archiveAccountName: names.archiveAccount
    overflowAccountName: overflowAccountName
  }
}

// 7. The app, once it may do what it does.
module functionApp 'modules/functionapp.bicep' = {
  name: 'functionapp-${resourceToken}'
  scope: resourceGroup(groupName)
  dependsOn: [access, communicationAccess, nativeAccess]
  params: {
    name: names.functionApp
    planName: names.plan
    location: region
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostAccountName: names.hostAccount
    packageContainerName: storage.outputs.packageContainerName
    archiveAccountName: names.archiveAccount
    overflowAccountName: overflowAccountName
    applicationInsightsName: names.applicationInsights
    communicationEndpoint: source.outputs.endpoint
    communicationImmutableId: source.outputs.immutableId
    archivedTopicEndpoint: topic.?outputs.endpoint ?? ''
    policy: policy
    nativeContainers: nativeContainers
    participantKey: secretAccess.?outputs.reference ?? ''
    peopleIndexKey: peopleKeyAccess.?outputs.reference ?? ''
    exportDays: exportDays
    subnetId: privateNetwork.?outputs.appSubnetId ?? ''
    app: app
    hosting: hosting
  }
}

// 8. Someone hears of what goes wrong, and what happened can be looked up.
module alerts 'modules/alerts.bicep' = {
  name: 'alerts-${resourceToken}'
  scope: resourceGroup(groupName)
  params: {
    nameSuffix: resourceToken
    silenceMinutes: max(20, 15 + (app.?sweepSeconds ?? 300) / 60) // a sweep may be late, and its line too
    location: region
    tags: allTags
    applicationInsightsId: monitoring.outputs.applicationInsightsId
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    systemTopicId: fileEvents.outputs.id
    eventSubscriptionName: names.eventSubscription
  }
}

module diagnostics 'modules/diagnostics.bicep' = {
  name: 'diagnostics-${resourceToken}'
  scope: resourceGroup(groupName)
  dependsOn: [storage, topic, functionApp]
  params: {
    workspaceId: monitoring.outputs.workspaceId
    archiveAccountName: names.archiveAccount
    overflowAccountName: overflowAccountName
    functionAppName: names.functionApp
    topicName: hasArchivedTopic ? names.topic : ''
  }
}

module sourceDiagnostics 'modules/diagnostics-communication.bicep' = {
  name: 'diagnostics-communication-${resourceToken}'
  scope: resourceGroup(sourceSubscriptionId, sourceGroupName)
  dependsOn: [source, fileEvents]
  params: {
    settingName: 'recording-archive-${resourceToken}'
    workspaceId: monitoring.outputs.workspaceId
    communicationServiceName: names.communication
    systemTopicName: names.systemTopic
  }
}

// 9. Last, the events begin to come: Event Grid asks at once whether its identity may write where they go.
module subscribing 'modules/subscription.bicep' = {
  name: 'subscription-${resourceToken}'
  scope: resourceGroup(sourceSubscriptionId, sourceGroupName)
  dependsOn: [access, alerts]
  params: {
    name: names.eventSubscription
    systemTopicName: names.systemTopic
    delivery: events.?delivery ?? 'queue'
    functionAppId: functionApp.outputs.id
    archiveAccountId: storage.outputs.archiveAccountId
    timeToLiveMinutes: events.?timeToLiveMinutes ?? 120
  }
}

// --- Names ---

var abbrs = loadJsonContent('abbreviations.json')
var problems = checks.problemsOf(location, communication, archive, policy, app, hosting, network, watch)
var resourceToken = empty(problems)
  ? tokenOf(subscription().subscriptionId, environmentName, location)
  : fail(join(problems, ' '))
var region = regionOf(location)
var groupName = empty(resourceGroupName)
  ? '${abbrs.resourceGroups}${take(plain(environmentName), 60)}-${resourceToken}'
  : resourceGroupName
var names = {
  actionGroup: '${abbrs.insightsActionGroups}recordings-${resourceToken}'
  applicationInsights: '${abbrs.insightsComponents}recordings-${resourceToken}'
  archiveAccount: '${abbrs.storageAccounts}archive${resourceToken}'
  communication: contains(communication, 'existingId')
    ? nameOf(communication.existingId!)
    : '${abbrs.communicationServices}recordings-${resourceToken}'
  functionApp: '${abbrs.functionApps}recordings-${resourceToken}'
  hostAccount: '${abbrs.storageAccounts}host${resourceToken}'
  identity: '${abbrs.managedIdentities}recordings-${resourceToken}'
  natGateway: '${abbrs.natGateways}recordings-${resourceToken}'
  network: '${abbrs.virtualNetworks}recordings-${resourceToken}'
  outboundAddress: '${abbrs.publicIpAddresses}recordings-${resourceToken}'
  overflowAccount: '${abbrs.storageAccounts}overflow${resourceToken}'
  plan: '${abbrs.serverFarms}recordings-${resourceToken}'
  securityGroup: '${abbrs.networkSecurityGroups}recordings-${resourceToken}'
  eventSubscription: 'recording-archive-${resourceToken}' // of this environment: another's, on the same topic, is left alone
  systemTopic: communication.?existingSystemTopic ?? '${abbrs.eventGridSystemTopics}recordings-${resourceToken}'
  topic: '${abbrs.eventGridTopics}recordings-${resourceToken}'
  workspace: '${abbrs.logAnalyticsWorkspaces}recordings-${resourceToken}'
}
var allTags = union(tags, { 'azd-env-name': environmentName })
var hasArchivedTopic = events.?archivedTopic ?? true
var exportDays = app.?exportDays ?? 30 // the app removes exports, and a lifecycle rule their versions
var nativeContainers = communication.?nativeContainers ?? []
var overflowAccountName = contains(archive, 'overflowLocation') ? names.overflowAccount : ''
// A resource that exists elsewhere is deployed to, and given roles on, where it lies.
var sourceSubscriptionId = contains(communication, 'existingId')
  ? valueAfter(communication.existingId!, 'subscriptions')
  : subscription().subscriptionId
var sourceGroupName = contains(communication, 'existingId')
  ? valueAfter(communication.existingId!, 'resourceGroups')
  : groupName

// --- What azd and people need to know ---

@description('The region.')
output AZURE_LOCATION string = region

@description('The resource group.')
output AZURE_RESOURCE_GROUP string = groupName

@description('The function app, which is what azd deploys to.')
output FUNCTION_APP_NAME string = names.functionApp

@description('Where the app answers.')
output FUNCTION_APP_URL string = functionApp.outputs.url

@description('The Communication resource.')
output ACS_ENDPOINT string = source.outputs.endpoint

@description('The account that holds the recordings.')
output ARCHIVE_ACCOUNT_NAME string = names.archiveAccount

@description('The custom topic; empty if there is none.')
output ARCHIVED_TOPIC_ENDPOINT string = topic.?outputs.endpoint ?? ''

@description('The system topic, to which other subscriptions may be added.')
output SYSTEM_TOPIC_NAME string = names.systemTopic

@description('The resource group of that topic.')
output SYSTEM_TOPIC_GROUP string = sourceGroupName
