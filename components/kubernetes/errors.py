"""What can go wrong with a cluster, each with what to do about it."""

from components.errors import StackError


class KubectlError(StackError):
    """The cluster, or kubectl, did not do what it was asked; the message says what it answered."""


class NoKubectlError(KubectlError):
    """There is no kubectl."""

    def __init__(self) -> None:
        super().__init__(
            "The `kubectl` command is not on PATH, and this project asks the cluster through it: install it "
            "(https://kubernetes.io/docs/tasks/tools/)."
        )


class NoClusterError(KubectlError):
    """No cluster answers, for the reason `said`."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"The cluster does not answer: {said}\n"
            "Start it, or correct where kubectl looks for it (KUBECONFIG, or the setting "
            "kubernetes:context), and run this again. `kubectl cluster-info` asks it alone."
        )


class NoNodeError(KubectlError):
    """A node of the cluster does not answer the cluster, as `said`."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"A node of the cluster does not answer: {said}\n"
            "`kubectl get nodes` shows which are not ready. Pods of a node that is lost are started on others within "
            "minutes; then run this again."
        )


class ForbiddenError(KubectlError):
    """The cluster refuses what its user may not do, as `said`."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"The cluster refuses it: {said}\n"
            "docs/kubernetes.md lists the rights that a stack needs (`kubectl auth can-i --list` shows yours)."
        )


class UnauthorizedError(KubectlError):
    """The cluster does not know who asks, as `said`."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"The cluster does not accept the credentials that kubectl has for it: {said}\n"
            "Log in again as your cluster wants it, or correct the user of the context (`kubectl config view --minify` "
            "shows it); `kubectl auth whoami` asks alone."
        )


class NoContextError(KubectlError):
    """There is no such context in the kubeconfig, as `said`."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"The kubeconfig has no such context: {said}\n"
            "`kubectl config get-contexts` lists those that it has: correct the setting kubernetes:context, or have "
            "kubectl read the file that has it (KUBECONFIG)."
        )


class UnreachedServiceError(KubectlError, ConnectionError):
    """A Service has no way in from here just now: to whoever asks it, a connection that could not be made."""


class NotFoundError(KubectlError):
    """What is asked for is not there."""


class AnotherClusterError(KubectlError):
    """The cluster that answers is `found`, and the one that the stack lives in is `known`."""

    def __init__(self, *, found: str, known: str) -> None:
        super().__init__(
            "The cluster that answers is not the one that this stack lives in; nothing was changed.\n"
            f"It is {found}, and the stack's is {known} (the uid of the namespace kube-system, or its address "
            "for a user who may not see that).\n"
            "- Asked by mistake? Correct the context (`kubectl config use-context`, or the setting "
            "kubernetes:context), and run this again.\n"
            "- To move to this cluster: `pulumi destroy` while the stack's answers, with a copy of the documents before"
            "\n  (`jinactl export`), then `pulumi up` here.\n"
            "- If the stack's is gone for good: `pulumi refresh` there can't be had; make a new stack (`pulumi stack "
            "init`)."
        )


class UnseenClusterError(KubectlError):
    """This user may not see which cluster answers; `known` is the uid of the stack's."""

    def __init__(self, known: str) -> None:
        super().__init__(
            "This user may not see which cluster answers, so nothing was changed: the stack's is known by the uid of "
            f"its namespace kube-system, {known}.\n"
            "Have this user be allowed to get the namespace kube-system (a ClusterRole with the verb `get` for the "
            "resource `namespaces`, resourceNames: [kube-system]), and run this again."
        )


class AnotherNamespaceError(KubectlError):
    """The stack runs Elasticsearch in the namespace `known`, and its settings now name `wanted`."""

    def __init__(self, *, wanted: str, known: str) -> None:
        super().__init__(
            f"The stack's Elasticsearch, with its documents, is in the namespace {known}, and the settings now name "
            f"{wanted}, where it would begin empty; nothing was changed. A stack that is renamed gets another "
            "namespace too.\n"
            f"- To keep everything where it is: `pulumi config set kubernetesNamespace {known}`.\n"
            "- To move: `jinactl export`, `pulumi destroy`, then `pulumi up` and `jinactl ingest`."
        )
