// The accounts: one for the Functions host and the package, the archive with its catalog and queues, and an overflow if wanted.

import { regionOf } from '../names.bicep'
import { archiveOptions, networkOptions, tagMap } from '../types.bicep'

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

@description('Required. Tags.')
param tags tagMap

@description('Required. Options of the archive.')
param options archiveOptions

@description('Required. Whether versions of recordings can be made immutable, for which the container must be made.')
param isImmutable bool

@description('Required. Days after which an export ends; 0: never.')
param exportDays int

@description('Required. Who reaches the accounts.')
param network networkOptions

var packageContainer = 'app-package'
var probeContainer = 'recordings-probe'
var archiveContainers = [
  'recordings'
  'recordings-quarantine'
  'recordings-journal'
  'recordings-deadletter'
  'recordings-trail'
  'recordings-exports'
  probeContainer
]
// Of versions: those of the recordings, so that a manifest can have a successor while no version of it can go; and the acts
// of the trails, which are written once; and copies in quarantine, only to be held one by one. What is locked is no longer for a template to write.
var guarded = [
  {
    container: 'recordings'
    isImmutable: isImmutable
    days: options.?immutabilityDays ?? 0
    isLocked: options.?immutabilityLocked ?? false
  }
  {
    container: 'recordings-trail'
    isImmutable: (options.?trailImmutabilityDays ?? 0) > 0
    days: options.?trailImmutabilityDays ?? 0
    isLocked: options.?trailImmutabilityLocked ?? false
  }
  {
    container: 'recordings-quarantine'
    isImmutable: options.?blobHolds ?? false
    days: 0
    isLocked: false
  }
]
// The host moves a message that it gives up to the queue of the same name with -poison.
var queues = flatten(map(
  [
    'recording-chunks'
    'recording-chunks-urgent'
    'recording-events'
    'recording-sweep'
    'recording-filing'
    'recording-jobs'
  ],
  queue => [queue, '${queue}-poison']
))
var encryption = options.encryption
var keyIdentityId = encryption.keySource == 'Microsoft.Keyvault' ? encryption.identityId : ''
// Of what holds recordings, if only for a while: the archive and the overflow. The key may lie in another region.
var keyIdentity = !empty(keyIdentityId)
  ? { type: 'UserAssigned', userAssignedIdentities: { '${keyIdentityId}': {} } }
  : { type: 'None' }
var byChosenKey = {
  requireInfrastructureEncryption: true
  services: {
    blob: { enabled: true, keyType: 'Account' }
    file: { enabled: true, keyType: 'Account' }
    queue: { enabled: true, keyType: 'Account' }
    table: { enabled: true, keyType: 'Account' }
  }
  keySource: encryption.keySource
  // No version is named: a rotated key is taken up by itself.
  keyvaultproperties: encryption.keySource == 'Microsoft.Keyvault'
    ? { keyvaulturi: split(encryption.keyUri, '/keys/')[0], keyname: last(split(encryption.keyUri, '/')) }
    : null
  identity: !empty(keyIdentityId) ? { userAssignedIdentity: keyIdentityId } : null
}
var softDelete = { enabled: true, days: options.?softDeleteDays ?? 30 }

// A class that never does anything has no rule: one without an action is refused.
var classes = filter(
  options.?retentionClasses ?? [
    { name: 'all', prefix: '', coolAfterDays: 30, coldAfterDays: 90, deleteAfterDays: 0 }
  ],
  class => class.coolAfterDays + class.coldAfterDays + class.deleteAfterDays > 0
)
var ends = filter(
  [
    { container: probeContainer, days: 1 } // what a health check could not remove
    { container: 'recordings-deadletter', days: options.?deadLetterDays ?? 90 }
    { container: 'recordings-exports', days: exportDays } // the app removes them earlier; their versions end here
    { container: 'recordings-journal', days: options.?journalDays ?? 0 }
    { container: 'recordings-quarantine', days: options.?quarantineDays ?? 0 }
  ],
  end => end.days > 0
)

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
    defaultAction: network.isPrivate ? 'Deny' : 'Allow'
    bypass: 'AzureServices'
    ipRules: map(network.?allowedAddresses ?? [], address => { value: address, action: 'Allow' })
  }
}

resource host 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: hostAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: endsWith(options.?redundancy ?? 'Standard_ZRS', 'ZRS') ? 'Standard_ZRS' : 'Standard_LRS' }
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
  sku: { name: options.?redundancy ?? 'Standard_ZRS' }
  identity: keyIdentity
  properties: {
    ...secure
    encryption: byChosenKey
  }
}

resource archiveBlobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: archive
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: softDelete
    containerDeleteRetentionPolicy: softDelete
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = [
  for container in archiveContainers: {
    parent: archiveBlobs
    name: container
    properties: {
      publicAccess: 'None'
      // A container that exists is not changed by a deployment: it would have to be migrated.
      immutableStorageWithVersioning: contains(
          map(filter(guarded, each => each.isImmutable), each => each.container),
          container
        )
        ? { enabled: true }
        : null
    }
  }
]

// Unlocked: a person locks it, once sure, for that cannot be undone.
resource immutability 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-01-01' = [
  for each in filter(guarded, each => each.days > 0 && !each.isLocked): {
    parent: containers[indexOf(archiveContainers, each.container)]
    name: 'default'
    properties: {
      immutabilityPeriodSinceCreationInDays: each.days
      allowProtectedAppendWrites: false
    }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: archive
  name: 'default'
  dependsOn: [archiveBlobs]
  properties: {
    policy: {
      rules: [
        ...map(classes, class => {
          name: 'class-${class.name}'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${archiveContainers[0]}/${class.prefix}'] }
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
              // A version's days count from when it was written. Versions without an end of their class stay: what was
              // deleted by mistake can be restored, however old it is.
              ...(class.deleteAfterDays > 0
                ? { version: { delete: { daysAfterCreationGreaterThan: class.deleteAfterDays } } }
                : {})
            }
          }
        })
        // Of what the app erases or deletes by its own classes: otherwise it stays as a version. Not of trails.
        ...map(
          (options.?versionDays ?? 0) > 0 ? ['recordings', 'recordings-journal', 'recordings-quarantine'] : [],
          container => {
            name: 'versions-of-${container}'
            enabled: true
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['${container}/'] }
              actions: { version: { delete: { daysAfterCreationGreaterThan: options.?versionDays ?? 0 } } }
            }
          }
        )
        ...map(ends, end => {
          name: 'end-of-${end.container}'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${end.container}/'] }
            actions: {
              baseBlob: { delete: { daysAfterModificationGreaterThan: end.days } }
              version: { delete: { daysAfterCreationGreaterThan: end.days } }
            }
          }
        })
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

  resource records 'tables' = {
    name: 'records'
  }
}

// Chunks wait here while the archive cannot be written. It is in another region, so that one outage does not hit both.
resource overflow 'Microsoft.Storage/storageAccounts@2025-01-01' = if (contains(options, 'overflowLocation')) {
  name: overflowAccountName
  location: regionOf(options.overflowLocation!)
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  identity: keyIdentity
  properties: { ...secure, encryption: byChosenKey }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: softDelete
      containerDeleteRetentionPolicy: softDelete
    }

    resource container 'containers' = {
      name: 'recordings-overflow'
      properties: { publicAccess: 'None' }
    }
  }
}

resource locked 'Microsoft.Authorization/locks@2020-05-01' = if (options.?lock ?? true) {
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
