#!/bin/sh
# The second deployment, with the event subscription: Event Grid refuses one whose function does not exist yet.
# It can be run any number of times: once subscribed, it has nothing to do.
set -eu
: "${AZURE_ENV_NAME:?}" "${AZURE_RESOURCE_GROUP:?}" "${FUNCTION_APP_NAME:?}"
function=recording_file_status_updated
tries=${SUBSCRIBE_TRIES:-20}
pause=${SUBSCRIBE_PAUSE:-15}

if [ "${DEPLOY_EVENT_SUBSCRIPTION:-false}" = true ]; then
    echo "Subscribed already: nothing to do."
    exit 0
fi
if ! command -v az >/dev/null; then
    echo "Cannot see whether $function exists: the Azure CLI is missing. Get it from https://aka.ms/azure-cli, then run azd deploy again." >&2
    exit 1
fi

# A new package takes a minute or two until its functions are known.
until az functionapp function show --resource-group "$AZURE_RESOURCE_GROUP" --name "$FUNCTION_APP_NAME" \
    --function-name "$function" --output none 2>/dev/null; do
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
        echo "$FUNCTION_APP_NAME has no function $function. Its log says why: az functionapp log deployment list" >&2
        exit 1
    fi
    echo "Waiting for $function to be known ..."
    sleep "$pause"
done

echo "$function exists. Subscribing to its events."
azd env set DEPLOY_EVENT_SUBSCRIPTION true --environment "$AZURE_ENV_NAME"
if ! azd provision --no-prompt --environment "$AZURE_ENV_NAME"; then
    azd env set DEPLOY_EVENT_SUBSCRIPTION false --environment "$AZURE_ENV_NAME" # so that the next try is a try
    exit 1
fi
