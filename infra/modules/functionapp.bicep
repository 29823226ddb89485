// The app on Flex Consumption: Python 3.13, one identity, every connection by it.

import { nameOf } from '../names.bicep'
import { appOptions, hostingOptions, nativeContainer, tagMap } from '../types.bicep'

@description('Required. Name of the app.')
@minLength(2)
@maxLength(60)
param name string

@description('Required. Name of its plan.')
param planName string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags tagMap

@description('Required. Resource id of its identity.')
param identityId string

@description('Required. Client id of its identity.')
param identityClientId string

@description('Required. Name of the account of the Functions host.')
param hostAccountName string

@description('Required. Name of the container of the package.')
param packageContainerName string

@description('Required. Name of the account of the archive.')
param archiveAccountName string

@description('Required. Name of the account for overflow; empty if there is none.')
param overflowAccountName string

@description('Required. Name of Application Insights.')
param applicationInsightsName string

@description('Required. Endpoint of the Communication resource.')
param communicationEndpoint string

@description('Required. Immutable id of the Communication resource: whom the tokens of its callbacks are for.')
param communicationImmutableId string

@description('Required. Endpoint of the custom topic; empty if there is none.')
param archivedTopicEndpoint string

@description('Required. Which calls are recorded.')
param policy string

@description('Required. Containers into which the service itself writes recordings.')
param nativeContainers nativeContainer[]

@description('Required. Reference to the secret that is the key of the hashes of participants; empty if there is none.')
param participantKey string

@description('Required. Reference to the secret that has the keys of the hashes by which people are found; empty if there is none.')
param peopleIndexKey string

@description('Required. Days after which an export is removed; 0: never.')
param exportDays int

@description('Required. Resource id of the subnet that its traffic leaves by; empty: none.')
param subnetId string

@description('Required. Settings that are not as recording/settings/ has them.')
param app appOptions

@description('Required. What it runs on.')
param hosting hostingOptions

var suffix = environment().suffixes.storage

// What recording/settings/ declares, all of it but keys; a test holds the two equal, defaults too.
var appSettings = {
  ACS_ENDPOINT: communicationEndpoint
  ARCHIVE_STORAGE__blobServiceUri: 'https://${archiveAccountName}.blob.${suffix}'
  ARCHIVE_STORAGE__queueServiceUri: 'https://${archiveAccountName}.queue.${suffix}'
  ARCHIVE_STORAGE__tableServiceUri: 'https://${archiveAccountName}.table.${suffix}'
  ARCHIVE_STORAGE__credential: 'managedidentity'
  ARCHIVE_STORAGE__clientId: identityClientId
  ARCHIVE_CONTAINER: 'recordings'
  QUARANTINE_CONTAINER: 'recordings-quarantine'
  JOURNAL_CONTAINER: 'recordings-journal'
  DEAD_LETTER_CONTAINER: 'recordings-deadletter'
  TRAIL_CONTAINER: 'recordings-trail'
  PROBE_CONTAINER: 'recordings-probe'
  CATALOG_TABLE: 'recordings'
  OPEN_TABLE: 'open'
  RECORDS_TABLE: 'records'
  EXPORT_CONTAINER: 'recordings-exports'
  OVERFLOW_STORAGE__blobServiceUri: empty(overflowAccountName) ? '' : 'https://${overflowAccountName}.blob.${suffix}'
  OVERFLOW_CONTAINER: 'recordings-overflow'
  OVERFLOW_HOURS: string(app.?overflowHours ?? 4)
  NATIVE_CONTAINERS: join(
    map(nativeContainers, each => 'https://${nameOf(each.accountId)}.blob.${suffix}/${each.container}'),
    ','
  )
  ARCHIVE_PATH_TEMPLATE: app.?archivePathTemplate ?? '{year}/{month}/{day}/{recording_id}/{index}-{document_id}'
  RECORDING_POLICY: policy
  SOURCE_RETENTION_HOURS: string(app.?sourceRetentionHours ?? 24)
  RELEASE_AT_SOURCE: app.?releaseAtSource ?? 'proven'
  ARCHIVE_TIER: app.?archiveTier ?? ''
  ARCHIVE_IMMUTABLE_DAYS: string(app.?immutableDays ?? 0)
  ARCHIVE_IMMUTABLE_LOCKED: app.?immutableLocked ?? false ? 'true' : 'false'
  ARCHIVE_LEGAL_HOLD: app.?legalHold ?? false ? 'true' : 'false'
  ARCHIVED_TOPIC_ENDPOINT: archivedTopicEndpoint
  AZURE_CLIENT_ID: identityClientId
  COPY_BLOCK_MIB: string(app.?copyBlockMib ?? 6)
  COPY_MEMORY_MIB: string(app.?copyMemoryMib ?? 48)
  COPY_CONNECTIONS: string(app.?copyConnections ?? 8)
  COPY_SLICE_SECONDS: string(app.?copySliceSeconds ?? 1200)
  RETRY_FIRST_SECONDS: string(app.?retryFirstSeconds ?? 30)
  RETRY_LONGEST_SECONDS: string(app.?retryLongestSeconds ?? 1800)
  SWEEP_SECONDS: string(app.?sweepSeconds ?? 300)
  OVERDUE_SECONDS: string(app.?overdueSeconds ?? 600)
  FILE_EVENT_SECONDS: string(app.?fileEventSeconds ?? 3600)
  PAUSE_LIMIT_SECONDS: string(app.?pauseLimitSeconds ?? 0)
  PARTICIPANT_KEY: participantKey
  PEOPLE_INDEX_KEY: peopleIndexKey
  RETENTION_CLASSES: app.?retentionClasses ?? ''
  RETENTION_MOST_A_DAY: string(app.?retentionMostADay ?? 1000)
  EXPORT_DAYS: string(exportDays)
  ACS_RESOURCE_IDS: communicationImmutableId
  API_AUTH: app.?apiAuth ?? 'key'
  API_AUDIENCES: join(app.?apiAudiences ?? [], ',')
  EVENT_GRID_AUDIENCES: join(app.?eventGridAudiences ?? [], ',')
  ENTRA_TENANT_ID: subscription().tenantId
}

// What the platform reads. By URIs and not by AzureWebJobsStorage__accountName, which knows the public cloud alone.
// Of blobs only: nothing here uses the host's queues or tables, and a URI without a role makes the host log refusals.
var platformSettings = {
  AzureWebJobsStorage__blobServiceUri: 'https://${hostAccountName}.blob.${suffix}'
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // The host's exporter keeps everything: else it takes five traces a second, and drops the log lines of the others.
  OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
  OTEL_TRACES_SAMPLER_ARG: '1'
  PYTHON_THREADPOOL_THREAD_COUNT: '16' // six copies at once, and callers who must not wait for them
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: hosting.?zoneRedundant ?? false }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'archive' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    keyVaultReferenceIdentity: identityId // by default it would be one of the system's, which the app does not have
    httpsOnly: true
    publicNetworkAccess: 'Enabled' // callbacks of calls and Event Grid come from outside
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      appSettings: map(items(union(appSettings, platformSettings)), setting => {
        name: setting.key
        value: setting.value
      })
    }
    // The update strategy is a preview and not in the types yet; `az functionapp update-strategy config` names it likewise.
    #disable-next-line BCP037
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${hostAccountName}.blob.${suffix}/${packageContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: hosting.?instanceMemoryMB ?? 2048
        maximumInstanceCount: hosting.?maximumInstanceCount ?? 100
        alwaysReady: hosting.?alwaysReady ?? []
        triggers: { http: { perInstanceConcurrency: 8 } } // one, the default for Python, would start an instance per caller
      }
      ...(hosting.?updateStrategy == 'RollingUpdate' ? { siteUpdateStrategy: { type: 'RollingUpdate' } } : {})
    }
  }

  // Passwords for publishing: nobody needs them, so nobody has them.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

@description('Its name.')
output name string = site.name

@description('Its resource id.')
output id string = site.id

@description('Where it answers.')
output url string = 'https://${site.properties.defaultHostName}'
