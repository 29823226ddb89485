// The system topic of the Communication resource, which may have only one: new or found, beside that resource.

import { tagMap } from '../types.bicep'

@description('Required. Its name.')
param systemTopicName string

@description('Required. Whether to make it; one that exists is left as it is, and must have a system-assigned identity.')
param isNew bool

@description('Required. Resource id of the Communication resource.')
param communicationServiceId string

@description('Required. Tags of a new one.')
param tags tagMap

resource made 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (isNew) {
  name: systemTopicName
  location: 'global'
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: communicationServiceId
    topicType: 'Microsoft.Communication.CommunicationServices'
  }
}

resource found 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (!isNew) {
  name: systemTopicName
}

@description('Its name.')
output name string = systemTopicName

@description('Its resource id.')
output id string = isNew ? made.id : found.id

@description('Object id of its identity, by which it writes dead letters, and events into a queue.')
output principalId string = isNew ? made!.identity!.principalId : found!.identity!.principalId
