// The archive account's role on the key vault whose key encrypts it; the vault lies where its owner has it.

@description('Required. Name of the identity by which the archive account uses the key.')
param keyIdentityName string

@description('Required. Object id of that identity.')
param archivePrincipalId string

@description('Required. Name of the key vault.')
param vaultName string

var role = loadJsonContent('../roles.json')['Key Vault Crypto Service Encryption User']

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource archiveOnVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, keyIdentityName, role)
  properties: {
    principalId: archivePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}

@description('URI of the key vault, in whichever cloud.')
output vaultUri string = vault.properties.vaultUri
