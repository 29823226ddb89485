// What must be said, and nothing more.
using '../../../infra/main.bicep'

param environmentName = 'minimal'
param location = 'westeurope'
param archive = { encryption: { keySource: 'Microsoft.Storage' } }
param policy = '{version: 1, rules: [{id: none, record: false, reason: nothing is recorded here}]}'
param network = { isPrivate: false }
param watch = { alertEmails: [] }
