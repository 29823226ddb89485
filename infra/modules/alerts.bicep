// What a person hears of: what the app itself calls an alert, and what it cannot tell because it never saw it.

import { tagMap } from '../types.bicep'

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags tagMap

@description('Required. Resource id of Application Insights.')
param applicationInsightsId string

@description('Required. Resource id of the workspace that has the logs of the queues.')
param workspaceId string

@description('Required. Resource id of the action group.')
param actionGroupId string

@description('Required. Resource id of the archive account.')
param archiveAccountId string

@description('Required. Resource id of the system topic.')
param systemTopicId string

// The app's own alerts, by the names of recording/core/formats/notifications.py; a test holds the two equal.
// Severity 0 is critical: media is gone, or will be if nobody acts. 1 is an error: a person must decide. 2 is a warning: the
// app goes on by itself, and a person finds out the cause.
var appAlerts = [
  {
    name: 'RecordingAtRisk'
    severity: 0
    meaning: 'A recording will be lost, or its source not deleted, if nobody acts; told at 12, 6 and 1 hours before its end too.'
  }
  {
    name: 'RecordingMissing'
    severity: 0
    meaning: 'A recording has ended, and its file event has not come in time. Without it nothing can be archived.'
  }
  { name: 'RecordingIncomplete', severity: 1, meaning: 'Sources have ended, and parts are lacking: see the manifest.' }
  { name: 'RecordingQuarantined', severity: 1, meaning: 'A chunk is in doubt: its source is kept and looked at again.' }
  { name: 'ConflictingEvents', severity: 1, meaning: 'Two claims to a source, or to where a proven chunk is.' }
  { name: 'RecordingEventUnreadable', severity: 1, meaning: 'An event, or a chunk that it names, could not be read.' }
  { name: 'RecordingLost', severity: 0, meaning: 'The source has ended, and a chunk is not archived.' }
  {
    name: 'SweepFoundWork'
    severity: 2
    meaning: 'The sweep found work that no message or event was driving, and drives it: find out what loses them.'
  }
  { name: 'RecordingDamaged', severity: 0, meaning: 'What had been archived and proven is no longer there as it was.' }
]

var logAlerts = [
  ...map(appAlerts, alert => {
    name: alert.name
    severity: alert.severity
    description: alert.meaning
    scope: applicationInsightsId
    query: 'traces | where message has "alert=${alert.name}"'
    threshold: 0
  })
  {
    name: 'EventRefused'
    severity: 1
    description: 'An event, or a message of the queue, could not be understood. The line says why, and which blob of the journal keeps it.'
    scope: applicationInsightsId
    query: 'traces | where message startswith "event.refused" or message startswith "step.refused"'
    threshold: 0
  }
  {
    name: 'SweepStopped'
    severity: 0
    description: 'No sweep has come to its end for 20 minutes: the app is down, or fails, and the other alerts may not come either.'
    scope: applicationInsightsId
    // `summarize` makes one row of no lines too. The newest line may be ten minutes old while all is well: a timer sweeps
    // every five minutes, and a line takes up to five to come.
    query: 'traces | where message startswith "sweep.done" | summarize newest = max(timestamp) | where isnull(newest) or newest < ago(20m)'
    threshold: 0
  }
  {
    name: 'FailedExecutions'
    severity: 2
    description: 'Functions fail more than a retry now and then explains.'
    scope: applicationInsightsId
    query: 'requests | where success == false'
    threshold: 20
  }
  {
    name: 'OldMessage'
    severity: 1
    description: 'A message has been in its queue for more than four hours: each of its runs ends before the app can put it back.'
    scope: applicationInsightsId
    // The host writes this line at each run. A step that failed is put back as a new message, so it is not seen here.
    // The age of a message that nobody tries is QueueBacklog's to tell.
    query: 'traces | where message startswith "Trigger Details:" | extend inserted = todatetime(extract(@"InsertedOn: ([^,\\s]+)", 1, message)) | where timestamp - inserted > 4h'
    threshold: 0
  }
  {
    name: 'PoisonMessage'
    severity: 0
    description: 'A message of one of the queues was given up. The app drives its work again; if that fails too, another alert follows.'
    scope: workspaceId
    // From the account's own log: the host moves messages there without a line of its own at times.
    query: 'StorageQueueLogs | where OperationName == "PutMessage" and Uri has "-poison"'
    threshold: 0
  }
]

var metricAlerts = [
  {
    name: 'DeadLetteredEvent'
    severity: 0
    description: 'Event Grid gave up on an event. It is in the container recordings-deadletter, and the app replays it once.'
    scope: systemTopicId
    namespace: 'Microsoft.EventGrid/systemTopics'
    metric: 'DeadLetteredCount'
    aggregation: 'Total'
    threshold: 0
    frequency: 'PT5M'
    window: 'PT15M'
  }
  {
    name: 'DroppedEvent'
    severity: 0
    description: 'Event Grid dropped an event that it could not even write to the dead letters.'
    scope: systemTopicId
    namespace: 'Microsoft.EventGrid/systemTopics'
    metric: 'DroppedEventCount'
    aggregation: 'Total'
    threshold: 0
    frequency: 'PT5M'
    window: 'PT15M'
  }
  {
    name: 'QueueBacklog'
    severity: 1
    description: 'Messages wait in the queues, more than are retried now and then: the app may be down.'
    scope: '${archiveAccountId}/queueServices/default'
    namespace: 'Microsoft.Storage/storageAccounts/queueServices'
    metric: 'QueueMessageCount' // which is counted once an hour
    aggregation: 'Average'
    threshold: 100
    frequency: 'PT1H'
    window: 'PT1H'
  }
]

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: alert.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.name
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [alert.scope]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT30M' // twice as long, for lines that come late
      autoMitigate: true
      skipQueryValidation: true // a table is there with its first line only
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: alert.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]

resource metricRules 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in metricAlerts: {
    name: alert.name
    location: 'global'
    tags: tags
    properties: {
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [alert.scope]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.name
            metricNamespace: alert.namespace
            metricName: alert.metric
            operator: 'GreaterThan'
            threshold: alert.threshold
            timeAggregation: alert.aggregation
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId }]
    }
  }
]
