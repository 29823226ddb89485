// How names are made, and how a resource id is read.

@export()
@description('What is unique about an environment: its name and region, however they are spelt.')
func tokenOf(subscriptionId string, environmentName string, location string) string =>
  toLower(uniqueString(subscriptionId, toLower(trim(environmentName)), regionOf(location)))

@export()
@description('The region as Azure writes it: "West Europe" is westeurope.')
func regionOf(location string) string => toLower(replace(location, ' ', ''))

@export()
@description('The letters, digits and dashes of a text, in lower case: what every kind of name may hold.')
func plain(text string) string =>
  join(
    filter(
      map(range(0, length(text)), at => toLower(substring(text, at, 1))),
      letter => contains('abcdefghijklmnopqrstuvwxyz0123456789-', letter)
    ),
    ''
  )

@export()
@description('What follows a word in a resource id or URI, found by the word and not by its position; empty if it is not there.')
func valueAfter(id string, word string) string =>
  contains(split(toLower(id), '/'), toLower(word))
    ? split('${id}/', '/')[indexOf(split(toLower(id), '/'), toLower(word)) + 1]
    : ''

@export()
@description('The last word of a resource id: the name.')
func nameOf(id string) string => last(split(id, '/'))
