// Every choice the other way: what exists is found, the function takes the events, a network and WORM guard the archive.
using '../../../infra/main.bicep'

param environmentName = 'everything'
param location = 'North Europe'
param resourceGroupName = 'rg-archive'
param tags = { owner: 'contact-centre' }
param communication = {
  existingId: '/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-calls/providers/Microsoft.Communication/communicationServices/acs-calls'
  existingSystemTopic: 'evgst-calls'
  nativeContainers: [
    {
      accountId: '/subscriptions/00000000-0000-0000-0000-000000000004/resourceGroups/rg-native/providers/Microsoft.Storage/storageAccounts/stnative'
      container: 'calls'
    }
  ]
}
param events = { delivery: 'function', timeToLiveMinutes: 60, archivedTopic: false }
param archive = {
  encryption: {
    keySource: 'Microsoft.Keyvault'
    keyUri: 'https://kv-keys.vault.example/keys/recordings'
    identityId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-keys/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-keys'
  }
  redundancy: 'Standard_GZRS'
  retentionClasses: [
    { name: 'short', prefix: 'short/', coolAfterDays: 7, coldAfterDays: 0, deleteAfterDays: 0 }
    { name: 'long', prefix: 'long/', coolAfterDays: 7, coldAfterDays: 30, deleteAfterDays: 0 }
  ]
  journalDays: 400
  blobHolds: true
  deadLetterDays: 30
  softDeleteDays: 60
  immutabilityDays: 30
  trailImmutabilityDays: 365
  overflowLocation: 'West Europe'
}
param app = {
  releaseAtSource: 'false'
  copyMemoryMib: 96
  legalHold: true
  retentionClasses: '{version: 1, classes: [{name: trades, days: 1826, wormDays: 1826, afterwards: ask}]}'
  retentionMostADay: 50
  exportDays: 7
  participantKey: {
    vaultId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-participants'
    name: 'participant-key'
  }
  peopleIndexKey: {
    vaultId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-participants'
    name: 'people-index-key'
  }
}
param hosting = {
  instanceMemoryMB: 4096
  alwaysReady: [{ name: 'function:archive_chunk', instanceCount: 2 }]
  zoneRedundant: true
  updateStrategy: 'RollingUpdate'
}
param policy = '{version: 1, rules: [{id: none, record: false, reason: nothing is recorded here}]}'
param network = { isPrivate: true, allowedAddresses: ['198.51.100.7'] }
param watch = { alertEmails: ['archive@contoso.com'] }
param operatorPrincipalIds = ['00000000-0000-0000-0000-00000000000a']
