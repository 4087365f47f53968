#!/bin/sh
# Sourced: `start NAME COMMAND...` runs a program with its output in /var/log/NAME.log, and `hold` ends with the first
# of them that ends.

running=

start() {
    name=$1
    shift
    "$@" >"/var/log/$name.log" 2>&1 &
    running="$running $!=$name"
}

hold() {
    # PID 1 has no default action for signals, and /bin/sh runs its traps between the naps.
    trap 'exit 0' TERM INT
    while :; do
        for one in $running; do
            if ! kill -0 "${one%%=*}" 2>/dev/null; then
                echo "${one#*=} has ended; its last lines:"
                tail -n 10 "/var/log/${one#*=}.log"
                exit 1
            fi
        done
        sleep 1
    done
}
