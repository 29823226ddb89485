// Everything new, and every choice as it is by default, in the second deployment.
using '../../../infra/main.bicep'

param environmentName = 'plain'
param location = 'westeurope'
param deployEventSubscription = true
