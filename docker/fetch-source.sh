#!/bin/sh
# Fetches one commit of a git repository, and nothing of its history: fetch-source.sh REPOSITORY REF FOLDER
# REF is a branch, a tag, or a full commit.
set -eu

repository=$1
ref=$2
folder=$3

# A build may give a certificate to trust beside the usual ones, as a secret.
extra=${SECRETS:-/run/secrets}/ca-certificate
if [ -s "$extra" ]; then
    GIT_SSL_CAINFO=$(mktemp)
    export GIT_SSL_CAINFO
    trap 'rm -f "$GIT_SSL_CAINFO"' EXIT
    cat /etc/ssl/certs/ca-certificates.crt "$extra" >"$GIT_SSL_CAINFO"
fi

git init --quiet "$folder"
cd "$folder"

tries=3
until git fetch --quiet --depth 1 "$repository" "$ref"; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
        echo "Cannot fetch '$ref' from $repository. REF must be a branch, a tag or a full commit" \
            "that the repository still has; the build must reach the repository." >&2
        exit 1
    fi
    sleep 5
done

git -c advice.detachedHead=false checkout --quiet FETCH_HEAD
echo "llama.cpp at $(git rev-parse HEAD)"
