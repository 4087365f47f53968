#!/bin/sh
# Sends new requests to another server, and waits until the requests to the one before are answered:
# use-server NAME SECONDS. NAME is a container on the proxy's network; SECONDS is how long to wait at most.
set -eu

name=$1
patience=$2
file=/var/lib/proxy/server.conf

workers() {
    for process in /proc/[0-9]*; do
        # nginx writes what a process is for into its command line.
        case $(tr '\0' ' ' <"$process/cmdline" 2>/dev/null) in
            "nginx: worker process"*) echo "${process#/proc/}" ;;
        esac
    done
}

wanted="set \$llama_server \"$name:8080\";"
before=$(workers)
cp "$file" "$file.before"
echo "$wanted" >"$file.new"
mv "$file.new" "$file"
if ! nginx -t -q; then
    mv "$file.before" "$file"
    exit 1
fi
rm "$file.before"
nginx -s reload

# The workers that know the old server leave when the last of its requests is answered.
for worker in $before; do
    while [ -e "/proc/$worker" ]; do
        if [ "$patience" -le 0 ]; then
            echo "Requests to the server before are still being answered; they are not waited for any longer." >&2
            exit 0
        fi
        patience=$((patience - 1))
        sleep 1
    done
done
