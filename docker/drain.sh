#!/bin/bash
# Waits until llama-server has no request in work, before it is ended: drain PAUSE SECONDS [KEYFILE]
# For PAUSE seconds clients may still come, who do not know yet that it goes. After SECONDS more the wait ends in any
# case. KEYFILE holds the server's key, which is in no process list. Needs nothing but bash and sleep.
set -euo pipefail

key=
if [[ -n ${3:-} ]]; then
    # The last line may end without a line break.
    read -r key <"$3" || [[ -n $key ]]
fi

# Prints how many requests the server has, or what else is known: it is gone, or computes and can't tell.
requests() {
    local line found=
    exec 3<>"/dev/tcp/127.0.0.1/${LLAMA_ARG_PORT:-8080}" || { echo gone && return; }
    printf 'GET /metrics HTTP/1.0\r\nConnection: close\r\n%s\r\n' "${key:+Authorization: Bearer $key$'\r\n'}" >&3
    while read -r -t 5 line <&3; do
        if [[ $line =~ ^llamacpp:requests_(processing|deferred)\ +([0-9]+) ]]; then
            found=$((${found:-0} + BASH_REMATCH[2]))
        fi
    done
    echo "${found:-unknown}"
}

sleep "$1"
end=$((SECONDS + $2))
# Twice, as a request that has just come is not counted yet.
idle=0
while ((SECONDS < end && idle < 2)); do
    case $(requests 2>/dev/null) in
        gone) exit 0 ;;
        0) idle=$((idle + 1)) ;;
        *) idle=0 ;;
    esac
    sleep 0.5
done
