// Logs, telemetry that only identities can write, the audience of alerts, and a page to look at.

import { tagMap } from '../types.bicep'

@description('Required. Name of the Log Analytics workspace.')
param workspaceName string

@description('Required. Name of Application Insights.')
param applicationInsightsName string

@description('Required. Name of the action group.')
param actionGroupName string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags tagMap

@description('Required. Who hears of alerts.')
param alertEmails string[]

@description('Required. Days for which logs are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Required. The most logs taken in a day, in GB; -1: no limit.')
@minValue(-1)
param dailyQuotaGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGb }
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true // its connection string alone then opens nothing
    DisableIpMasking: false
  }
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'recordings'
    enabled: true
    emailReceivers: [
      for (address, position) in alertEmails: {
        name: 'person-${position}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(applicationInsights.id, 'recording-archive')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Recording archive'
    category: 'workbook'
    sourceId: applicationInsights.id
    serializedData: string(loadJsonContent('../workbook.json'))
  }
}

@description('Resource id of the workspace.')
output workspaceId string = workspace.id

@description('Name of Application Insights.')
output applicationInsightsName string = applicationInsights.name

@description('Resource id of Application Insights.')
output applicationInsightsId string = applicationInsights.id

@description('Resource id of the action group.')
output actionGroupId string = actionGroup.id
