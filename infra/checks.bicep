// What a deployment refuses before it makes anything: a sentence for each parameter that is half given or cannot work.

import {
  appOptions
  archiveOptions
  communicationOptions
  hostingOptions
  networkOptions
  retentionClass
  watchOptions
} from 'types.bicep'
import { plain, regionOf, valueAfter } from 'names.bicep'

@export()
@description('Every sentence that applies; none if the deployment can begin.')
func problemsOf(
  location string,
  communication communicationOptions,
  archive archiveOptions,
  policy string,
  app appOptions,
  hosting hostingOptions,
  network networkOptions,
  watch watchOptions
) string[] =>
  filter(
    [
      ...ofCommunication(communication)
      ...ofEncryption(archive)
      ...ofClasses(archive.?retentionClasses ?? [])
      ...ofImmutability(archive, app)
      ...ofRetention(archive, app)
      empty(trim(policy))
        ? 'policy is empty: say which calls are recorded, or by a rule with record: false that none is, see docs/policy.md.'
        : ''
      ...ofCallers(app)
      ...ofHosting(hosting, app)
      ...ofNetwork(network)
      regionOf(archive.?overflowLocation ?? '') == regionOf(location)
        ? 'archive.overflowLocation is the region of the archive: one outage would take both.'
        : ''
      ...ofWatch(watch)
    ],
    sentence => !empty(sentence)
  )

func ofCommunication(communication communicationOptions) string[] => [
  contains(communication, 'existingSystemTopic') && !contains(communication, 'existingId')
    ? 'communication.existingSystemTopic needs communication.existingId, the resource that the topic belongs to.'
    : ''
  isIdOf(communication.?existingId ?? '', 'Microsoft.Communication/communicationServices')
    ? ''
    : 'communication.existingId is no resource id of a Microsoft.Communication/communicationServices.'
  contains(communication, 'existingId') && contains(communication, 'dataLocation')
    ? 'communication.dataLocation is for a new resource, and communication.existingId names one that exists.'
    : ''
  ...map(
    communication.?nativeContainers ?? [],
    each =>
      isIdOf(each.accountId, 'Microsoft.Storage/storageAccounts')
        ? ''
        : 'communication.nativeContainers: "${each.accountId}" is no resource id of a Microsoft.Storage/storageAccounts.'
  )
  ...map(
    communication.?nativeContainers ?? [],
    each =>
      length(filter(
          communication.?nativeContainers ?? [],
          other => toLower(other.accountId) == toLower(each.accountId) && other.container == each.container
        )) == 1
        ? ''
        : 'communication.nativeContainers: "${each.container}" of one account is named twice.'
  )
]

func ofEncryption(archive archiveOptions) string[] =>
  archive.encryption.keySource == 'Microsoft.Keyvault'
    ? [
        startsWith(archive.encryption.keyUri, 'https://') && length(split(archive.encryption.keyUri, '/')) == 5 && !empty(valueAfter(
            archive.encryption.keyUri,
            'keys'
          ))
          ? ''
          : 'archive.encryption.keyUri must be https://VAULT-HOST/keys/NAME, without a version.'
        isIdOf(archive.encryption.identityId, 'Microsoft.ManagedIdentity/userAssignedIdentities')
          ? ''
          : 'archive.encryption.identityId is no resource id of a Microsoft.ManagedIdentity/userAssignedIdentities.'
      ]
    : []

// A rule without an action, a tier that comes before a warmer one, and a prefix that nothing can have.
func ofClasses(classes retentionClass[]) string[] => [
  ...map(
    classes,
    class =>
      plain(class.name) == toLower(class.name)
        ? ''
        : 'archive.retentionClasses: the name "${class.name}" has characters other than letters, digits and dashes.'
  )
  ...map(
    classes,
    class =>
      length(filter(classes, other => toLower(other.name) == toLower(class.name))) == 1
        ? ''
        : 'archive.retentionClasses: two classes are named "${class.name}".'
  )
  ...map(
    classes,
    class =>
      startsWith(class.prefix, '/')
        ? 'archive.retentionClasses: the prefix of "${class.name}" begins with a slash, as no name of a blob does.'
        : ''
  )
  ...map(
    classes,
    class =>
      class.coldAfterDays > 0 && class.coolAfterDays >= class.coldAfterDays
        ? 'archive.retentionClasses: "${class.name}" is cool after it is cold.'
        : ''
  )
  ...map(
    classes,
    class =>
      class.deleteAfterDays > 0 && max(class.coolAfterDays, class.coldAfterDays) >= class.deleteAfterDays
        ? 'archive.retentionClasses: "${class.name}" changes its tier after it is deleted.'
        : ''
  )
]

func ofImmutability(archive archiveOptions, app appOptions) string[] => [
  (archive.?trailImmutabilityLocked ?? false) && (archive.?trailImmutabilityDays ?? 0) == 0
    ? 'archive.trailImmutabilityLocked needs archive.trailImmutabilityDays, the days of the locked policy.'
    : ''
  (archive.?immutabilityLocked ?? false) && (archive.?immutabilityDays ?? 0) == 0
    ? 'archive.immutabilityLocked needs archive.immutabilityDays, the days of the locked policy.'
    : ''
  (app.?immutableLocked ?? false) && (app.?immutableDays ?? 0) == 0
    ? 'app.immutableLocked needs app.immutableDays.'
    : ''
  isImmutable(archive, app) && hasEnd(archive)
    ? 'archive.retentionClasses has an end, and lifecycle rules delete nothing in a container that can be immutable: give no end, or no immutability.'
    : ''
  isImmutable(archive, app) && (archive.?versionDays ?? 0) > 0
    ? 'archive.versionDays ends no version in a container that can be immutable: give none, or no immutability.'
    : ''
  (archive.?blobHolds ?? false) && (archive.?quarantineDays ?? 0) > 0
    ? 'archive.quarantineDays ends nothing in a container whose blobs can be held: give none, or no archive.blobHolds.'
    : ''
]

// Classes of the app that a lifecycle rule would overtake, or that the app could not follow.
func ofRetention(archive archiveOptions, app appOptions) string[] => [
  contains(app, 'retentionClasses') && hasEnd(archive)
    ? 'archive.retentionClasses has an end, and app.retentionClasses is given: a lifecycle rule knows neither its classes nor holds. Give one of the two.'
    : ''
  contains(app.?retentionClasses ?? '', 'wormDays') && !(archive.?blobHolds ?? false)
    ? 'app.retentionClasses has wormDays, which need archive.blobHolds: without it the app may not set them.'
    : ''
]

func hasEnd(archive archiveOptions) bool =>
  length(filter(archive.?retentionClasses ?? [], class => class.deleteAfterDays > 0)) > 0

@export()
@description('Whether the container of the recordings must be made for immutability of versions.')
func isImmutable(archive archiveOptions, app appOptions) bool =>
  (archive.?immutabilityDays ?? 0) > 0 || isImmutableByApp(archive, app)

@export()
@description('Whether the app itself sets immutability or holds, for which it needs a role more.')
func isImmutableByApp(archive archiveOptions, app appOptions) bool =>
  (app.?immutableDays ?? 0) > 0 || (app.?legalHold ?? false) || (archive.?blobHolds ?? false)

// A secret that is nowhere, an audience that the app would refuse, and tokens that nobody could have.
func ofCallers(app appOptions) string[] => [
  isIdOf(app.?participantKey.?vaultId ?? '', 'Microsoft.KeyVault/vaults')
    ? ''
    : 'app.participantKey.vaultId is no resource id of a Microsoft.KeyVault/vaults.'
  isIdOf(app.?peopleIndexKey.?vaultId ?? '', 'Microsoft.KeyVault/vaults')
    ? ''
    : 'app.peopleIndexKey.vaultId is no resource id of a Microsoft.KeyVault/vaults.'
  (app.?apiAuth ?? 'key') != 'key' && empty(app.?apiAudiences ?? [])
    ? 'app.apiAuth needs app.apiAudiences: without an audience no token is accepted.'
    : ''
  ...map(
    filter(
      [...(app.?apiAudiences ?? []), ...(app.?eventGridAudiences ?? [])],
      audience => empty(audience) || contains(audience, ' ') || contains(audience, ',')
    ),
    audience => 'app.apiAudiences and app.eventGridAudiences: "${audience}" is no client id and no application id URI.'
  )
]

func ofHosting(hosting hostingOptions, app appOptions) string[] => [
  ...map(
    hosting.?alwaysReady ?? [],
    group =>
      group.name == 'http' || (startsWith(group.name, 'function:') && length(group.name) > 9)
        ? ''
        : 'hosting.alwaysReady: "${group.name}" is neither http nor function:NAME.'
  )
  ...map(
    hosting.?alwaysReady ?? [],
    group =>
      (hosting.?zoneRedundant ?? false) && group.instanceCount == 1
        ? 'hosting.zoneRedundant needs at least two instances of "${group.name}" in hosting.alwaysReady.'
        : ''
  )
  2 * (app.?copyMemoryMib ?? 48) > (hosting.?instanceMemoryMB ?? 2048)
    ? 'app.copyMemoryMib is more than half of hosting.instanceMemoryMB: the host and its libraries need the other half.'
    : ''
  (app.?retryFirstSeconds ?? 30) > (app.?retryLongestSeconds ?? 1800)
    ? 'app.retryFirstSeconds is more than app.retryLongestSeconds.'
    : ''
]

func ofNetwork(network networkOptions) string[] => [
  !network.isPrivate && !empty(network.?allowedAddresses ?? [])
    ? 'network.allowedAddresses needs network.isPrivate: without a network of its own the app would be kept out too.'
    : ''
  !network.isPrivate && contains(network, 'addressPrefix')
    ? 'network.addressPrefix needs network.isPrivate: without it there is no network.'
    : ''
  int(last(split(network.?addressPrefix ?? '10.77.0.0/24', '/'))) > 24
    ? 'network.addressPrefix must be a /24 or larger: it is divided into subnets.'
    : ''
]

// A list of blanks is what an unset variable of GitHub gives: nobody would be told, and nobody has said so. [] says so.
func ofWatch(watch watchOptions) string[] => [
  !empty(watch.alertEmails) && empty(addressesOf(watch))
    ? 'watch.alertEmails (ALERT_EMAILS) has no address: say who hears of alerts, or [] for nobody.'
    : ''
  ...map(
    addressesOf(watch),
    address => contains(address, '@') ? '' : 'watch.alertEmails has "${address}", which is no address.'
  )
]

@export()
@description('Who hears of alerts: the addresses without blanks around them, and without those that are blank.')
func addressesOf(watch watchOptions) string[] =>
  filter(map(watch.alertEmails, address => trim(address)), address => !empty(address))

func isIdOf(id string, kind string) bool =>
  empty(id) || (startsWith(toLower(id), '/subscriptions/') && length(split(id, '/')) == 9 && contains(
    toLower(id),
    toLower('/providers/${kind}/')
  ) && !empty(valueAfter(id, 'subscriptions')) && !empty(valueAfter(id, 'resourceGroups')))
