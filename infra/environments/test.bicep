// What test is: the same archive, small, open to the identities that have a role from any address, and easy to remove.

import { environmentOptions } from '../types.bicep'

@export()
var test environmentOptions = {
  archive: {
    encryption: { keySource: 'Microsoft.Storage' }
    redundancy: 'Standard_LRS'
    lock: false
  }
  policy: loadTextContent('test.policy.yaml')
  network: { isPrivate: false }
  hosting: { maximumInstanceCount: 40 }
}
