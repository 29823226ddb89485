// The shapes of the parameters that are more than one value.

@export()
@description('How long recordings whose blob names begin alike stay in which tier. 0 days mean never.')
type retentionClass = {
  @description('Names the class, and its lifecycle rule.')
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

  @description('Days after which a blob is deleted. 0, never, is the safe choice.')
  @minValue(0)
  @maxValue(36500)
  deleteAfterDays: int
}

@export()
@description('Instances that are kept warm, and paid for, by function group.')
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
@description('What the app does; each is an app setting of recording/settings/, whose default holds where none is given.')
type appOptions = {
  @description('ARCHIVE_PATH_TEMPLATE: names of archived chunks.')
  @minLength(1)
  @maxLength(512)
  archivePathTemplate: string?

  @description('RECORDING_OUTPUT: what call events start.')
  recordingOutput: ('audio-mixed-wav' | 'audio-mixed-mp3' | 'audio-unmixed-wav' | 'audiovideo-mixed-mp4')?

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
}

@export()
@description('Tags of resources: names to values.')
type tagMap = {
  @maxLength(256)
  *: string
}
