#!/bin/sh
# Installs packages of Debian or Ubuntu during a build, and leaves nothing but them: install-packages.sh PACKAGE ...
# With PACKAGES_DATE, what the base image has is brought up to date first. A build may give two secrets: `apt-mirror`,
# the address of a server that has what the usual ones have, and `ca-certificate`, to be trusted beside the usual ones.
set -eu

secrets=${SECRETS:-/run/secrets}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 0755 "$work" # apt reads as a user of its own
: >"$work/apt.conf"

if [ -s "$secrets/apt-mirror" ]; then
    mirror=$(sed 's#/*$##; q' "$secrets/apt-mirror")
    mkdir "$work/sources.list.d"
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
        if [ -f "$list" ]; then
            sed -E "s#https?://[^/ ]+/(debian-security|debian|ubuntu-ports|ubuntu)(/| |\$)#$mirror/\1\2#g" \
                "$list" >"$work/${list#/etc/apt/}"
        fi
    done
    printf 'Dir::Etc::sourcelist "%s";\nDir::Etc::sourceparts "%s";\n' \
        "$work/sources.list" "$work/sources.list.d" >>"$work/apt.conf"
fi
if [ -s "$secrets/ca-certificate" ]; then
    cat /etc/ssl/certs/ca-certificates.crt "$secrets/ca-certificate" >"$work/ca.pem" 2>/dev/null || true
    printf 'Acquire::https::CAInfo "%s";\n' "$work/ca.pem" >>"$work/apt.conf"
fi

export APT_CONFIG="$work/apt.conf" DEBIAN_FRONTEND=noninteractive
apt-get update
if [ -n "${PACKAGES_DATE:-}" ]; then
    apt-get upgrade --yes --no-install-recommends
fi
apt-get install --yes --no-install-recommends "$@"
