// The Communication resource, new or found.

import { tagMap } from '../types.bicep'

@description('Required. Its name.')
param name string

@description('Required. Whether to make it; one that exists is left as it is.')
param isNew bool

@description('Required. Where a new one keeps its data at rest.')
param dataLocation string

@description('Required. Tags of a new one.')
param tags tagMap

resource made 'Microsoft.Communication/communicationServices@2025-09-01' = if (isNew) {
  name: name
  location: 'global'
  tags: tags
  // Its identity is what a Cognitive Services resource would know it by.
  identity: { type: 'SystemAssigned' }
  properties: {
    dataLocation: dataLocation
    disableLocalAuth: true // without access keys: the app comes with its identity
    publicNetworkAccess: 'Enabled' // it has no private link for calls
  }
}

resource found 'Microsoft.Communication/communicationServices@2025-09-01' existing = if (!isNew) {
  name: name
}

@description('Its name.')
output name string = name

@description('Its resource id.')
output id string = isNew ? made.id : found.id

@description('Its id in the tokens of its callbacks. It has it from its birth, and no other resource can be given it.')
output immutableId string = isNew ? made!.properties.immutableResourceId : found!.properties.immutableResourceId

@description('Its endpoint, in whichever cloud.')
output endpoint string = 'https://${isNew ? made!.properties.hostName : found!.properties.hostName}'
