#!/bin/sh
# A node of a cluster: NODE is its name, ADDRESS its address, PODS the addresses of its pods (a /24 of ALL_PODS),
# ROUTES the other nodes' pods and addresses, REGISTRY the address of the registry that stands for all of them.
set -eu
# shellcheck source=sandbox/kubernetes/node/run-all.sh
. /usr/local/bin/run-all.sh

programs=/opt/kubernetes

mount --make-rshared /
for tree in /sys $(awk '$3 ~ /^cgroup/ || $2 == "/sys/fs/cgroup" { print $2 }' /proc/mounts); do
    mount -o remount,bind,rw "$tree"
done
mkdir -p /etc/cni/net.d /etc/containerd /var/lib/kubelet
# A node that was killed comes back with what it had: processes of its pods are gone, their mounts and files are not.
rm -rf /var/lib/cni/networks /run/containerd

# A pod that asks a Service which leads to a pod of the same node is answered through the rules of iptables too.
sysctl() { echo "$2" >"/proc/sys/$1"; }
sysctl net/ipv4/ip_forward 1
sysctl net/bridge/bridge-nf-call-iptables 1 || true

cat >/etc/cni/net.d/10-bridge.conflist <<CNI
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
    {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
     "ipam": {"type": "host-local", "ranges": [[{"subnet": "$PODS"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": true}}]}
CNI
# Pods see each other's own addresses; everybody else sees the node's.
iptables -t nat -A POSTROUTING -s "$PODS" ! -d "$ALL_PODS" -o eth0 -j MASQUERADE

for route in $ROUTES; do
    ip route replace "${route%=*}" via "${route#*=}"
done
mkdir -p $(seq -f /srv/volumes/volume-%g 1 8)

cat >/etc/containerd/config.toml <<CONTAINERD
version = 2
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "sandbox.invalid/pause:1"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
[plugins."io.containerd.grpc.v1.cri".registry.mirrors."*"]
endpoint = ["http://$REGISTRY"]
CONTAINERD
start containerd containerd
until [ -S /run/containerd/containerd.sock ]; do sleep 0.1; done

cat >/run/kubelet.yaml <<KUBELET
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: /cluster/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: /cluster/$NODE.crt
tlsPrivateKeyFile: /cluster/$NODE.key
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
# The nodes share one disk with everything else on the machine: how full that is says nothing about them.
evictionHard: {nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%"}
imageGCHighThresholdPercent: 100
KUBELET
start kubelet "$programs/kubelet" --config=/run/kubelet.yaml --kubeconfig="/cluster/$NODE.kubeconfig" \
    --hostname-override="$NODE" --node-ip="$ADDRESS"

# The sizes of the kernel's table of connections are the machine's, not this container's to set.
start kube-proxy "$programs/kube-proxy" --kubeconfig=/cluster/kube-proxy.kubeconfig --hostname-override="$NODE" \
    --oom-score-adj=0 --proxy-mode=iptables --cluster-cidr="$ALL_PODS" \
    --conntrack-max-per-core=0 --conntrack-min=0 \
    --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0

# Holds the pods of this node to the network policies; it ends where the node is not known yet.
until "$programs/kubectl" --kubeconfig="/cluster/$NODE.kubeconfig" get node "$NODE" >/dev/null 2>&1; do
    sleep 0.2
done
start kube-router "$programs/kube-router" --kubeconfig=/cluster/admin.kubeconfig --hostname-override="$NODE" \
    --run-firewall=true --run-router=false --run-service-proxy=false \
    --service-cluster-ip-range=10.96.0.0/16
hold
