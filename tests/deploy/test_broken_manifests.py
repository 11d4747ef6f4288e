"""Each rule finds what it is for: manifests that were broken in memory."""

import manifests
import pytest
from test_manifests import RULES, complaints

SPEC = ("spec", "template", "spec")


def put(document, path, value):
  """Sets the field at `path`, or removes it when `value` is None."""
  *folders, last = path
  for name in folders:
    document = document[name] if isinstance(name, int) else document.setdefault(name, {})
  if value is None:
    del document[last]
  else:
    document[last] = value


def deployment(process, *path, value=None):
  return lambda rendered: put(rendered.deployment(process), path, value)


def server(process, *path, value=None):
  return deployment(process, *SPEC, "containers", 0, *path, value=value)


def resource(kind, name, *path, value=None):
  return lambda rendered: put(rendered.find(kind, name), path, value)


def flag(process, line):
  """Puts a flag into the process's last file of flags."""

  def change(rendered):
    config_map = rendered.find("ConfigMap", rendered.volume(process, "flags")["configMap"]["name"])
    config_map["data"]["overlay.flags"] += f"\n{line}\n"

  return change


def remove(kind, name):
  return lambda rendered: rendered.documents.remove(rendered.find(kind, name))


def add(document):
  return lambda rendered: rendered.documents.append(document)


ANYONE = {"kind": "NetworkPolicy", "metadata": {"name": "open", "namespace": "unclip"}, "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 22}]}]}}
HPA, PDB, SERVICE = "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service"
METRIC = ("spec", "metrics", 0, "pods", "metric", "name")

# The rule, the overlay, what is broken in it, and words of the complaint.
BROKEN = [
    ("probes", "cpu", server("prior", "readinessProbe", "grpc", "port", value=50051), "prior: the readinessProbe does not ask port 50052"),
    ("probes", "cpu", server("clip", "startupProbe"), "clip: the startupProbe does not ask"),
    ("probes", "cpu", server("clip", "livenessProbe", "grpc", "service", value=""), "clip: the liveness probe depends on more"),
    ("probes", "cpu", server("clip", "readinessProbe", "failureThreshold", value=1), "clip: the readinessProbe gives up at once"),
    ("probes", "cpu", deployment("decoder", "spec", "progressDeadlineSeconds", value=60), "decoder: a rollout gives up"),
    ("drains", "cpu", deployment("decoder", *SPEC, "terminationGracePeriodSeconds", value=30), "decoder: is killed after 30 s"),
    ("drains", "cpu", flag("prior", "--grace=10m"), "prior: is killed after 330 s"),
    ("drains", "cpu", flag("prior", "--grace=30s"), "prior: drains for 30s, and a request may take 300"),
    ("drains", "cpu", flag("gateway", "--drain_delay=500ms"), "gateway: refuses requests before"),
    ("rollouts", "cpu", deployment("clip", "spec", "strategy", value={"type": "Recreate"}), "clip: rolls out otherwise"),
    ("rollouts", "gpu", deployment("prior", "spec", "strategy", "rollingUpdate", "maxSurge", value=1), "prior: rolls out otherwise"),
    ("placement", "cpu", deployment("clip", *SPEC, "topologySpreadConstraints", value=[]), "clip: is not spread by topology"),
    ("placement", "cpu", remove("PriorityClass", "unclip-serving"), "clip: has no priority class"),
    ("placement", "gpu", deployment("decoder", *SPEC, "tolerations"), "decoder: wants a GPU"),
    ("resources", "cpu", server("gateway", "resources", "limits", "memory"), "gateway/server: has no request or limit of memory"),
    ("resources", "cpu", server("decoder", "resources", "limits", "cpu", value="16"), "decoder/server: requests another cpu"),
    ("resources", "cpu", server("decoder", "args", 3, value="--threads=4"), "decoder: its threads do not follow"),
    ("resources", "cpu", deployment("clip", *SPEC, "volumes", 2, "emptyDir", value={}), "clip: the volume tmp has no limit"),
    ("security", "cpu", deployment("clip", *SPEC, "securityContext", "runAsNonRoot", value=False), "clip: runs as root"),
    ("security", "cpu", server("clip", "securityContext", "readOnlyRootFilesystem"), "clip/server: may write to its root"),
    ("security", "cpu", server("clip", "securityContext", "capabilities", value={"drop": ["NET_RAW"]}), "clip/server: keeps rights"),
    ("security", "cpu", deployment("clip", *SPEC, "automountServiceAccountToken"), "clip: gets a token"),
    ("security", "cpu", deployment("clip", *SPEC, "volumes", 0, "hostPath", value={"path": "/"}), "clip: a volume of type hostPath"),
    ("weights", "cpu", server("prior", "volumeMounts", 0, "readOnly", value=False), "prior/server: may write to the checkpoint"),
    ("weights", "cpu", deployment("prior", *SPEC, "initContainers"), "prior: the checkpoint is not checked"),
    ("weights", "cpu", deployment("prior", "spec", "template", "metadata", "annotations"), "prior: does not say which checkpoint"),
    ("images", "cpu", server("prior", "image", value="unclip-prior:latest"), "the image unclip-prior:latest is not"),
    ("images", "cpu", server("prior", "image", value="unclip-prior"), "the image unclip-prior is not"),
    ("images", "cpu", server("prior", "imagePullPolicy"), "prior/server: leaves open when"),
    ("flags", "cpu", flag("prior", "--memory_limit=3"), "prior: there is no flag --memory_limit"),
    ("flags", "cpu", deployment("prior", *SPEC, "volumes", -1, "configMap", "name", value="unclip-prior-flags"), "a change of its flags is no rollout"),
    ("identity", "cpu", resource("Namespace", "unclip", "metadata", "labels", value={}), "does not enforce Pod Security"),
    ("identity", "cpu", resource(SERVICE, "unclip-clip", "metadata", "namespace"), "Service unclip-clip: is in another namespace"),
    ("identity", "cpu", deployment("clip", "spec", "selector", "matchLabels", "app.kubernetes.io/version", value="0.1.0"), "clip: selects by other"),
    ("identity", "cpu", deployment("clip", *SPEC, "serviceAccountName", value="default"), "clip: has no account of its own"),
    ("services", "cpu", resource(SERVICE, "unclip-prior", "spec", "clusterIP"), "prior: its Service should be headless"),
    ("services", "cpu", resource(SERVICE, "unclip-prior", "spec", "publishNotReadyAddresses", value=True), "prior: its Service should be headless"),
    ("services", "cpu", flag("prior", "--listen=x"), None),  # arguments win over files: nothing changes
    ("services", "cpu", server("prior", "args", 1, value="--listen=0.0.0.0:6000"), "prior: its container's ports are not"),
    ("services", "cpu", server("gateway", "args", 6, value="--decoder_target=dns:///decoder:50053"), "gateway: does not find decoder"),
    ("availability", "cpu", resource(PDB, "unclip-clip", "spec", "minAvailable", value=2), "clip: its PodDisruptionBudget"),
    ("availability", "cpu", remove(PDB, "unclip-decoder"), "decoder: its PodDisruptionBudget"),
    ("autoscalers", "cpu", deployment("prior", "spec", "replicas", value=3), "prior: its Deployment's replicas fight"),
    ("autoscalers", "cpu", resource(HPA, "unclip-prior", *METRIC, value="unclip_prior_queue_length"), "prior: what is worked on does not count"),
    ("autoscalers", "cpu", resource(HPA, "unclip-prior", *METRIC, value="unclip_decoder_in_flight"), "prior: is not scaled by one documented gauge"),
    ("autoscalers", "cpu", resource(HPA, "unclip-prior", *METRIC, value="unclip_prior_requests_total"), "prior: is not scaled by one documented gauge"),
    ("autoscalers", "cpu", resource(HPA, "unclip-prior", *METRIC, value="unclip_prior_max_started"), "the Prometheus adapter does not know"),
    ("autoscalers", "cpu", resource(HPA, "unclip-prior", "spec", "behavior"), "prior: is scaled down at once"),
    ("autoscalers", "cpu", remove(HPA, "unclip-prior"), "prior: is not scaled"),
    ("autoscalers", "keda", resource("ScaledObject", "unclip-prior", "spec", "minReplicaCount"), "prior: is not scaled, or down to none"),
    ("autoscalers", "keda", resource("ScaledObject", "unclip-prior", "spec", "fallback"), "prior: has no fallback"),
    (
        "autoscalers",
        "keda",
        resource("ScaledObject", "unclip-prior", "spec", "triggers", 0, "metadata", "ignoreNullValues"),
        "prior: takes no answer for zero",
    ),
    ("network", "cpu", remove("NetworkPolicy", "unclip-default-deny"), "not everything is denied by default"),
    ("network", "cpu", add(ANYONE), "clip: lets in to ports"),
    ("network", "cpu", remove("NetworkPolicy", "unclip-clip"), "clip: is called by others"),
    ("network", "cpu", resource("NetworkPolicy", "unclip-clip", "spec", "egress", value=[{}]), "clip: calls others"),
    ("network", "cpu", resource("NetworkPolicy", "unclip-gateway", "spec", "egress", 3, value={}), "gateway: calls ports"),
    ("monitoring", "cpu", resource("PodMonitor", "unclip", "spec", "podMetricsEndpoints", 0, "port", value="http-metrics"), "prior: is not scraped"),
    ("monitoring", "cpu", remove("PrometheusRule", "unclip"), "the rules are missing"),
    ("monitoring", "cpu", remove("ConfigMap", "unclip-dashboard-prior"), "prior: has no dashboard"),
    ("monitoring", "cpu", remove("NetworkPolicy", "unclip-metrics"), "prior: Prometheus is not let in"),
    ("routes", "ingress", resource("Ingress", "unclip", "spec", "rules", 0, "http", "paths", 0, "path", value="/"), "Ingress /: leads to"),
    ("routes", "ingress", resource("Ingress", "unclip", "spec", "tls"), "Ingress: is not encrypted"),
    ("routes", "gateway-api", resource("HTTPRoute", "unclip", "spec", "rules", 0, "backendRefs", value=[]), None),
    ("routes", "gateway-api", resource("HTTPRoute", "unclip", "spec", "rules", 0, "matches", value=[]), "HTTPRoute: shows the metrics"),
    ("routes", "gateway-api", resource("GRPCRoute", "unclip", "spec", "rules", 0, "backendRefs", 0, "port", value=8080), "GRPCRoute: leads to"),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
  """From an overlay, or what is added to one, to its manifests as they are."""
  found = {name: manifests.render(f"overlays/{name}") for name in ("cpu", "gpu")}
  return found | {name: manifests.render_with("cpu", [name], tmp_path_factory.mktemp(name)) for name in ("keda", "ingress", "gateway-api")}


@pytest.mark.parametrize(("rule", "overlay", "change", "complaint"), BROKEN, ids=[f"{row[0]}-{row[3]}" for row in BROKEN])
def test_what_is_broken_is_found(whole, rule, overlay, change, complaint):
  broken = manifests.Manifests(whole[overlay].documents)
  change(broken)
  if complaint is None:
    assert complaints(broken) == []
    return
  (named,) = [one for one in RULES if one.__name__ == rule]
  assert any(complaint in found for found in named(broken)), list(named(broken))


def test_every_rule_is_shown_to_fail():
  assert {rule for rule, _, _, complaint in BROKEN if complaint} == {rule.__name__ for rule in RULES}
