// The custom topic on which the archive tells of recordings archived, at risk, quarantined or lost.

import { tagMap } from '../types.bicep'

@description('Required. Its name.')
param name string

@description('Required. Its region.')
param location string

@description('Required. Its tags.')
param tags tagMap

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' } // by which subscribers can have events delivered without a key
  properties: {
    inputSchema: 'EventGridSchema'
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: 'Enabled' // what is in an event are ids and names of blobs, no media
  }
}

@description('Its name.')
output name string = topic.name

@description('Where the app publishes.')
output endpoint string = topic.properties.endpoint
