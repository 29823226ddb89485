// Picks the environment by its name; a name that infra/environments/ lacks, and a variable that is not set, are refused.
// Variables: `azd env set NAME VALUE`, those of the GitHub environment, or `export` in a shell.
using 'main.bicep'

import { production } from 'environments/production.bicep'
import { test } from 'environments/test.bicep'

var chosen = { production: production, test: test }[readEnvironmentVariable('AZURE_ENV_NAME')]

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param resourceGroupName = chosen.?resourceGroupName ?? ''
param archive = chosen.archive
param network = chosen.network
param watch = {
  alertEmails: split(readEnvironmentVariable('ALERT_EMAILS'), ',')
  logRetentionDays: chosen.?logRetentionDays ?? 90
}
param policy = chosen.policy
param communication = chosen.?communication ?? {}
param events = chosen.?events ?? {}
param app = chosen.?app ?? {}
param hosting = chosen.?hosting ?? {}
param operatorPrincipalIds = chosen.?operatorPrincipalIds ?? []
param tags = chosen.?tags ?? {}
