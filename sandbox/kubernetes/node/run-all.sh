#!/bin/sh
# Sourced: `start NAME COMMAND...` runs a program with its output in /var/log/NAME.log, and `hold` ends with the first.

pids=

start() {
    name=$1
    shift
    "$@" >"/var/log/$name.log" 2>&1 &
    pids="$pids $!"
}

hold() {
    # PID 1 has no default action for signals, and /bin/sh runs its traps between the naps.
    trap 'exit 0' TERM INT
    while :; do
        for pid in $pids; do
            if ! kill -0 "$pid" 2>/dev/null; then
                echo "a program has ended; the last lines of each:"
                tail -n 5 /var/log/*.log
                exit 1
            fi
        done
        sleep 1
    done
}
