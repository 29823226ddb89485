// One class that never moves and never ends, and nothing else that ends but probes, dead letters and exports.
using '../../../infra/main.bicep'

param environmentName = 'minimal'
param location = 'westeurope'
param archive = {
  encryption: { keySource: 'Microsoft.Storage' }
  retentionClasses: [{ name: 'for-ever', prefix: '', coolAfterDays: 0, coldAfterDays: 0, deleteAfterDays: 0 }]
}
param policy = '{version: 1, rules: [{id: none, record: false, reason: nothing is recorded here}]}'
param network = { isPrivate: false }
param watch = { alertEmails: [] }
