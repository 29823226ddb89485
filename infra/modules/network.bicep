// A network for the app's traffic: private endpoints of what it reads and writes, and one known address to everything else.

import { tagMap } from '../types.bicep'

@description('Required. Name of the network.')
param name string

@description('Required. Name of the security group of its subnets.')
param securityGroupName string

@description('Required. Name of the gateway by which traffic leaves.')
param natGatewayName string

@description('Required. Name of the public address of that gateway.')
param outboundAddressName string

@description('Required. What the names of private endpoints begin with.')
param endpointPrefix string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags tagMap

@description('Required. Address space.')
param addressPrefix string

@description('Required. Name of the account of the Functions host.')
param hostAccountName string

@description('Required. Name of the account of the archive.')
param archiveAccountName string

@description('Required. Name of the account for overflow; empty if there is none.')
param overflowAccountName string

var services = ['blob', 'queue', 'table']
var endpoints = [
  { account: hostAccountName, service: 'blob' }
  ...map(services, service => { account: archiveAccountName, service: service })
  ...(empty(overflowAccountName) ? [] : [{ account: overflowAccountName, service: 'blob' }])
]

// Without rules of its own: in from the network, out to anywhere, nothing in from outside.
resource securityGroup 'Microsoft.Network/networkSecurityGroups@2025-01-01' = {
  name: securityGroupName
  location: location
  tags: tags
}

// Communication, its media and Event Grid are outside. Access by default is being retired, so the way out is said.
resource outboundAddress 'Microsoft.Network/publicIPAddresses@2025-01-01' = {
  name: outboundAddressName
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource natGateway 'Microsoft.Network/natGateways@2025-01-01' = {
  name: natGatewayName
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: outboundAddress.id }] }
}

resource network 'Microsoft.Network/virtualNetworks@2025-01-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          networkSecurityGroup: { id: securityGroup.id }
          natGateway: { id: natGateway.id }
          defaultOutboundAccess: false
          // The provider Microsoft.App must be registered: docs/deploy.md, and the hook of azd, see to it.
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          networkSecurityGroup: { id: securityGroup.id }
          privateEndpointNetworkPolicies: 'Enabled'
          defaultOutboundAccess: false
        }
      }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }

  resource inside 'subnets' existing = {
    name: 'endpoints'
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for service in services: {
    name: 'privatelink.${service}.${environment().suffixes.storage}'
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (service, position) in services: {
    parent: zones[position]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2025-01-01' = [
  for endpoint in endpoints: {
    name: '${endpointPrefix}${endpoint.account}-${endpoint.service}'
    location: location
    tags: tags
    properties: {
      subnet: { id: network::inside.id }
      privateLinkServiceConnections: [
        {
          name: endpoint.service
          properties: {
            privateLinkServiceId: resourceId('Microsoft.Storage/storageAccounts', endpoint.account)
            groupIds: [endpoint.service]
          }
        }
      ]
    }
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-01-01' = [
  for (endpoint, position) in endpoints: {
    parent: privateEndpoints[position]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: endpoint.service
          properties: { privateDnsZoneId: zones[indexOf(services, endpoint.service)].id }
        }
      ]
    }
    dependsOn: [links]
  }
]

@description('Resource id of the subnet that the app sends through.')
output appSubnetId string = network::app.id
