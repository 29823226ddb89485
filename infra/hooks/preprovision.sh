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

# Before the first deployment there is no resource group, and nothing to look at.
group=${AZURE_RESOURCE_GROUP:-}
if [ -z "$group" ]; then
    exit 0
fi

# An assignment is named after its identity. If that was deleted and is made again, Azure refuses the assignment.
principals=$(az role assignment list --all --fill-principal-name false --subscription "$AZURE_SUBSCRIPTION_ID" --output tsv \
    --query "[?principalType=='ServicePrincipal' && contains(scope, '/resourceGroups/$group/')].principalId" | sort -u)
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
echo "  az lock delete --subscription $AZURE_SUBSCRIPTION_ID --resource-group $group \\" >&2
echo "    --resource-type Microsoft.Storage/storageAccounts --resource-name ${ARCHIVE_ACCOUNT_NAME:-ACCOUNT} \\" >&2
echo "    --name recordings-are-not-deleted-by-accident" >&2
for principal in $stale; do
    ids=$(az role assignment list --all --fill-principal-name false --subscription "$AZURE_SUBSCRIPTION_ID" --output tsv \
        --query "[?principalId=='$principal'].id")
    for id in $ids; do
        echo "  az role assignment delete --ids $id" >&2
    done
done
exit 1
