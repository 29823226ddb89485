// The deployment as the portal can ask for it: by plain fields. Its form shows every field of an object as required
// (Azure/bicep#13838), so there is no object here. What is not asked for has its default; who needs another one writes a
// file in infra/environments/. docs/deploy.md says how to use it, and ADR 24 why it is released and not kept.
targetScope = 'subscription'

@description('Required. Name of the environment. It is in the name of the resource group, in a tag of every resource, and in the hash that makes names unique.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Optional. Region of everything that has one; default the region chosen above.')
@minLength(1)
@maxLength(64)
param location string = deployment().location

@description('Required. Which calls are recorded: the text of a policy in one line, see docs/policy.md. What no rule allows is not recorded.')
@minLength(1)
@maxLength(60000)
param policy string

@description('Required. E-mail addresses that hear of alerts, separated by commas.')
@minLength(1)
@maxLength(2000)
param alertEmails string

@description('Required. Whether the accounts are reached only through private endpoints and by Event Grid, which has a price every month, or from any address. An identity with a role is needed in any case.')
param isPrivate bool

@description('Required. Whose key encrypts the archive: one that Microsoft keeps, or one in a key vault of yours.')
@allowed(['Microsoft.Storage', 'Microsoft.Keyvault'])
param keySource string

@description('Optional. With Microsoft.Keyvault: URI of the key without a version.')
@maxLength(512)
param keyUri string = ''

@description('Optional. With Microsoft.Keyvault: resource id of a user-assigned identity that may use the key by now.')
@maxLength(512)
param keyIdentityId string = ''

@description('Optional. Redundancy of the archive. Standard_ZRS and those with GZ need a region with zones.')
@allowed(['Standard_LRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param redundancy string = 'Standard_ZRS'

@description('Optional. Resource id of a Communication resource that exists; empty: one is made.')
@maxLength(512)
param existingId string = ''

@description('Optional. Name of the system topic of that resource, if it has one.')
@maxLength(128)
param existingSystemTopic string = ''

var described = ['production', 'test']

module archive 'main.bicep' = {
  name: 'recording-archive-${uniqueString(environmentName, location)}'
  params: {
    environmentName: contains(described, toLower(trim(environmentName)))
      ? fail('environmentName: infra/environments/ describes "${environmentName}", and this form would take back what that file says. Deploy it by its file, or choose another name.')
      : environmentName
    location: location
    policy: policy
    watch: { alertEmails: split(alertEmails, ',') }
    network: { isPrivate: isPrivate }
    archive: {
      redundancy: redundancy
      encryption: keySource == 'Microsoft.Keyvault'
        ? { keySource: 'Microsoft.Keyvault', keyUri: keyUri, identityId: keyIdentityId }
        : { keySource: 'Microsoft.Storage' }
    }
    communication: {
      ...(empty(existingId) ? {} : { existingId: existingId })
      ...(empty(existingSystemTopic) ? {} : { existingSystemTopic: existingSystemTopic })
    }
  }
}

@description('The resource group.')
output AZURE_RESOURCE_GROUP string = archive.outputs.AZURE_RESOURCE_GROUP

@description('The function app, to which the package is deployed.')
output FUNCTION_APP_NAME string = archive.outputs.FUNCTION_APP_NAME

@description('Where the app answers.')
output FUNCTION_APP_URL string = archive.outputs.FUNCTION_APP_URL
