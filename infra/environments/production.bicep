// What production is. The values stand here, under review, and not in an environment of azd: a deployment from another
// machine cannot open what this file closes.

import { environmentOptions } from '../types.bicep'

@export()
var production environmentOptions = {
  archive: {
    // A key of your own: { keySource: 'Microsoft.Keyvault', keyUri: '…', identityId: '…' }, see docs/deploy.md.
    encryption: { keySource: 'Microsoft.Storage' }
    redundancy: 'Standard_ZRS'
    lock: true
  }
  policy: loadTextContent('production.policy.yaml')
  network: { isPrivate: true }
  hosting: { maximumInstanceCount: 100 }
}
