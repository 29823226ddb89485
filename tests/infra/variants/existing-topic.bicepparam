// The Communication resource and its one system topic exist, and lie elsewhere.
using '../../../infra/main.bicep'

param environmentName = 'minimal'
param location = 'westeurope'
param archive = { encryption: { keySource: 'Microsoft.Storage' } }
param policy = '{version: 1, rules: [{id: none, record: false, reason: nothing is recorded here}]}'
param network = { isPrivate: false }
param watch = { alertEmails: [] }
param communication = {
  existingId: '/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-calls/providers/Microsoft.Communication/communicationServices/acs-calls'
  existingSystemTopic: 'evgst-calls'
}
