#!/bin/sh
# The control plane of a cluster and its registry: ADDRESS is this container's; certificates are in /cluster.
set -eu
# shellcheck source=sandbox/kubernetes/node/run-all.sh
. /usr/local/bin/run-all.sh

programs=/opt/kubernetes
services=10.96.0.0/16
pods=10.244.0.0/16

start etcd "$programs/etcd" --data-dir /var/lib/etcd --log-level=warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379

# Debian's etcd is older than what streamed lists need: without them the clients need not find that out by errors.
start kube-apiserver "$programs/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 \
    --feature-gates=WatchList=false \
    --bind-address=0.0.0.0 --secure-port=6443 --advertise-address="$ADDRESS" \
    --client-ca-file=/cluster/ca.crt \
    --tls-cert-file=/cluster/kube-apiserver.crt --tls-private-key-file=/cluster/kube-apiserver.key \
    --kubelet-client-certificate=/cluster/kubelet-client.crt --kubelet-client-key=/cluster/kubelet-client.key \
    --kubelet-certificate-authority=/cluster/ca.crt --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file=/cluster/service-accounts.pub \
    --service-account-signing-key-file=/cluster/service-accounts.key \
    --service-cluster-ip-range="$services" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged

# A node that is silent for 20 s counts as gone, not for 50 s as by default: a test waits for it.
start kube-controller-manager "$programs/kube-controller-manager" \
    --kubeconfig=/cluster/kube-controller-manager.kubeconfig \
    --use-service-account-credentials --service-account-private-key-file=/cluster/service-accounts.key \
    --root-ca-file=/cluster/ca.crt --cluster-cidr="$pods" --service-cluster-ip-range="$services" \
    --node-monitor-grace-period=20s --node-monitor-period=2s --leader-elect=false --bind-address=127.0.0.1

start kube-scheduler "$programs/kube-scheduler" --kubeconfig=/cluster/kube-scheduler.kubeconfig \
    --leader-elect=false --bind-address=127.0.0.1

cat >/run/registry.yml <<REGISTRY
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}
http: {addr: ":5000"}
REGISTRY
start registry "$programs/docker-registry" serve /run/registry.yml

if [ -n "${FAKE_NODES:-}" ]; then
    start kwok "$programs/kwok" --kubeconfig /cluster/admin.kubeconfig --config "$programs/stages.yaml" \
        --manage-all-nodes=false --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake \
        --node-lease-duration-seconds=40
fi
hold
