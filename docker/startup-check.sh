#!/bin/bash
# Succeeds when llama-server embeds a text as it must: startup-check DIMENSIONS [KEYFILE]
# The embedding has so many numbers, all of them finite, and the length 1. KEYFILE holds the server's key, which is in
# no process list. Needs nothing but bash and awk.
set -euo pipefail

key=
if [[ -n ${2:-} ]]; then
    # The last line may end without a line break.
    read -r key <"$2" || [[ -n $key ]]
fi
body='{"input":"Is the server ready?"}'
exec 3<>"/dev/tcp/127.0.0.1/${LLAMA_ARG_PORT:-8080}"
printf 'POST /v1/embeddings HTTP/1.0\r\nConnection: close\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    "${key:+Authorization: Bearer $key$'\r\n'}" "${#body}" "$body" >&3
LC_ALL=C awk -v wanted="$1" '
    NR == 1 { status = $2 }
    { text = text $0 }
    END {
        if (status != 200) fail("HTTP " (status ? status : "that breaks off"))
        if (!match(text, /"embedding": *\[/)) fail("no embedding")
        text = substr(text, RSTART + RLENGTH)
        sub(/\].*/, "", text)
        count = split(text, numbers, ",")
        if (count != wanted) fail(count " numbers, and " wanted " are wanted")
        for (place = 1; place <= count; place++) {
            if (numbers[place] !~ /^ *-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)? *$/) fail("something that is no number")
            squares += numbers[place] ^ 2
        }
        if (squares < 0.998 || squares > 1.002) fail("an embedding of length " sqrt(squares))
    }
    function fail(said) {
        print "llama-server answers with " said "." >"/dev/stderr"
        exit 1
    }
' <&3
