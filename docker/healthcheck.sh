#!/bin/bash
# Succeeds when llama-server has loaded its model; needs nothing but bash.
set -euo pipefail

exec 3<>"/dev/tcp/127.0.0.1/${LLAMA_ARG_PORT:-8080}"
printf 'GET /health HTTP/1.0\r\n\r\n' >&3
read -r -t 4 line <&3
[[ $line == *' 200 '* ]]
