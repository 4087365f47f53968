#!/bin/bash
# The entry point of the stand-in, taking what the official image's takes: settings and ES_JAVA_OPTS from the environment.
set -euo pipefail
case "${1:-eswrapper}" in
    eswrapper | elasticsearch) ;;
    *) exec "$@" ;;
esac
if [[ $# -gt 1 ]]; then
    echo "This stand-in for Elasticsearch takes settings from the environment only, not from arguments." >&2
    exit 64
fi
if [[ -n "${ELASTIC_PASSWORD_FILE:-}" ]]; then
    # What the official image asks of it, in its words.
    if [[ -n "${ELASTIC_PASSWORD:-}" ]]; then
        echo "ERROR: Both ELASTIC_PASSWORD_FILE and ELASTIC_PASSWORD are set but are mutually exclusive." >&2
        exit 1
    fi
    if [[ ! -e "$ELASTIC_PASSWORD_FILE" ]]; then
        echo "ERROR: File $ELASTIC_PASSWORD_FILE from ELASTIC_PASSWORD_FILE does not exist" >&2
        exit 1
    fi
    case $(stat -L -c %a "$ELASTIC_PASSWORD_FILE") in
        400 | 600) ;;
        *)
            echo "ERROR: File $ELASTIC_PASSWORD_FILE from ELASTIC_PASSWORD_FILE must have file permissions 400 or 600" >&2
            exit 1
            ;;
    esac
    ELASTIC_PASSWORD="$(<"$ELASTIC_PASSWORD_FILE")"
    export ELASTIC_PASSWORD
    unset ELASTIC_PASSWORD_FILE
fi
home=/usr/share/elasticsearch
archive=()
[[ -e $home/node.jsa ]] && archive=(-XX:SharedArchiveFile=$home/node.jsa)
# The quick compiler alone, and no vector module, which is slow without the other one: this node is small and starts often. ES_JAVA_OPTS
# comes last, so that it can ask for both: -XX:TieredStopAtLevel=4 --add-modules=jdk.incubator.vector.
# The native vector library is not published, so the server is told to do without it.
# shellcheck disable=SC2086 # ES_JAVA_OPTS holds several options
exec java -XX:MaxRAMPercentage=50 -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto "${archive[@]}" -XX:+ExitOnOutOfMemoryError \
    -Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false \
    -Des.path.home=$home -Des.networkaddress.cache.ttl=10 -Dlog4j2.disable.jmx=true \
    -Dlog4j.configurationFile=$home/config/log4j2.properties -Dio.netty.allocator.numDirectArenas=0 -Dio.netty.noUnsafe=true \
    --enable-native-access=org.elasticsearch.nativeaccess,org.apache.lucene.core,org.elasticsearch.simdvec,org.elasticsearch.foreign,ALL-UNNAMED \
    --add-exports=org.elasticsearch.server/org.elasticsearch.plugins.interceptor=ALL-UNNAMED \
    --add-modules=jdk.net,jdk.management,ALL-MODULE-PATH --module-path $home/lib -cp $home/launcher.jar \
    ${ES_JAVA_OPTS:-} standin.launcher.EsNode
