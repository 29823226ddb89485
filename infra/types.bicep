// The shapes of the parameters of main.bicep. An option without a value keeps the default that its description names.
// What opens or closes the archive has no default: network.isPrivate, archive.encryption and watch.alertEmails are always said.
// Neither has the policy, as whoever records a call answers for it.

@export()
@description('Where the recordings come from. Without existingId, a Communication resource and its system topic are made.')
type communicationOptions = {
  @description('Resource id of a Communication resource that exists; it is left as it is.')
  @minLength(1)
  @maxLength(512)
  existingId: string?

  @description('Name of its system topic, if it has one (there can be one only). The topic needs a system-assigned identity.')
  @minLength(3)
  @maxLength(128)
  existingSystemTopic: string?

  @description('Where a new Communication resource keeps its data at rest; default Europe. It cannot be changed later.')
  dataLocation: (
    | 'Africa'
    | 'Asia Pacific'
    | 'Australia'
    | 'Brazil'
    | 'Canada'
    | 'Europe'
    | 'France'
    | 'Germany'
    | 'India'
    | 'Japan'
    | 'Korea'
    | 'Norway'
    | 'Switzerland'
    | 'UAE'
    | 'UK'
    | 'United States'
    | 'usgov')?

  @description('Containers of yours into which the service itself may write recordings: the app verifies them there (docs/native-storage.md); default none.')
  @maxLength(20)
  nativeContainers: nativeContainer[]?

  @description('GUID of the role of the app on the Communication resource; default Communication and Email Service Owner, as no narrower built-in role is documented.')
  @minLength(36)
  @maxLength(36)
  roleId: string?
}

@export()
@description('A container into which the service itself writes recordings.')
type nativeContainer = {
  @description('Resource id of its storage account, which exists. The app gets a role on the container, to read.')
  @minLength(1)
  @maxLength(512)
  accountId: string

  @description('Its name.')
  @minLength(3)
  @maxLength(63)
  container: string
}

@export()
@description('How file events come, and whether events go out.')
type eventOptions = {
  @description('Into the queue of events, which holds them while the app is down (default); or to the function, which must exist already.')
  delivery: ('queue' | 'function')?

  @description('Minutes for which Event Grid tries to deliver an event before it goes to the dead letters; default 120.')
  @minValue(60)
  @maxValue(120)
  timeToLiveMinutes: int?

  @description('Whether to make a custom topic for RecordingArchived and the alerts; default true.')
  archivedTopic: bool?
}

@export()
@description('The archive account.')
type archiveOptions = {
  @description('Whose key encrypts the archive.')
  encryption: encryptionOptions

  @description('Redundancy; default Standard_ZRS.')
  redundancy: ('Standard_LRS' | 'Standard_GRS' | 'Standard_RAGRS' | 'Standard_ZRS' | 'Standard_GZRS' | 'Standard_RAGZRS')?

  @description('Tiers and ends of recordings, by class; default one class: cool after 30 days, cold after 90, never deleted.')
  @minLength(1)
  @maxLength(50)
  retentionClasses: retentionClass[]?

  @description('Days after which an event in the journal is deleted; default 0, never: the catalog can be rebuilt from the journal.')
  @minValue(0)
  @maxValue(36500)
  journalDays: int?

  @description('Days after which a copy in quarantine is deleted; default 0, never: a person decides about it.')
  @minValue(0)
  @maxValue(36500)
  quarantineDays: int?

  @description('Days after which a dead letter is deleted; default 90. The app replays each within minutes.')
  @minValue(7)
  @maxValue(36500)
  deadLetterDays: int?

  @description('Days for which deleted blobs, versions and containers can be restored; default 30.')
  @minValue(7)
  @maxValue(365)
  softDeleteDays: int?

  @description('Days during which no version of a recording can be changed or deleted (WORM); default 0, off. Decide before the first deployment.')
  @minValue(0)
  @maxValue(146000)
  immutabilityDays: int?

  @description('True once a person has locked the immutability policy: deployments then leave it alone. Default false.')
  immutabilityLocked: bool?

  @description('The same days for the acts of the audit trails; default 0, off. Decide before the first deployment.')
  @minValue(0)
  @maxValue(146000)
  trailImmutabilityDays: int?

  @description('True once a person has locked that policy. Default false.')
  trailImmutabilityLocked: bool?

  @description('Whether the app may put legal holds, and the wormDays of its classes, on single blobs of recordings and of quarantine; default false. Decide before the first deployment.')
  blobHolds: bool?

  @description('Days after which a version that was replaced or deleted ends, of recordings, journal and quarantine; default 0, never: what is erased is still there as a version. They count from when it was written.')
  @minValue(0)
  @maxValue(36500)
  versionDays: int?

  @description('Whether a lock guards the account against deletion, that of its resource group included; default true.')
  lock: bool?

  @description('Region of a second account, which takes chunks that are nearly due while the archive cannot be written; default none.')
  @minLength(1)
  @maxLength(64)
  overflowLocation: string?
}

@export()
@discriminator('keySource')
@description('Whose key encrypts an account.')
type encryptionOptions = microsoftKey | ownKey

@description('A key that Microsoft keeps.')
type microsoftKey = {
  @description('Names the kind.')
  keySource: 'Microsoft.Storage'
}

@description('A key in a key vault of yours, and an identity that may use it by now: a role that is made with the account comes too late.')
type ownKey = {
  @description('Names the kind.')
  keySource: 'Microsoft.Keyvault'

  @description('URI of the key without a version, so that a rotated key is used at once: https://VAULT-HOST/keys/NAME.')
  @minLength(16)
  @maxLength(512)
  keyUri: string

  @description('Resource id of a user-assigned identity that has the role Key Vault Crypto Service Encryption User on that vault.')
  @minLength(1)
  @maxLength(512)
  identityId: string
}

@export()
@description('How long recordings whose blob names begin alike stay in which tier. 0 days mean never.')
type retentionClass = {
  @description('Names the class, and its lifecycle rule: letters, digits and dashes.')
  @minLength(1)
  @maxLength(64)
  name: string

  @description('What the names of its blobs begin with, as ARCHIVE_PATH_TEMPLATE makes them; empty for all.')
  @maxLength(900)
  prefix: string

  @description('Days after which a blob moves to the cool tier.')
  @minValue(0)
  @maxValue(36500)
  coolAfterDays: int

  @description('Days after which a blob moves to the cold tier.')
  @minValue(0)
  @maxValue(36500)
  coldAfterDays: int

  @description('Days after which a blob and its versions are deleted. 0, never, is the safe choice.')
  @minValue(0)
  @maxValue(36500)
  deleteAfterDays: int
}

@export()
@description('What the app runs on.')
type hostingOptions = {
  @description('Memory of an instance, in MB; default 2048.')
  instanceMemoryMB: (512 | 2048 | 4096)?

  @description('The most instances at once; default 100.')
  @minValue(1)
  @maxValue(1000)
  maximumInstanceCount: int?

  @description('Instances kept warm, and paid for around the clock, by function group; default none.')
  @maxLength(10)
  alwaysReady: alwaysReady[]?

  @description('Whether instances are spread over zones, where the region has them; default false.')
  zoneRedundant: bool?

  @description('How a new version replaces the running one; default Recreate. RollingUpdate drains, but is a preview that not every region has; a copy survives Recreate too.')
  updateStrategy: ('Recreate' | 'RollingUpdate')?
}

@export()
@description('Instances that are kept warm, by function group.')
type alwaysReady = {
  @description('`http`, or `function:NAME` for a function with another trigger.')
  @minLength(4)
  @maxLength(128)
  name: string

  @description('How many.')
  @minValue(0)
  @maxValue(100)
  instanceCount: int
}

@export()
@description('Who reaches the accounts. Keys are off in any case: only identities with a role get in.')
type networkOptions = {
  @description('Whether the accounts are reached only through private endpoints, by Event Grid, and from allowedAddresses.')
  isPrivate: bool

  @description('Address space of that network, a /24 or larger; default 10.77.0.0/24.')
  @minLength(9)
  @maxLength(18)
  addressPrefix: string?

  @description('Public addresses, single or in CIDR, from which operators reach the archive account too; default none.')
  @maxLength(50)
  allowedAddresses: string[]?
}

@export()
@description('Who hears of what goes wrong, and how long logs are kept.')
type watchOptions = {
  @description('E-mail addresses that hear of alerts. With none, alerts are seen in the portal only.')
  @maxLength(20)
  alertEmails: string[]

  @description('Days for which logs are kept; default 90.')
  @minValue(30)
  @maxValue(730)
  logRetentionDays: int?

  @description('The most logs taken in a day, in GB; default -1, no limit, so that an alert is never cut off.')
  @minValue(-1)
  @maxValue(4000)
  logDailyQuotaGb: int?
}

@export()
@description('Everything that an environment of infra/environments/ says about itself.')
type environmentOptions = {
  @description('Resource group that exists already; default a new one, named after the environment.')
  @minLength(1)
  @maxLength(90)
  resourceGroupName: string?

  @description('Where the recordings come from.')
  communication: communicationOptions?

  @description('How file events come, and whether events go out.')
  events: eventOptions?

  @description('The archive account.')
  archive: archiveOptions

  @description('Which calls are recorded: the text of a policy, see docs/policy.md.')
  @minLength(1)
  @maxLength(60000)
  policy: string

  @description('What the app does.')
  app: appOptions?

  @description('What the app runs on.')
  hosting: hostingOptions?

  @description('Who reaches the accounts.')
  network: networkOptions

  @description('Days for which logs are kept.')
  @minValue(30)
  @maxValue(730)
  logRetentionDays: int?

  @description('Object ids of people or groups who follow docs/runbook.md.')
  @maxLength(10)
  operatorPrincipalIds: string[]?

  @description('Tags of every resource.')
  tags: tagMap?
}

@export()
@description('What the app does; each is an app setting of recording/settings/, whose default holds where none is given.')
type appOptions = {
  @description('ARCHIVE_PATH_TEMPLATE: names of archived chunks.')
  @minLength(1)
  @maxLength(512)
  archivePathTemplate: string?

  @description('SOURCE_RETENTION_HOURS: when the source expires.')
  @minValue(1)
  @maxValue(72)
  sourceRetentionHours: int?

  @description('RELEASE_AT_SOURCE: what a delete at the source needs beside a proof of the copy; false: nothing is deleted there.')
  releaseAtSource: ('proven' | 'event' | 'false')?

  @description('ARCHIVE_TIER: tier of a blob from its commit on; none, that of the account.')
  archiveTier: ('Hot' | 'Cool' | 'Cold')?

  @description('ARCHIVE_IMMUTABLE_DAYS: days of immutability that the app gives each blob, beside immutabilityDays of the container.')
  @minValue(0)
  @maxValue(36500)
  immutableDays: int?

  @description('ARCHIVE_IMMUTABLE_LOCKED: whether nobody can shorten those. There is no way back.')
  immutableLocked: bool?

  @description('ARCHIVE_LEGAL_HOLD: whether the app holds each blob until a person lifts the hold.')
  legalHold: bool?

  @description('OVERFLOW_HOURS: how many hours before a chunk is due it goes to overflow if the archive cannot be written.')
  @minValue(1)
  @maxValue(168)
  overflowHours: int?

  @description('COPY_BLOCK_MIB: size of a block, and of a range read from the source.')
  @minValue(1)
  @maxValue(256)
  copyBlockMib: int?

  @description('COPY_MEMORY_MIB: buffers of all copies of a worker together; mind the memory of an instance.')
  @minValue(1)
  @maxValue(2048)
  copyMemoryMib: int?

  @description('COPY_CONNECTIONS: the most connections that one copy opens.')
  @minValue(1)
  @maxValue(64)
  copyConnections: int?

  @description('COPY_SLICE_SECONDS: how long one run copies before it hands on to the next.')
  @minValue(1)
  @maxValue(1500)
  copySliceSeconds: int?

  @description('RETRY_FIRST_SECONDS: how long a failed try waits at first; each further wait is twice as long.')
  @minValue(1)
  @maxValue(1800)
  retryFirstSeconds: int?

  @description('RETRY_LONGEST_SECONDS: how long it waits at most; not less than RETRY_FIRST_SECONDS.')
  @minValue(1)
  @maxValue(7200)
  retryLongestSeconds: int?

  @description('SWEEP_SECONDS: the time from one sweep through what is owed to the next.')
  @minValue(1)
  @maxValue(3600)
  sweepSeconds: int?

  @description('OVERDUE_SECONDS: how long, beyond a slice of copying, a step may give no sign of life before the sweep drives it again.')
  @minValue(1)
  @maxValue(7200)
  overdueSeconds: int?

  @description('FILE_EVENT_SECONDS: how long after its end a recording\'s file event may take before it is missing.')
  @minValue(1)
  @maxValue(43200)
  fileEventSeconds: int?

  @description('PAUSE_LIMIT_SECONDS: how long a recording may be paused before a person is told; 0: for ever.')
  @minValue(0)
  @maxValue(86400)
  pauseLimitSeconds: int?

  @description('PARTICIPANT_KEY: the secret of a key vault, by whose hashes evidence of consent names participants; default none. Keep it as long as the recordings.')
  participantKey: secretReference?

  @description('PEOPLE_INDEX_KEY: the secret of a key vault, by whose hashes people are found; default none: nobody is found by person. Several keys with commas between them, the current one first.')
  peopleIndexKey: secretReference?

  @description('RETENTION_CLASSES: how long recordings are kept, by class: the text of docs/retention.md; default none: nothing is deleted. Beside it no class of the archive has an end.')
  @minLength(1)
  @maxLength(60000)
  retentionClasses: string?

  @description('RETENTION_MOST_A_DAY: the most recordings that are deleted on a day because their days are over; 0: none.')
  @minValue(0)
  @maxValue(1000000)
  retentionMostADay: int?

  @description('EXPORT_DAYS: days after which an export is removed; 0: never.')
  @minValue(0)
  @maxValue(36500)
  exportDays: int?

  @description('API_AUTH: what a caller of the API shows: the function key, an Entra token with a role, or either.')
  apiAuth: ('key' | 'entra' | 'both')?

  @description('API_AUDIENCES: audiences of the tokens that the API accepts, of the tenant of the deployment: client ids or application id URIs.')
  @maxLength(10)
  apiAudiences: string[]?

  @description('EVENT_GRID_AUDIENCES: the same of the tokens that Event Grid sends to the webhook of events; none: the function key alone.')
  @maxLength(10)
  eventGridAudiences: string[]?
}

@export()
@description('A secret of a key vault that exists, which no parameter and no setting holds: the app gets a role to read it.')
type secretReference = {
  @description('Resource id of the vault, which must use roles, and let the app in.')
  @minLength(1)
  @maxLength(512)
  vaultId: string

  @description('Name of the secret. Its newest version counts.')
  @minLength(1)
  @maxLength(127)
  name: string
}

@export()
@description('Tags of resources: names to values.')
type tagMap = {
  @maxLength(256)
  *: string
}
