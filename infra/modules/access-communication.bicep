// The app's role on the Communication resource, which may lie in another resource group.

@description('Required. Name of the identity of the app; roles are named after it, since its object id is not known beforehand.')
param appIdentityName string

@description('Required. Object id of that identity.')
param appPrincipalId string

@description('Required. Name of the Communication resource.')
param communicationServiceName string

@description('Required. GUID of the role: starting and controlling recordings, reading and deleting them.')
param roleId string

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' existing = {
  name: communicationServiceName
}

resource appOnCommunication 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: communication
  name: guid(communication.id, appIdentityName, roleId)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
  }
}
