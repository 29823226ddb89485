#!/bin/sh
# What is made again after `azd down` begins with the first deployment again.
set -eu
azd env set DEPLOY_EVENT_SUBSCRIPTION false --environment "${AZURE_ENV_NAME:?}"
