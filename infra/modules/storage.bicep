// The accounts: one for the Functions host and the package, the archive with its catalog and queues, and an overflow if wanted.

import { retentionClass, tagMap } from '../types.bicep'

@description('Required. Name of the account of the Functions host.')
@minLength(3)
@maxLength(24)
param hostAccountName string

@description('Required. Name of the account of the archive.')
@minLength(3)
@maxLength(24)
param archiveAccountName string

@description('Required. Name of the account for overflow.')
@minLength(3)
@maxLength(24)
param overflowAccountName string

@description('Required. Region.')
param location string

@description('Required. Region of the account for overflow; empty: there is none.')
param overflowLocation string

@description('Required. Tags.')
param tags tagMap

@description('Required. Redundancy of the archive.')
param redundancy string

@description('Required. Tiers and ends of recordings, by class.')
param retentionClasses retentionClass[]

@description('Required. Days for which what was deleted can be taken back.')
@minValue(7)
@maxValue(365)
param softDeleteDays int

@description('Required. Days after which a replaced version is deleted.')
@minValue(7)
param previousVersionDays int

@description('Required. Days of immutability; 0: off.')
@minValue(0)
@maxValue(146000)
param immutabilityDays int

@description('Required. Whether the app sets immutability or holds itself, for which the container must be made.')
param immutabilityByApp bool

@description('Required. Whether a person has locked the immutability policy.')
param immutabilityLocked bool

@description('Required. Resource id of the identity that may use the key; empty: a key of Microsoft.')
param keyIdentityId string

@description('Required. URI of the key vault; empty likewise.')
param keyVaultUri string

@description('Required. Name of the key; empty likewise.')
param keyName string

@description('Required. Whether only private endpoints and Event Grid get in.')
param privateNetwork bool

@description('Required. Whether a lock guards the archive.')
param lock bool

var packageContainer = 'app-package'
var probeContainer = 'recordings-probe'
var archiveContainers = [
  'recordings'
  'recordings-quarantine'
  'recordings-journal'
  'recordings-deadletter'
  probeContainer
]
// The host moves a message that it gives up to the queue of the same name with -poison.
var queues = flatten(map(
  ['recording-chunks', 'recording-chunks-urgent', 'recording-events', 'recording-sweep'],
  queue => [queue, '${queue}-poison']
))
var ownKey = !empty(keyIdentityId)

// What all accounts have in common: no keys, nothing anonymous, no old TLS, no other tenants.
var secure = {
  accessTier: 'Hot'
  allowBlobPublicAccess: false
  allowCrossTenantReplication: false
  allowSharedKeyAccess: false
  allowedCopyScope: 'AAD'
  defaultToOAuthAuthentication: true
  isLocalUserEnabled: false
  minimumTlsVersion: 'TLS1_2'
  supportsHttpsTrafficOnly: true
  // Never wholly 'Disabled' for the archive: Event Grid, which has no private endpoint, comes in as a trusted service.
  publicNetworkAccess: 'Enabled'
  networkAcls: {
    defaultAction: privateNetwork ? 'Deny' : 'Allow'
    bypass: 'AzureServices'
  }
}

resource host 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: hostAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: endsWith(redundancy, 'ZRS') ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: secure

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
    }

    resource package 'containers' = {
      name: packageContainer
      properties: { publicAccess: 'None' }
    }
  }
}

resource archive 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: archiveAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  identity: ownKey ? { type: 'UserAssigned', userAssignedIdentities: { '${keyIdentityId}': {} } } : { type: 'None' }
  properties: {
    ...secure
    encryption: {
      requireInfrastructureEncryption: true
      services: {
        blob: { enabled: true, keyType: 'Account' }
        file: { enabled: true, keyType: 'Account' }
        queue: { enabled: true, keyType: 'Account' }
        table: { enabled: true, keyType: 'Account' }
      }
      keySource: ownKey ? 'Microsoft.Keyvault' : 'Microsoft.Storage'
      // No version is named: a rotated key is taken up by itself.
      keyvaultproperties: ownKey ? { keyvaulturi: keyVaultUri, keyname: keyName } : null
      identity: ownKey ? { userAssignedIdentity: keyIdentityId } : null
    }
  }
}

resource archiveBlobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: archive
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = [
  for container in archiveContainers: {
    parent: archiveBlobs
    name: container
    properties: {
      publicAccess: 'None'
      // Of versions, so that a manifest can have a successor while no version of it can go. It is set at birth or not at all.
      immutableStorageWithVersioning: container == archiveContainers[0] && (immutabilityDays > 0 || immutabilityByApp)
        ? { enabled: true }
        : null
    }
  }
]

// Unlocked: a person locks it, once sure, for that cannot be undone. From then on it is no longer for a template to write.
resource immutability 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-01-01' = if (immutabilityDays > 0 && !immutabilityLocked) {
  parent: containers[0]
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: immutabilityDays
    allowProtectedAppendWrites: false
  }
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: archive
  name: 'default'
  dependsOn: [archiveBlobs]
  properties: {
    policy: {
      rules: [
        ...map(retentionClasses, class => {
          name: 'class-${class.name}'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['${archiveContainers[0]}/${class.prefix}']
            }
            actions: {
              baseBlob: {
                ...(class.coolAfterDays > 0
                  ? { tierToCool: { daysAfterModificationGreaterThan: class.coolAfterDays } }
                  : {})
                ...(class.coldAfterDays > 0
                  ? { tierToCold: { daysAfterModificationGreaterThan: class.coldAfterDays } }
                  : {})
                ...(class.deleteAfterDays > 0
                  ? { delete: { daysAfterModificationGreaterThan: class.deleteAfterDays } }
                  : {})
              }
            }
          }
        })
        {
          name: 'probes' // that a health check could not remove
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${probeContainer}/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 1 } } }
          }
        }
        {
          name: 'previous-versions'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'] }
            actions: { version: { delete: { daysAfterCreationGreaterThan: previousVersionDays } } }
          }
        }
      ]
    }
  }
}

resource archiveQueues 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: archive
  name: 'default'

  resource queue 'queues' = [
    for queue in queues: {
      name: queue
    }
  ]
}

resource archiveTables 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' = {
  parent: archive
  name: 'default'

  resource catalog 'tables' = {
    name: 'recordings'
  }

  resource openWork 'tables' = {
    name: 'open'
  }
}

// Chunks wait here while the archive cannot be written. It is in another region, so that one outage does not hit both.
resource overflow 'Microsoft.Storage/storageAccounts@2025-01-01' = if (!empty(overflowLocation)) {
  name: overflowAccountName
  location: overflowLocation
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: secure

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: softDeleteDays }
      containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    }

    resource container 'containers' = {
      name: 'recordings-overflow'
      properties: { publicAccess: 'None' }
    }
  }
}

resource locked 'Microsoft.Authorization/locks@2020-05-01' = if (lock) {
  scope: archive
  name: 'recordings-are-not-deleted-by-accident'
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds the recordings. Take this lock away only to delete them for good.'
  }
}

@description('Name of the account of the Functions host.')
output hostAccountName string = host.name

@description('Name of the container of the package.')
output packageContainerName string = packageContainer

@description('Name of the account of the archive.')
output archiveAccountName string = archive.name

@description('Resource id of the account of the archive.')
output archiveAccountId string = archive.id
