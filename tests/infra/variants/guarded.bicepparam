// Every choice the other way: what exists is found, a queue takes the events, a network and WORM guard the archive.
using '../../../infra/main.bicep'

param environmentName = 'guarded'
param location = 'northeurope'
param resourceGroupName = 'rg-archive'
param tags = { owner: 'contact-centre' }
param communicationServiceId = '/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-calls/providers/Microsoft.Communication/communicationServices/acs-calls'
param systemTopicName = 'evgst-calls'
param eventDelivery = 'queue'
param deployEventSubscription = true
param eventTimeToLiveMinutes = 60
param deployArchivedTopic = false
param archiveRedundancy = 'Standard_GZRS'
param retentionClasses = [
  { name: 'short', prefix: 'short/', coolAfterDays: 0, coldAfterDays: 0, deleteAfterDays: 90 }
  { name: 'long', prefix: 'long/', coolAfterDays: 7, coldAfterDays: 30, deleteAfterDays: 3650 }
]
param immutabilityDays = 30
param keyVaultId = '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-keys'
param keyName = 'recordings'
param overflowLocation = 'westeurope'
param app = { releaseAtSource: 'false', recordingOutput: 'audio-unmixed-wav', copyMemoryMib: 96, legalHold: true }
param instanceMemoryMB = 4096
param alwaysReadyInstances = [{ name: 'function:archive_chunk', instanceCount: 2 }]
param zoneRedundant = true
param updateStrategy = 'RollingUpdate'
param privateNetwork = true
param alertEmails = ['archive@contoso.com']
