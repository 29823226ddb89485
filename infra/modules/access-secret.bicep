// The app's role on a secret of a key vault, which may lie in another resource group.

@description('Required. Name of the identity of the app; roles are named after it, since its object id is not known beforehand.')
param appIdentityName string

@description('Required. Object id of that identity.')
param appPrincipalId string

@description('Required. Name of the vault.')
param vaultName string

@description('Required. Name of the secret.')
param secretName string

var user = loadJsonContent('../roles.json')['Key Vault Secrets User']

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName

  resource secret 'secrets' existing = {
    name: secretName
  }
}

// On the one secret: what else is in the vault is not the app's to read.
resource appOnSecret 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault::secret
  name: guid(vault::secret.id, appIdentityName, user)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', user)
  }
}

@description('What a setting names in place of the secret, whose newest version the platform then reads.')
output reference string = '@Microsoft.KeyVault(SecretUri=${vault.properties.vaultUri}secrets/${secretName})'
