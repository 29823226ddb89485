// What azd knows from its environment (`azd env set NAME VALUE`). What is set nowhere keeps the default of main.bicep.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'recordings')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param resourceGroupName = readEnvironmentVariable('ARCHIVE_RESOURCE_GROUP', '')
param communicationServiceId = readEnvironmentVariable('ACS_EXISTING_ID', '')
param communicationDataLocation = readEnvironmentVariable('ACS_DATA_LOCATION', 'Europe')
param systemTopicName = readEnvironmentVariable('ACS_EXISTING_SYSTEM_TOPIC', '')
param eventDelivery = readEnvironmentVariable('EVENT_DELIVERY', 'function')
param deployEventSubscription = bool(readEnvironmentVariable('DEPLOY_EVENT_SUBSCRIPTION', 'false'))
param archiveRedundancy = readEnvironmentVariable('ARCHIVE_REDUNDANCY', 'Standard_ZRS')
param immutabilityDays = int(readEnvironmentVariable('ARCHIVE_IMMUTABILITY_DAYS', '0'))
param immutabilityLocked = bool(readEnvironmentVariable('ARCHIVE_IMMUTABILITY_LOCKED', 'false'))
param keyVaultId = readEnvironmentVariable('ARCHIVE_KEY_VAULT_ID', '')
param keyName = readEnvironmentVariable('ARCHIVE_KEY_NAME', '')
param lockArchive = bool(readEnvironmentVariable('ARCHIVE_LOCK', 'true'))
param privateNetwork = bool(readEnvironmentVariable('PRIVATE_NETWORK', 'false'))
param alertEmails = filter(split(readEnvironmentVariable('ALERT_EMAILS', ''), ','), address => !empty(address))
