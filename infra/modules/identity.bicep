// An identity that is made before what uses it, so that its roles have time to spread.

import { tagMap } from '../types.bicep'

@description('Required. Its name.')
param name string

@description('Required. Its region.')
param location string

@description('Required. Its tags.')
param tags tagMap

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Its resource id.')
output id string = identity.id

@description('Its object id, which holds roles.')
output principalId string = identity.properties.principalId

@description('Its client id, by which code asks for its tokens.')
output clientId string = identity.properties.clientId
