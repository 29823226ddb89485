#!/bin/sh
# What a deployment needs and a template cannot give: a provider that only a subnet names, and names that no role of a
# deleted identity holds any more. It changes nothing but the registration, and can be run any number of times.
set -eu
: "${AZURE_SUBSCRIPTION_ID:?}" "${AZURE_ENV_NAME:?}"
if ! command -v az >/dev/null; then
    echo "The Azure CLI is missing. Get it from https://aka.ms/azure-cli, then run this again." >&2
    exit 1
fi

# Azure registers the providers of the resources in a template. The subnet of the app is delegated to one more.
az provider register --namespace Microsoft.App --subscription "$AZURE_SUBSCRIPTION_ID" --wait

# On a machine that has not deployed yet, the tag says where the account is. Before the first deployment there is none.
group=${AZURE_RESOURCE_GROUP:-}
if [ -z "$group" ]; then
    group=$(az resource list --tag "azd-env-name=$AZURE_ENV_NAME" --subscription "$AZURE_SUBSCRIPTION_ID" --output tsv \
        --query "[?type=='Microsoft.Storage/storageAccounts' && starts_with(name, 'starchive')].resourceGroup" | sort -u)
fi
# The app has roles on what exists and is named by its id; each may lie in another group or subscription.
sources=$(grep -v '^ *//' "$(dirname "$0")/../environments/$AZURE_ENV_NAME.bicep" 2>/dev/null |
    grep -oE "(existingId|accountId|vaultId): *'[^']*'" | cut -d"'" -f2)

# An assignment is named after its identity. If that was deleted and is made again, Azure refuses the assignment. Azure may
# call the type of a deleted identity unknown, so only people and groups are left out.
kind="principalType!='User' && principalType!='Group'"
principals=$(
    for each in $group; do
        az role assignment list --all --fill-principal-name false --subscription "$AZURE_SUBSCRIPTION_ID" --output tsv \
            --query "[?$kind && contains(scope, '/resourceGroups/$each/')].principalId"
    done
    for source in $sources; do
        az role assignment list --scope "$source" --subscription "$(echo "$source" | cut -d/ -f3)" --fill-principal-name false \
            --output tsv --query "[?$kind].principalId"
    done
)
principals=$(printf '%s\n' "$principals" | sort -u)
stale=
for principal in $principals; do
    if ! said=$(az ad sp show --id "$principal" --output none 2>&1); then
        case $said in *"does not exist"*) stale="$stale $principal" ;; esac # else: who asks may not look, and Azure decides
    fi
done
if [ -z "$stale" ]; then
    exit 0
fi
echo "Roles are left of identities that were deleted. Lock off, roles off; the deployment sets the lock and the roles again:" >&2
echo "  az lock delete --subscription $AZURE_SUBSCRIPTION_ID --resource-group ${group:-GROUP} \\" >&2
echo "    --resource-type Microsoft.Storage/storageAccounts --resource-name ${ARCHIVE_ACCOUNT_NAME:-ACCOUNT} \\" >&2
echo "    --name recordings-are-not-deleted-by-accident" >&2
for principal in $stale; do
    ids=$(az role assignment list --all --fill-principal-name false --subscription "$AZURE_SUBSCRIPTION_ID" --output tsv \
        --query "[?principalId=='$principal'].id")
    for source in $sources; do
        ids="$ids $(az role assignment list --scope "$source" --subscription "$(echo "$source" | cut -d/ -f3)" \
            --fill-principal-name false --output tsv --query "[?principalId=='$principal'].id")"
    done
    for id in $(printf '%s\n' $ids | sort -u); do
        echo "  az role assignment delete --ids $id" >&2
    done
done
exit 1
