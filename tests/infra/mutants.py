"""Known mistakes of a deployment, each made by a change of one text; each must be found by the claim that it names.

A text occurs once in its file; where it no longer does, the mutant is to be written anew. A mistake that another line
undoes is none, and is not listed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MODULES = "infra/modules/"
_REFERENCES, _ORDER, _HOST = "test_references.py", "test_order.py", "test_host_json.py"
_AZD, _WORKFLOW = "test_azd.py", "test_workflow.py"
_ENVIRONMENTS, _SETTINGS, _OVERFLOW = "test_environments.py", "test_settings.py", "test_overflow.py"
_ACCESS, _ARCHIVE, _REFUSED, _SECURITY = "test_access.py", "test_archive.py", "test_refused.py", "test_security.py"
_ALERTS, _MONITORING, _EVENTS = "test_alert_lines.py", "test_monitoring.py", "test_events.py"
_PORTAL = "test_portal.py"


@dataclass(frozen=True)
class Mutant:
    """A mistake: in which file, which text becomes which other, and which test of tests/infra finds it."""

    name: str
    path: str
    old: str
    new: str
    claim: str

    def apply(self, text: str) -> str:
        """The file with the mistake in it."""
        found = text.count(self.old)
        assert 1 == found, f"{self.name}: {self.path} has the text {found} times: {self.old}"
        return text.replace(self.old, self.new)


type Changes = Mapping[str, tuple[str, str, str]]

_FUNCTION_APP: Changes = {
    "the classes of retention become one line": (
        "RETENTION_CLASSES: app.?retentionClasses ?? ''",
        "RETENTION_CLASSES: replace(app.?retentionClasses ?? '', '\\n', ' ')",
        f"{_SETTINGS}::test_the_lines_of_the_classes_reach_the_app",
    ),
    "a thousand are deleted whatever was said": (
        "string(app.?retentionMostADay ?? 1000)",
        "'1000'",
        f"{_SETTINGS}::test_what_is_chosen_reaches_the_app",
    ),
    "another property as connection string": (
        "applicationInsights.properties.ConnectionString",
        "applicationInsights.properties.InstrumentationKey",
        f"{_SETTINGS}::test_telemetry_goes_to_what_the_rules_search",
    ),
    "the lines of a policy become one": (
        "RECORDING_POLICY: policy",
        "RECORDING_POLICY: replace(policy, '\\n', ' ')",
        f"{_ENVIRONMENTS}::test_its_policy_is_one_that_the_app_can_read",
    ),
    "tokens for nobody": (
        "API_AUDIENCES: join(app.?apiAudiences ?? [], ',')",
        "API_AUDIENCES: join(app.?apiAudiences ?? [], ' ')",
        f"{_SETTINGS}::test_what_is_chosen_reaches_the_app",
    ),
    "tokens of another tenant": (
        "ENTRA_TENANT_ID: subscription().tenantId",
        "ENTRA_TENANT_ID: '00000000-0000-0000-0000-000000000000'",
        f"{_SETTINGS}::test_tokens_are_of_the_tenant_of_the_deployment",
    ),
    "a container of another account": (
        "'https://${nameOf(each.accountId)}.blob",
        "'https://${nameOf(each.container)}.blob",
        f"{_SETTINGS}::test_the_app_starts_with_them",
    ),
    "the platform asks for tokens of its own": (
        "  // Passwords for",
        "  resource a 'config' = {\n    name: 'authsettingsV2'\n    properties: {}\n  }\n\n  // Passwords for",
        f"{_SECURITY}::test_nothing_stands_in_front_of_the_callbacks",
    ),
    "callers from some addresses only": (
        "      http20Enabled: true",
        "      http20Enabled: true\n      ipSecurityRestrictionsDefaultAction: 'Deny'",
        f"{_SECURITY}::test_nothing_stands_in_front_of_the_callbacks",
    ),
    "a secret is read by an identity that there is not": (
        "keyVaultReferenceIdentity: identityId",
        "keyVaultReferenceIdentity: identityClientId",
        f"{_REFERENCES}::test_site_and_package_are_of_the_same_identity",
    ),
    "never over zones": (
        "zoneRedundant: hosting.?zoneRedundant ?? false",
        "zoneRedundant: false",
        f"{_SETTINGS}::test_each_hosting_option_reaches_the_app",
    ),
    "one instance at most": (
        "maximumInstanceCount: hosting.?maximumInstanceCount ?? 100",
        "maximumInstanceCount: 1",
        f"{_SETTINGS}::test_each_hosting_option_reaches_the_app",
    ),
    "nothing is kept warm": (
        "alwaysReady: hosting.?alwaysReady ?? []",
        "alwaysReady: []",
        f"{_SETTINGS}::test_each_hosting_option_reaches_the_app",
    ),
    "the host keeps its blobs in the archive": (
        "AzureWebJobsStorage__blobServiceUri: 'https://${hostAccountName}",
        "AzureWebJobsStorage__blobServiceUri: 'https://${archiveAccountName}",
        f"{_REFERENCES}::test_each_uri_is_of_the_account_that_it_is_for",
    ),
    "the catalog is in the host's account": (
        "https://${archiveAccountName}.table",
        "https://${hostAccountName}.table",
        f"{_REFERENCES}::test_each_uri_is_of_the_account_that_it_is_for",
    ),
    "queues are looked for among tables": (
        "ARCHIVE_STORAGE__queueServiceUri: 'https://${archiveAccountName}.queue",
        "ARCHIVE_STORAGE__queueServiceUri: 'https://${archiveAccountName}.table",
        f"{_REFERENCES}::test_each_uri_is_of_the_account_that_it_is_for",
    ),
    "the host's client id is a resource id": (
        "AzureWebJobsStorage__clientId: identityClientId",
        "AzureWebJobsStorage__clientId: identityId",
        f"{_REFERENCES}::test_the_app_acts_as_the_one_identity_that_has_the_roles",
    ),
    "the app's client id is a resource id": (
        "AZURE_CLIENT_ID: identityClientId",
        "AZURE_CLIENT_ID: identityId",
        f"{_REFERENCES}::test_the_app_acts_as_the_one_identity_that_has_the_roles",
    ),
    "a credential that there is not": (
        "ARCHIVE_STORAGE__credential: 'managedidentity'",
        "ARCHIVE_STORAGE__credential: 'identity'",
        f"{_REFERENCES}::test_the_app_acts_as_the_one_identity_that_has_the_roles",
    ),
    "telemetry without an identity": (
        "'ClientId=${identityClientId};Authorization=AAD'",
        "'ClientId=${identityClientId}'",
        f"{_REFERENCES}::test_the_app_acts_as_the_one_identity_that_has_the_roles",
    ),
    "the package in a container that is not made": (
        "${suffix}/${packageContainerName}'",
        "${suffix}/${packageContainerName}s'",
        f"{_REFERENCES}::test_the_package_lies_in_a_container_that_is_made",
    ),
    "the package among the recordings": (
        "value: 'https://${hostAccountName}.blob",
        "value: 'https://${archiveAccountName}.blob",
        f"{_REFERENCES}::test_the_package_lies_in_a_container_that_is_made",
    ),
    "the package is read by another identity": (
        "userAssignedIdentityResourceId: identityId",
        "userAssignedIdentityResourceId: plan.id",
        f"{_REFERENCES}::test_site_and_package_are_of_the_same_identity",
    ),
    "the app runs as another identity": (
        "userAssignedIdentities: { '${identityId}': {} }",
        "userAssignedIdentities: { '${identityId}-other': {} }",
        f"{_REFERENCES}::test_site_and_package_are_of_the_same_identity",
    ),
    "an instance for each caller": (
        "perInstanceConcurrency: 8",
        "perInstanceConcurrency: 1",
        f"{_HOST}::test_callers_do_not_wait_for_copies",
    ),
    "more callers than threads": (
        "perInstanceConcurrency: 8",
        "perInstanceConcurrency: 16",
        f"{_HOST}::test_callers_do_not_wait_for_copies",
    ),
    "a container that is not made": (
        "JOURNAL_CONTAINER: 'recordings-journal'",
        "JOURNAL_CONTAINER: 'recording-journal'",
        f"{_REFERENCES}::test_settings_name_containers_and_tables_that_are_made",
    ),
    "a table that is not made": (
        "OPEN_TABLE: 'open'",
        "OPEN_TABLE: 'openwork'",
        f"{_REFERENCES}::test_settings_name_containers_and_tables_that_are_made",
    ),
}

_NETWORK: Changes = {
    "an endpoint of another service": (
        "groupIds: [endpoint.service]",
        "groupIds: ['dfs']",
        f"{_REFERENCES}::test_private_endpoints_are_of_what_the_app_uses_and_are_found_by_name",
    ),
    "an endpoint of another account": (
        "'Microsoft.Storage/storageAccounts', endpoint.account)",
        "'Microsoft.Storage/storageAccounts', hostAccountName)",
        f"{_REFERENCES}::test_private_endpoints_are_of_what_the_app_uses_and_are_found_by_name",
    ),
    "all records in one zone": (
        "zones[indexOf(services, endpoint.service)].id",
        "zones[0].id",
        f"{_REFERENCES}::test_private_endpoints_are_of_what_the_app_uses_and_are_found_by_name",
    ),
    "zones that nobody asks": (
        "name: 'privatelink.${service}.",
        "name: 'private.${service}.",
        f"{_REFERENCES}::test_private_endpoints_are_of_what_the_app_uses_and_are_found_by_name",
    ),
    "a subnet for another plan": (
        "serviceName: 'Microsoft.App/environments'",
        "serviceName: 'Microsoft.Web/serverFarms'",
        f"{_REFERENCES}::test_the_network_is_one_that_flex_can_use",
    ),
}

_ALERT_RULES: Changes = {
    "a hold that nobody asks about": (
        "name: 'HoldOverdue'",
        "name: 'HoldIsOverdue'",
        f"{_ALERTS}::test_what_becomes_of_a_hold_is_told_of_each_hold",
    ),
    "an alert for each recording of a hold": (
        "(?:hold_id|recording_id|",
        "(?:recording_id|hold_id_|",
        f"{_ALERTS}::test_what_becomes_of_a_hold_is_told_of_each_hold",
    ),
    "a silent recording is not told": (
        "name: 'RecordingSilent'",
        "name: 'RecordingIsSilent'",
        f"{_ALERTS}::test_a_silent_recording_is_told",
    ),
    "a limit of deletions is not told": (
        'has "alert=RetentionLimited"',
        'has "alert=RetentionIsLimited"',
        f"{_ALERTS}::test_a_limited_retention_is_told_of_all_recordings_together",
    ),
    "what lasts for days seems to end after minutes": (
        "window: 'P2D'",
        "window: 'PT30M'",
        f"{_MONITORING}::test_a_late_line_is_not_missed",
    ),
    "a rule that needs its table": (
        "skipQueryValidation: true",
        "skipQueryValidation: false",
        f"{_MONITORING}::test_a_rule_can_be_made_before_the_first_line",
    ),
    "an alert by another name": (
        "name: 'RecordingLost'",
        "name: 'RecordingIsLost'",
        f"{_ALERTS}::test_each_alarm_is_told_by_its_rule_alone",
    ),
    "an alert that is not the app's": (
        "name: 'RecordingMissing'",
        "name: 'RecordingAbsent'",
        f"{_ALERTS}::test_the_alerts_are_one_list",
    ),
    "a line that the app does not write": (
        'has "alert=${alert.name}"',
        'has "alarm=${alert.name}"',
        f"{_ALERTS}::test_each_alarm_is_told_by_its_rule_alone",
    ),
    "one alert for all recordings": (
        "recording_id|event_id|call_connection_id|step)=",
        "recordingId|event_id|call_connection_id|step)=",
        f"{_ALERTS}::test_one_loss_does_not_hide_another",
    ),
    "a rule that is not split": (
        "dimension: 'subject'",
        "dimension: ''",
        f"{_ALERTS}::test_one_loss_does_not_hide_another",
    ),
    "a second loss is not told": (
        "autoMitigate: alert.kind == 'state'",
        "autoMitigate: true",
        f"{_ALERTS}::test_what_has_happened_is_told_every_time",
    ),
    "a state is told every quarter of an hour": (
        "autoMitigate: alert.kind == 'state'",
        "autoMitigate: false",
        f"{_ALERTS}::test_what_lasts_is_told_when_it_begins_and_ends",
    ),
    "an interruption is a warning": (
        "name: 'RecordingInterrupted'\n    severity: 0",
        "name: 'RecordingInterrupted'\n    severity: 2",
        f"{_ALERTS}::test_what_is_lost_or_will_be_is_critical",
    ),
    "a loss is a warning": (
        "name: 'RecordingLost', severity: 0",
        "name: 'RecordingLost', severity: 2",
        f"{_ALERTS}::test_what_is_lost_or_will_be_is_critical",
    ),
    "fewer lines than there can be": (
        "operator: 'GreaterThan'\n            threshold: alert.threshold",
        "operator: 'LessThan'\n            threshold: alert.threshold",
        f"{_ALERTS}::test_each_alarm_is_told_by_its_rule_alone",
    ),
    "a tenth of failures is not told": (
        "threshold: 20",
        "threshold: 200",
        f"{_ALERTS}::test_failures_are_told_when_they_are_many",
    ),
    "one loss is not enough": (
        "    dimension: 'subject'\n    threshold: 0",
        "    dimension: 'subject'\n    threshold: 1",
        f"{_ALERTS}::test_each_alarm_is_told_by_its_rule_alone",
    ),
    "silence is a line that nobody writes": (
        'message startswith "sweep.done"',
        'message startswith "sweep.ended"',
        f"{_ALERTS}::test_the_sweep_writes_the_line_that_is_listened_for",
    ),
    "a sweep that was cut off is a sign of life": (
        ' and message has "ended=True"',
        "",
        f"{_ALERTS}::test_no_line_at_all_is_silence_and_so_are_sweeps_that_an_error_cuts_off",
    ),
    "silence is noticed late": (
        "ago(${silenceMinutes}m)",
        "ago(${silenceMinutes}h)",
        f"{_ALERTS}::test_silence_is_heard",
    ),
    "silence is noticed only after a first line": (
        "isnull(newest) or ",
        "",
        f"{_ALERTS}::test_no_line_at_all_is_silence_and_so_are_sweeps_that_an_error_cuts_off",
    ),
    "errors are not told": (
        "severityLevel >= 3",
        "severityLevel > 3",
        f"{_ALERTS}::test_every_error_that_the_app_logs_is_told",
    ),
    "a field that the host does not write": (
        "InsertedOn: ",
        "Inserted: ",
        f"{_ALERTS}::test_a_message_that_stays_in_its_queue_is_told",
    ),
    "a message may be old": (
        "inserted > 4h",
        "inserted > 4d",
        f"{_ALERTS}::test_a_message_that_stays_in_its_queue_is_told",
    ),
    "an event may wait for a day": (
        "seconds > 1800",
        "seconds > 86400",
        f"{_ALERTS}::test_an_event_that_nothing_takes_is_told",
    ),
    "an operation that a queue does not have": (
        'OperationName == "PutMessage"',
        'OperationName == "PutMessages"',
        f"{_ALERTS}::test_a_message_given_up_is_told_whatever_its_queue",
    ),
    "a table that there is not": (
        "StorageQueueLogs |",
        "StorageQueueLog |",
        f"{_MONITORING}::test_a_rule_looks_where_its_table_or_metric_is",
    ),
    "a table of another resource": (
        "'requests | where",
        "'AppRequests | where",
        f"{_MONITORING}::test_a_rule_looks_where_its_table_or_metric_is",
    ),
    "a column that there is not": (
        "success == false",
        "succeeded == false",
        f"{_ALERTS}::test_failures_are_told_when_they_are_many",
    ),
    "a scope without that table": (
        "scope: workspaceId",
        "scope: empty(workspaceId) ? workspaceId : applicationInsightsId",
        f"{_MONITORING}::test_a_rule_looks_where_its_table_or_metric_is",
    ),
    "a metric that there is not": (
        "metric: 'DeadLetteredCount'",
        "metric: 'DeadLetteredEventCount'",
        f"{_MONITORING}::test_a_metric_is_one_that_its_resource_has",
    ),
    "another metric than the alert's": (
        "metric: 'DroppedEventCount'",
        "metric: 'DeliveryAttemptFailCount'",
        f"{_MONITORING}::test_which_metric_means_which_alert",
    ),
    "fewer dead letters than there can be": (
        "operator: 'GreaterThan'\n            threshold: 0",
        "operator: 'LessThan'\n            threshold: 0",
        f"{_MONITORING}::test_a_metric_is_one_that_its_resource_has",
    ),
    "a dead letter is not enough": (
        "threshold: 0\n            timeAggregation: 'Total'",
        "threshold: 100\n            timeAggregation: 'Total'",
        f"{_MONITORING}::test_a_metric_is_one_that_its_resource_has",
    ),
    "an aggregation that the metric does not have": (
        "timeAggregation: 'Total'",
        "timeAggregation: 'Average'",
        f"{_MONITORING}::test_a_metric_is_one_that_its_resource_has",
    ),
    "dead letters of others": (
        "name: 'EventSubscriptionName'",
        "name: 'DeadLetterReason'",
        f"{_MONITORING}::test_only_our_dead_letters_are_told",
    ),
    "a second dead letter is not told": (
        "autoMitigate: false",
        "autoMitigate: true",
        f"{_MONITORING}::test_what_has_happened_at_event_grid_is_told_every_time",
    ),
    "rules are off": (
        "enabled: true\n      scopes: [alert.scope]",
        "enabled: false\n      scopes: [alert.scope]",
        f"{_MONITORING}::test_everything_is_told_to_the_same_people",
    ),
    "rules tell nobody": (
        "actions: { actionGroups: [actionGroupId] }",
        "actions: { actionGroups: [] }",
        f"{_MONITORING}::test_everything_is_told_to_the_same_people",
    ),
    "late lines are missed": (
        "windowSize: alert.?window ?? 'PT30M'",
        "windowSize: alert.?window ?? 'PT15M'",
        f"{_MONITORING}::test_a_late_line_is_not_missed",
    ),
    "two environments share a rule": (
        "name: '${alert.name}-${nameSuffix}'\n    location: location",
        "name: alert.name\n    location: location",
        f"{_MONITORING}::test_two_environments_do_not_share_a_rule",
    ),
}

_OTHERS: Mapping[str, Changes] = {
    f"{MODULES}monitoring.bicep": {
        "alerts in two shapes": (
            "useCommonAlertSchema: true",
            "useCommonAlertSchema: false",
            f"{_MONITORING}::test_everybody_is_told",
        ),
        "the action group is off": (
            "    enabled: true",
            "    enabled: false",
            f"{_MONITORING}::test_everything_is_told_to_the_same_people",
        ),
        "logs are kept for a month": (
            "retentionInDays: retentionDays",
            "retentionInDays: min(retentionDays, 30)",
            f"{_MONITORING}::test_logs_are_kept_for_three_months",
        ),
        "logs are cut off": (
            "workspaceCapping: { dailyQuotaGb: dailyQuotaGb }",
            "workspaceCapping: { dailyQuotaGb: max(dailyQuotaGb, 1) }",
            f"{_MONITORING}::test_logs_are_kept_for_three_months",
        ),
        "the workbook of another resource": (
            "sourceId: applicationInsights.id",
            "sourceId: workspace.id",
            f"{_MONITORING}::test_the_workbook_shows",
        ),
    },
    "infra/workbook.json": {
        "a figure that the app does not write": (
            "mib_per_second=([0-9.]+)",
            "mib_per_s=([0-9.]+)",
            f"{_MONITORING}::test_the_workbook_shows",
        ),
        "a line that the app does not write, in the workbook": (
            "where message startswith 'recording.step_failed'",
            "where message startswith 'recording.try_failed'",
            f"{_MONITORING}::test_the_workbook_looks_for_lines_that_the_app_writes",
        ),
    },
    f"{MODULES}diagnostics.bicep": {
        "a log that there is not": (
            "'FunctionAppLogs'",
            "'FunctionLogs'",
            f"{_MONITORING}::test_every_service_logs_what_a_person_needs",
        ),
        "what was poisoned is not logged": (
            "logs: [{ category: 'StorageWrite', enabled: true }]",
            "logs: [{ category: 'StorageRead', enabled: true }]",
            f"{_MONITORING}::test_every_service_logs_what_a_person_needs",
        ),
        "logs of another account": (
            "name: archiveAccountName",
            "name: take(archiveAccountName, 8)",
            f"{_MONITORING}::test_the_logs_are_those_of_what_is_used",
        ),
    },
    f"{MODULES}diagnostics-communication.bicep": {
        "a log of calls that there is not": (
            "'CallRecordingSummary'",
            "'RecordingSummary'",
            f"{_MONITORING}::test_every_service_logs_what_a_person_needs",
        ),
    },
    f"{MODULES}subscription.bicep": {
        "dead letters to the function app": (
            "resourceId: archiveAccountId\n          blobContainerName",
            "resourceId: functionAppId\n          blobContainerName",
            f"{_REFERENCES}::test_events_go_to_the_account_that_has_their_queue_and_their_dead_letters",
        ),
        "events to a queue of the function app": (
            "resourceId: archiveAccountId\n        queueName",
            "resourceId: functionAppId\n        queueName",
            f"{_REFERENCES}::test_events_go_to_the_account_that_has_their_queue_and_their_dead_letters",
        ),
        "events end in the queue after a day": (
            "queueMessageTimeToLiveInSeconds: 604800",
            "queueMessageTimeToLiveInSeconds: 90000",
            f"{_REFERENCES}::test_events_go_to_the_account_that_has_their_queue_and_their_dead_letters",
        ),
        "dead letters into a container that is not made": (
            "blobContainerName: 'recordings-deadletter'",
            "blobContainerName: 'recordings-deadletters'",
            f"{_REFERENCES}::test_events_go_to_the_account_that_has_their_queue_and_their_dead_letters",
        ),
        "events into a queue that nobody reads": (
            "queueName: 'recording-events'",
            "queueName: 'recording-event'",
            f"{_REFERENCES}::test_events_go_to_the_account_that_has_their_queue_and_their_dead_letters",
        ),
        "a function that there is not": (
            "/functions/recording_file_status_updated",
            "/functions/recording_file_updated",
            f"{_EVENTS}::test_or_they_go_to_the_trigger",
        ),
        "events of another kind": (
            "RecordingFileStatusUpdated'",
            "RecordingFileUpdated'",
            f"{_EVENTS}::test_it_asks_for_file_events_alone",
        ),
    },
    f"{MODULES}storage.bicep": {
        "exports stay as versions": (
            "    { container: 'recordings-exports', days: exportDays }",
            "    { container: 'recordings-exports', days: min(exportDays, 0) }",
            f"{_ARCHIVE}::test_exports_end_when_the_app_ends_them",
        ),
        "what was erased in quarantine stays as a version": (
            "['recordings', 'recordings-journal', 'recordings-quarantine']",
            "['recordings', 'recordings-journal', 'recordings-trail']",
            f"{_ARCHIVE}::test_what_was_erased_ends_as_a_version_too",
        ),
        "current blobs end with versions": (
            "actions: { version: {",
            "actions: { baseBlob: {",
            f"{_ARCHIVE}::test_what_was_erased_ends_as_a_version_too",
        ),
        "no copy in quarantine can be held": (
            "isImmutable: options.?blobHolds ?? false",
            "isImmutable: false",
            f"{_ARCHIVE}::test_single_blobs_are_held_wherever_a_recording_may_stand_in_the_account",
        ),
        "the container of the trails is not made": (
            "  'recordings-trail'\n  'recordings-exports'\n",
            "  'recordings-exports'\n",
            f"{_REFERENCES}::test_settings_name_containers_and_tables_that_are_made",
        ),
        "the trails end with recordings": (
            "'${archiveContainers[0]}/${class.prefix}'",
            "'${archiveContainers[0]}${class.prefix}'",
            f"{_ARCHIVE}::test_no_rule_ends_or_moves_the_acts_of_a_trail",
        ),
        "a policy on another container": (
            "containers[indexOf(archiveContainers, each.container)]",
            "containers[0]",
            f"{_ARCHIVE}::test_worm_guards_the_trail_alone",
        ),
        "a locked policy is written": (
            "each.days > 0 && !each.isLocked",
            "each.days > 0",
            f"{_ARCHIVE}::test_both_are_guarded_by_days_of_their_own",
        ),
        "trails in a container that cannot be guarded": (
            "isImmutable: (options.?trailImmutabilityDays ?? 0) > 0",
            "isImmutable: isImmutable",
            f"{_ARCHIVE}::test_worm_guards_the_trail_alone",
        ),
        "overflow under another key": (
            "properties: { ...secure, encryption: byChosenKey }",
            "properties: secure",
            f"{_OVERFLOW}::test_it_is_encrypted_by_the_key_of_the_archive",
        ),
        "overflow cannot be had back": (
            "      deleteRetentionPolicy: softDelete",
            "      deleteRetentionPolicy: { enabled: false }",
            f"{_OVERFLOW}::test_what_was_deleted_there_can_be_had_back",
        ),
        "the container of overflow cannot be had back": (
            "      containerDeleteRetentionPolicy: softDelete",
            "      containerDeleteRetentionPolicy: { enabled: false }",
            f"{_OVERFLOW}::test_what_was_deleted_there_can_be_had_back",
        ),
        "a key that no identity may use": (
            "? { userAssignedIdentity: keyIdentityId } : null",
            "? { userAssignedIdentity: null } : null",
            f"{_REFERENCES}::test_the_key_is_used_by_an_identity_that_the_account_has",
        ),
        "the package cannot be had back": (
            "      deleteRetentionPolicy: { enabled: true, days: 7 }",
            "      deleteRetentionPolicy: { enabled: false }",
            f"{_REFERENCES}::test_the_package_that_runs_can_be_had_back",
        ),
        "no account is locked": (
            "options.?lock ?? true",
            "options.?lock ?? false",
            f"{_REFERENCES}::test_nothing_but_the_archive_may_be_deleted_by_mistake",
        ),
        "another account is locked": (
            "  scope: archive\n  name: 'recordings-are",
            "  scope: host\n  name: 'recordings-are",
            f"{_REFERENCES}::test_nothing_but_the_archive_may_be_deleted_by_mistake",
        ),
    },
    f"{MODULES}access.bicep": {
        "a hold in quarantine is refused": (
            "  scope: archive::blobs::quarantine\n",
            "  scope: archive::blobs::deadLetters\n",
            f"{_ACCESS}::test_the_app_may_hold_no_more_than_it_is_asked_to",
        ),
    },
    f"{MODULES}access-native.bicep": {
        "the app may write where the service writes": (
            "['Storage Blob Data Reader']",
            "['Storage Blob Data Contributor']",
            f"{_ACCESS}::test_roles_are_exactly_as_listed",
        ),
    },
    f"{MODULES}communication.bicep": {
        "callbacks for another id": (
            "? made!.properties.immutableResourceId",
            "? made!.properties.hostName",
            f"{_SECURITY}::test_callbacks_are_proven_by_default",
        ),
    },
    "infra/environments/production.policy.yaml": {
        "a policy that the app refuses": (
            "record: false",
            "record: none",
            f"{_ENVIRONMENTS}::test_its_policy_is_one_that_the_app_can_read",
        ),
        "everything is recorded, and nobody has decided it": (
            "record: false",
            "record: true\n    consent: {kind: not-needed, reason: none}",
            f"{_ENVIRONMENTS}::test_nothing_more_is_recorded_until_somebody_decides",
        ),
    },
    "infra/hooks/preprovision.sh": {
        "roles on containers of the customer's are not looked for": (
            "(existingId|accountId|vaultId)",
            "(existingId|vaultId)",
            f"{_AZD}::test_roles_are_looked_for_wherever_the_deployment_assigns_them",
        ),
    },
    "infra/main.bicep": {
        "the app does not wait for its roles on containers of the customer's": (
            "dependsOn: [access, communicationAccess, nativeAccess]",
            "dependsOn: [access, communicationAccess]",
            f"{_ORDER}::test_it_comes_after_what_it_needs",
        ),
        "the app does not wait for its roles": (
            "dependsOn: [access, communicationAccess, nativeAccess]",
            "dependsOn: [communicationAccess, nativeAccess]",
            f"{_ORDER}::test_roles_are_waited_for_by_name",
        ),
        "the app does not wait for its role at the source": (
            "dependsOn: [access, communicationAccess, nativeAccess]",
            "dependsOn: [access, nativeAccess]",
            f"{_ORDER}::test_it_comes_after_what_it_needs",
        ),
        "logs are kept for a month by default": (
            "logRetentionDays ?? 90",
            "logRetentionDays ?? 30",
            f"{_MONITORING}::test_logs_are_kept_for_three_months",
        ),
        "a sweep every hour is silence": (
            "15 + (app.?sweepSeconds ?? 300) / 60",
            "15",
            f"{_MONITORING}::test_silence_is_longer_than_the_time_between_two_sweeps",
        ),
        "the subscription does not wait for its roles": (
            "dependsOn: [access, alerts]",
            "dependsOn: [alerts]",
            f"{_ORDER}::test_roles_are_waited_for_by_name",
        ),
        "the role on telemetry comes before telemetry": (
            "dependsOn: [monitoring, storage, topic]",
            "dependsOn: [storage, topic]",
            f"{_ORDER}::test_it_comes_after_what_it_needs",
        ),
    },
    "infra/main.bicepparam": {
        "no operator has a role": (
            "param operatorPrincipalIds = chosen.?operatorPrincipalIds ?? []",
            "param operatorPrincipalIds = []",
            f"{_ENVIRONMENTS}::test_each_field_reaches_its_parameter",
        ),
        "the source that exists is not used": (
            "param communication = chosen.?communication ?? {}",
            "param communication = {}",
            f"{_ENVIRONMENTS}::test_each_field_reaches_its_parameter",
        ),
        "the policy of an environment is lost": (
            "param policy = chosen.policy",
            "param policy = 'version: 1'",
            f"{_ENVIRONMENTS}::test_each_field_reaches_its_parameter",
        ),
        "options of the app are lost": (
            "param app = chosen.?app ?? {}",
            "param app = {}",
            f"{_ENVIRONMENTS}::test_each_field_reaches_its_parameter",
        ),
        "options of events are lost": (
            "param events = chosen.?events ?? {}",
            "param events = {}",
            f"{_ENVIRONMENTS}::test_each_field_reaches_its_parameter",
        ),
        "the group that exists is not used": (
            "param resourceGroupName = chosen.?resourceGroupName ?? ''",
            "param resourceGroupName = ''",
            f"{_ENVIRONMENTS}::test_each_field_reaches_its_parameter",
        ),
        "options of hosting are lost": (
            "param hosting = chosen.?hosting ?? {}",
            "param hosting = {}",
            f"{_ENVIRONMENTS}::test_each_field_reaches_its_parameter",
        ),
        "tags are lost": (
            "param tags = chosen.?tags ?? {}",
            "param tags = {}",
            f"{_ENVIRONMENTS}::test_each_field_reaches_its_parameter",
        ),
        "logs of an environment are kept as by default": (
            "chosen.?logRetentionDays ?? 90",
            "90",
            f"{_ENVIRONMENTS}::test_each_field_reaches_its_parameter",
        ),
    },
    "infra/checks.bicep": {
        "no container can be held": (
            "(app.?legalHold ?? false) || (archive.?blobHolds ?? false)",
            "(app.?legalHold ?? false)",
            f"{_ARCHIVE}::test_single_blobs_are_held_wherever_a_recording_may_stand_in_the_account",
        ),
        "two ends of one recording": (
            "contains(app, 'retentionClasses') && hasEnd(archive)",
            "contains(app, 'retention') && hasEnd(archive)",
            f"{_REFUSED}::test_it_is_refused_with_a_sentence",
        ),
        "days that the app may not set": (
            "'wormDays') && !(archive.?blobHolds ?? false)",
            "'wormDays') && (archive.?blobHolds ?? false)",
            f"{_REFUSED}::test_it_is_refused_with_a_sentence",
        ),
        "a held copy ends": (
            "(archive.?blobHolds ?? false) && (archive.?quarantineDays ?? 0) > 0",
            "(archive.?blobHolds ?? false) && (archive.?quarantineDays ?? 0) > 36500",
            f"{_REFUSED}::test_it_is_refused_with_a_sentence",
        ),
        "versions that do not end": (
            "isImmutable(archive, app) && (archive.?versionDays ?? 0) > 0",
            "isImmutable(archive, app) && (archive.?versionDays ?? 0) > 36500",
            f"{_REFUSED}::test_it_is_refused_with_a_sentence",
        ),
        "nobody decides what is recorded": (
            "empty(trim(policy))",
            "empty(location)",
            f"{_REFUSED}::test_it_is_refused_with_a_sentence",
        ),
        "tokens that nobody can have": (
            "(app.?apiAuth ?? 'key') != 'key'",
            "(app.?apiAuth ?? 'key') == 'both'",
            f"{_REFUSED}::test_it_is_refused_with_a_sentence",
        ),
        "a list of blanks tells nobody": (
            "!empty(watch.alertEmails) && empty(addressesOf(watch))",
            "empty(watch.alertEmails) && !empty(addressesOf(watch))",
            f"{_ENVIRONMENTS}::test_production_without_anybody_to_tell_is_refused",
        ),
    },
    "infra/portal.bicep": {
        "the form opens what a file closes": (
            "contains(described, toLower(trim(environmentName)))",
            "contains(described, environmentName)",
            f"{_PORTAL}::test_it_takes_back_nothing_that_a_file_says",
        ),
        "the form asks for an object": (
            "param existingSystemTopic string = ''",
            "param existingSystemTopic string?",
            f"{_PORTAL}::test_each_field_is_plain",
        ),
        "the form forgets the key": (
            "keySource == 'Microsoft.Keyvault'",
            "keySource == 'Microsoft.KeyVault'",
            f"{_PORTAL}::test_it_deploys_what_main_deploys",
        ),
        "the form forgets the source that exists": (
            "empty(existingId) ? {}",
            "!empty(existingId) ? {}",
            f"{_PORTAL}::test_it_deploys_what_main_deploys",
        ),
    },
    ".github/workflows/release.yml": {
        "a release of what was not tested": (
            "!cancelled() && needs.check.result == 'success'",
            "!cancelled()",
            f"{_PORTAL}::test_what_is_released_is_what_was_tested",
        ),
        "a release at every push": (
            '    tags: ["v*"]',
            "    branches: [main]",
            f"{_PORTAL}::test_what_is_released_is_what_was_tested",
        ),
        "the button opens a file of the release": (
            "${PAGE_URL%/}/azuredeploy.json",
            "https://github.com/$GH_REPO/releases/latest/download/azuredeploy.json",
            f"{_PORTAL}::test_the_button_opens_the_template_of_the_page",
        ),
    },
    "azure.yaml": {
        "what must be looked at first is not": (
            "  preprovision:",
            "  beforeprovision:",
            f"{_AZD}::test_every_hook_is_where_it_fires",
        ),
        "an azd that deletes the groups of others": (
            '">= 1.24.1"',
            '">= 1.10.0"',
            f"{_AZD}::test_an_azd_that_deletes_the_groups_of_others_is_refused",
        ),
        "the service is something else": (
            "    host: function",
            "    host: appservice",
            f"{_AZD}::test_azure_yaml_names_what_there_is",
        ),
        "the service is in another language": (
            "    language: py",
            "    language: js",
            f"{_AZD}::test_azure_yaml_names_what_there_is",
        ),
        "the package is made at an event that there is not": (
            "      prepackage:",
            "      prepackaging:",
            f"{_AZD}::test_every_hook_is_where_it_fires",
        ),
    },
    ".github/workflows/deploy.yml": {
        "the job that deploys gets no token": (
            "having read what-if\n    permissions:\n      contents: read\n      id-token: write",
            "having read what-if\n    permissions:\n      contents: read",
            f"{_WORKFLOW}::test_azure_is_entered_by_federation",
        ),
        "nobody approves": (
            "    environment: production",
            "    environment: preview",
            f"{_WORKFLOW}::test_a_person_approves_what_is_deployed",
        ),
        "nobody has seen what would change": (
            "    needs: what-if",
            "    needs: check",
            f"{_WORKFLOW}::test_a_person_approves_what_is_deployed",
        ),
        "a deployment cuts off another": (
            "cancel-in-progress: false",
            "cancel-in-progress: true",
            f"{_WORKFLOW}::test_deployments_wait_for_one_another",
        ),
        "what is missing is not made": (
            "az deployment sub create",
            "az deployment sub validate",
            f"{_WORKFLOW}::test_what_is_missing_is_made_before_the_app_is_deployed",
        ),
        "another package than the one that was tested": (
            "--src tested/recording-archive.zip",
            "--src dist/recording-archive.zip",
            f"{_WORKFLOW}::test_what_is_missing_is_made_before_the_app_is_deployed",
        ),
        "a deployment at every push": (
            "  workflow_dispatch:",
            "  push:",
            f"{_WORKFLOW}::test_only_a_person_starts_a_deployment",
        ),
    },
    "host.json": {
        "warnings alone are logged": (
            '"default": "Information"',
            '"default": "Warning"',
            f"{_HOST}::test_the_lines_that_alert_rules_search_are_logged",
        ),
        "a message waits for ten minutes": (
            '"maxPollingInterval": "00:00:02"',
            '"maxPollingInterval": "00:10:00"',
            f"{_HOST}::test_a_message_is_seen_within_seconds",
        ),
        "a message is given up after five tries": (
            '"maxDequeueCount": 1440',
            '"maxDequeueCount": 5',
            f"{_HOST}::test_a_message_is_tried_for_as_long_as_its_source_lives",
        ),
        "tries follow one another at once": (
            '"visibilityTimeout": "00:03:00"',
            '"visibilityTimeout": "00:00:00"',
            f"{_HOST}::test_a_message_is_tried_for_as_long_as_its_source_lives",
        ),
        "a run may take four hours": (
            '"functionTimeout": "00:30:00"',
            '"functionTimeout": "04:00:00"',
            f"{_HOST}::test_a_run_ends_within_the_hour_that_the_platform_gives",
        ),
        "a run ends before its slice": (
            '"functionTimeout": "00:30:00"',
            '"functionTimeout": "00:15:00"',
            f"{_HOST}::test_a_run_ends_within_the_hour_that_the_platform_gives",
        ),
        "copies take all threads": (
            '"batchSize": 4',
            '"batchSize": 14',
            f"{_HOST}::test_callers_do_not_wait_for_copies",
        ),
        "messages are in base64": (
            '"messageEncoding": "none"',
            '"messageEncoding": "base64"',
            "test_settings.py::test_host_json_agrees_with_what_runs",
        ),
    },
}


def _all() -> Iterator[Mutant]:
    for path, changes in {
        f"{MODULES}functionapp.bicep": _FUNCTION_APP,
        f"{MODULES}network.bicep": _NETWORK,
        f"{MODULES}alerts.bicep": _ALERT_RULES,
        **_OTHERS,
    }.items():
        for name, (old, new, claim) in changes.items():
            yield Mutant(name, path, old, new, claim)


MUTANTS: Mapping[str, Mutant] = {mutant.name: mutant for mutant in _all()}
HARMLESS = Mutant("fewer copies at once", "host.json", '"batchSize": 4', '"batchSize": 3', f"{_HOST}::test_")
"""No mistake: a hunt that found it would find anything."""
