// The app's role on a container into which the service itself writes; its account may lie in another resource group.

@description('Required. Name of the identity of the app; roles are named after it, since its object id is not known beforehand.')
param appIdentityName string

@description('Required. Object id of that identity.')
param appPrincipalId string

@description('Required. Name of the account.')
param accountName string

@description('Required. Name of the container.')
param containerName string

var reader = loadJsonContent('../roles.json')['Storage Blob Data Reader']

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  name: '${accountName}/default/${containerName}'
}

// Reader: what the service has written there is verified, and neither changed nor deleted.
resource appOnContainer 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: container
  name: guid(container.id, appIdentityName, reader)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reader)
  }
}
