// A network of its own; events come into the queue as a trusted service.
using '../../../infra/main.bicep'

param environmentName = 'minimal'
param location = 'westeurope'
param archive = { encryption: { keySource: 'Microsoft.Storage' } }
param policy = '{version: 1, rules: [{id: none, record: false, reason: nothing is recorded here}]}'
param network = { isPrivate: true }
param watch = { alertEmails: [] }
