#!/bin/bash
# Starts the node once while the image is built, has it do a little of everything, and keeps the classes that it loaded in an
# archive that the JVM maps at each later start: a third of the processor time.
set -euo pipefail
home=/usr/share/elasticsearch
log=/tmp/warm-up.log
env discovery.type=single-node network.host=127.0.0.1 http.port=39200-39300 transport.port=39301-39400 ELASTIC_PASSWORD=warm-up \
    ES_JAVA_OPTS="-Xmx512m -XX:ArchiveClassesAtExit=$home/node.jsa" docker-entrypoint.sh >"$log" 2>&1 &
node=$!
for _ in $(seq 300); do
    grep -q "ready after" "$log" && break
    kill -0 $node || { cat "$log"; exit 1; }
    sleep 1
done
port=$(sed -n 's/.*HttpServerTransport.*publish_address {127.0.0.1:\([0-9]*\)}.*/\1/p' "$log")
send() {
    curl --silent --show-error --fail --user elastic:warm-up --header "content-type: application/json" --output /dev/null \
        --request "$1" "http://127.0.0.1:$port$2" --data "$3"
}
send PUT /_ingest/pipeline/warm-up '{"processors":[{"script":{"source":"ctx.b = ctx.a[0]"}},{"set":{"field":"c","value":1}}]}'
send PUT /warm-up '{"settings":{"default_pipeline":"warm-up"},"mappings":{"properties":{"a":{"type":"dense_vector","dims":3,"index_options":{"type":"int8_hnsw"}}}}}'
send POST '/warm-up/_doc?refresh=true' '{"a":[1,2,3],"text":"a text"}'
send POST /warm-up/_search '{"query":{"match":{"text":"text"}},"knn":{"field":"a","query_vector":[1,2,3],"k":1,"num_candidates":2}}'
send POST '/_reindex?refresh=true' '{"source":{"index":"warm-up"},"dest":{"index":"warmer","pipeline":"_none"}}'
send POST /_aliases '{"actions":[{"add":{"index":"warmer","alias":"warmest"}}]}'
send GET '/_cluster/health?wait_for_status=yellow' ''
kill $node
wait $node || true
[[ -s $home/node.jsa ]] || { cat "$log"; exit 1; }
rm -rf "$home"/data/* "$home"/logs/* "$log"
