#!/bin/sh
# Puts the key of a secret into a repository for GitHub Actions, as one value, so that no job sees halves of two keys.
# Needs: SECRET_ID, REPOSITORY (owner/name), and GH_TOKEN, which may write that repository's secrets.
set -eu
# Step by step: what fails must end this before anything is written.
document=$(aws secretsmanager get-secret-value --secret-id "$SECRET_ID" --query SecretString --output text)
key=$(printf '%s' "$document" |
  jq -ec 'select(.kind != "placeholder" and .AccessKeyId and .SecretAccessKey) | {Version: 1, AccessKeyId, SecretAccessKey}')
printf '%s' "$key" | gh secret set ROTATED_KEY --repo "$REPOSITORY"
