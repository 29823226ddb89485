// What a person hears of: what the app itself calls an alert, and what it cannot tell because it never saw it.

import { tagMap } from '../types.bicep'

@description('Required. What the names of rules end in, so that two environments in one group do not share them.')
param nameSuffix string

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

@description('Required. Resource id of the system topic.')
param systemTopicId string

@description('Required. Name of the subscription to its events. Others on the same topic are not ours to watch.')
param eventSubscriptionName string

@description('Required. Minutes without a sweep after which the app is silent.')
@minValue(20)
@maxValue(90)
param silenceMinutes int

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
  {
    name: 'RecordingEventUnreadable'
    severity: 1
    meaning: 'An event, a chunk that it names, or a message of the queue could not be read. The line says why, and which blob of the journal keeps it.'
  }
  {
    name: 'RecordingInterrupted'
    severity: 0
    meaning: 'A recording does not record any more, in a call that goes on, and nobody has asked for that here.'
  }
  {
    name: 'RecordingNotStarted'
    severity: 0
    meaning: 'The service accepted the start of a recording and does not record, or the event of a call was never acted upon. The call goes on without.'
  }
  {
    name: 'ConsentNotObtained'
    severity: 1
    meaning: 'Nobody could be told or asked: a call is not recorded, or is paused as somebody who joined later was not told.'
  }
  { name: 'RecordingPausedLong', severity: 1, meaning: 'A recording is paused for longer than PAUSE_LIMIT_SECONDS.' }
  {
    name: 'RecordingSilent'
    severity: 1
    meaning: 'All of a recording is silent, or a channel that somebody has: what should be heard may be lacking in the next ones too.'
  }
  {
    name: 'HoldOverdue'
    severity: 1
    meaning: 'The day of a hold\'s review has passed: a person says whether it is still needed. Told each day until it is ended.'
  }
  {
    name: 'HoldLifted'
    severity: 1
    meaning: 'Somebody has removed legal holds of a recording that a hold covers. They were set again: find out who it was.'
  }
  { name: 'RecordingLost', severity: 0, meaning: 'The source has ended, and a chunk is not archived.' }
  { name: 'RecordingDamaged', severity: 0, meaning: 'What had been archived and proven is no longer there as it was.' }
]

// A rule is of one of two kinds. `event`: each line is something that has happened, told every time, for each recording by
// itself; told and over, so that one is never hidden behind another. `state`: something that lasts, told when it begins and ends.
var logAlerts = [
  ...map(appAlerts, alert => {
    name: alert.name
    severity: alert.severity
    description: alert.meaning
    kind: 'event'
    scope: applicationInsightsId
    query: 'traces | where message has "alert=${alert.name}" | extend subject = extract(@\'(?:hold_id|recording_id|event_id|call_connection_id|step)="?([^" ]+)\', 1, message)'
    dimension: 'subject'
    threshold: 0
  })
  {
    name: 'SweepFoundWork' // of the app too, but about its queues: together, as many at once must not use up the day's mails
    severity: 2
    description: 'The sweep found work that no message or event was driving, and drives it: find out what loses them.'
    kind: 'state'
    scope: applicationInsightsId
    query: 'traces | where message has "alert=SweepFoundWork"'
    dimension: ''
    threshold: 0
  }
  {
    name: 'RetentionLimited' // told once a day, of all recordings together: it lasts while each day says so
    window: 'P2D'
    severity: 2
    description: 'More recordings are due to be deleted than RETENTION_MOST_A_DAY, or than a run could delete. The others follow: look whether so many are meant.'
    kind: 'state'
    scope: applicationInsightsId
    query: 'traces | where message has "alert=RetentionLimited"'
    dimension: ''
    threshold: 0
  }
  {
    name: 'SweepStopped'
    window: 'PT2H' // longer than any silence that is asked for
    severity: 0
    description: 'No slice of a sweep has come to its end for ${silenceMinutes} minutes: the app is down, or fails, and the other alerts may not come either.'
    kind: 'state'
    scope: applicationInsightsId
    // `summarize` makes one row of no lines too. The newest line may be ten minutes old while all is well: the app sweeps
    // every five minutes, unless told otherwise, and a line takes up to five to come.
    query: 'traces | where (message startswith "sweep.done" or message startswith "sweep.slice_done") and message has "ended=True" | summarize newest = max(timestamp) | where isnull(newest) or newest < ago(${silenceMinutes}m)'
    dimension: ''
    threshold: 0
  }
  {
    name: 'AppError'
    severity: 1
    description: 'The app wrote a line of level error that is no alert of its own: a fault of the app, or of what it depends on.'
    kind: 'state'
    scope: applicationInsightsId
    query: 'traces | where severityLevel >= 3 and message !contains "alert=" | extend line = extract(@"^([a-z]+\\.[a-z_]+)", 1, message) | where isnotempty(line)'
    dimension: 'line'
    threshold: 0
  }
  {
    name: 'FailedExecutions'
    severity: 2
    description: 'Functions fail more than a retry now and then explains.'
    kind: 'state'
    scope: applicationInsightsId
    query: 'requests | where success == false'
    dimension: ''
    threshold: 20
  }
  {
    name: 'OldMessage'
    severity: 1
    description: 'A message has been in its queue for more than four hours: each of its runs ends before the app can put it back.'
    kind: 'state'
    scope: applicationInsightsId
    // The host writes this line at each run. A step that failed is put back as a new message, so it is not seen here.
    query: 'traces | where message startswith "Trigger Details:" | extend inserted = todatetime(extract(@"InsertedOn: ([^,\\s]+)", 1, message)) | where timestamp - inserted > 4h'
    dimension: ''
    threshold: 0
  }
  {
    name: 'WaitingEvent'
    severity: 0
    description: 'An event has waited in the queue of events for more than half an hour: nothing takes it, and its recording is not known yet.'
    kind: 'state'
    scope: applicationInsightsId
    // The sweep looks at the queue, because a message that nobody tries leaves no line. Of a chunk that nobody tries, the sweep
    // knows from the catalog.
    query: 'traces | where message startswith "sweep.events_waiting" | extend seconds = todouble(extract(@\'oldest_seconds=([0-9.]+)\', 1, message)) | where seconds > 1800'
    dimension: ''
    threshold: 0
  }
  {
    name: 'PoisonMessage'
    severity: 0
    description: 'A message of one of the queues was given up. The app drives its work again; if that fails too, another alert follows.'
    kind: 'event'
    scope: workspaceId
    // From the account's own log: the host moves messages there without a line of its own at times.
    query: 'StorageQueueLogs | where OperationName == "PutMessage" and Uri has "poison" | extend queue = extract(@"/([a-z-]+-poison)", 1, Uri)'
    dimension: 'queue'
    threshold: 0
  }
]

var metricAlerts = [
  {
    name: 'DeadLetteredEvent'
    severity: 0
    description: 'Event Grid gave up on an event. It is in the container recordings-deadletter, and the app replays it once.'
    metric: 'DeadLetteredCount'
  }
  {
    name: 'DroppedEvent'
    severity: 0
    description: 'Event Grid dropped an event that it could not even write to the dead letters.'
    metric: 'DroppedEventCount'
  }
]

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: '${alert.name}-${nameSuffix}'
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
      windowSize: alert.?window ?? 'PT30M' // twice as long, for lines that come late
      autoMitigate: alert.kind == 'state'
      skipQueryValidation: true // a table is there with its first line only
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            dimensions: empty(alert.dimension) ? [] : [{ name: alert.dimension, operator: 'Include', values: ['*'] }]
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
    name: '${alert.name}-${nameSuffix}'
    location: 'global'
    tags: tags
    properties: {
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [systemTopicId]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT30M'
      autoMitigate: false
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.name
            metricNamespace: 'Microsoft.EventGrid/systemTopics'
            metricName: alert.metric
            // Event Grid writes the name in capitals in its logs and in the names of dead letters.
            dimensions: [
              {
                name: 'EventSubscriptionName'
                operator: 'Include'
                values: [eventSubscriptionName, toUpper(eventSubscriptionName)]
              }
            ]
            operator: 'GreaterThan'
            threshold: 0
            timeAggregation: 'Total'
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId }]
    }
  }
]
