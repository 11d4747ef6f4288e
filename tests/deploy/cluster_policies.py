"""What must hold between the resources: services, autoscalers, policies of the network. Each rule yields what is wrong."""

import functools
import re

import code_facts
import yaml
from manifests import COMPONENT, KUBERNETES, MODEL_SERVICES, NAME, PROCESSES

CLUSTER_WIDE = {"Namespace", "PersistentVolume", "PriorityClass"}
METRICS_PORT = 9090


def selector(process):
  return {NAME: "unclip", COMPONENT: process}


def _matches(wanted, labels):
  return bool(wanted) and wanted.items() <= labels.items()


def identity(manifests):
  """Names, labels and selectors. Selectors cannot change once they are there, so they are the same in all overlays."""
  namespaces = manifests.of_kind("Namespace")
  if [found["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") for found in namespaces] != ["restricted"]:
    yield "the namespace does not enforce Pod Security `restricted`"
  for document in manifests.documents:
    where = f"{document['kind']} {document['metadata']['name']}"
    if document["kind"] not in CLUSTER_WIDE and document["metadata"].get("namespace") != namespaces[0]["metadata"]["name"]:
      yield f"{where}: is in another namespace"
  for process in PROCESSES:
    deployment = manifests.deployment(process)
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    if deployment["spec"]["selector"] != {"matchLabels": selector(process)} or not _matches(selector(process), labels):
      yield f"{process}: selects by other labels than {selector(process)}"
    if labels.get("app.kubernetes.io/version") != code_facts.version() or labels.get("app.kubernetes.io/part-of") != "unclip":
      yield f"{process}: lacks a recommended label, or has another version's"
    account = manifests.find("ServiceAccount", manifests.pod(process).get("serviceAccountName"))
    if account.get("metadata", {}).get("name") != f"unclip-{process}" or account.get("automountServiceAccountToken") is not False:
      yield f"{process}: has no account of its own, or one with a token"


def services(manifests):
  for process in PROCESSES:
    spec = manifests.find("Service", f"unclip-{process}").get("spec", {})
    if spec.get("selector") != selector(process):
      yield f"{process}: its Service selects other pods"
    headless = spec.get("clusterIP") == "None"
    if headless != (process in MODEL_SERVICES) or spec.get("publishNotReadyAddresses", False):
      yield f"{process}: its Service should {'' if process in MODEL_SERVICES else 'not '}be headless, of pods that are ready"
    named = {port["name"]: port["containerPort"] for port in manifests.server(process).get("ports", [])}
    addresses = {"grpc": "listen", "metrics": "metrics_listen"} | ({"http": "http_listen"} if process == "gateway" else {})
    if named != {name: manifests.port(process, flag) for name, flag in addresses.items()}:
      yield f"{process}: its container's ports are not those that it listens on"
    for port in spec.get("ports", []):
      if named.get(port["targetPort"]) != port["port"]:
        yield f"{process}: its Service's port {port['port']} leads elsewhere"
  for process in MODEL_SERVICES:
    if manifests.flags("gateway").get(f"{process}_target") != f"dns:///unclip-{process}:{manifests.port(process, 'listen')}":
      yield f"gateway: does not find {process} by its Service's name and port"


def availability(manifests):
  for process in PROCESSES:
    spec = manifests.find("PodDisruptionBudget", f"unclip-{process}").get("spec", {})
    if spec.get("maxUnavailable") != 1 or "minAvailable" in spec or spec.get("selector") != {"matchLabels": selector(process)}:
      yield f"{process}: its PodDisruptionBudget is not one pod of its own"


def _targets(manifests, process):
  """The gauge that the process is scaled by and how much of it a pod should have, as its autoscaler says: at most one."""
  for metric in manifests.find("HorizontalPodAutoscaler", f"unclip-{process}").get("spec", {}).get("metrics", []):
    if metric["type"] == "Pods":
      yield metric["pods"]["metric"]["name"], metric["pods"]["target"].get("averageValue")
  for trigger in manifests.find("ScaledObject", f"unclip-{process}").get("spec", {}).get("triggers", []):
    query = re.fullmatch(r'sum\((\w+)\{namespace="unclip"\}\)', trigger["metadata"].get("query", ""))
    if trigger["type"] == "prometheus" and query and trigger.get("metricType") == "AverageValue":
      yield query[1], trigger["metadata"]["threshold"]


@functools.cache
def adapter_series():
  """The patterns of names that the Prometheus adapter makes metrics of pods."""
  values = yaml.safe_load((KUBERNETES / "prometheus_adapter.yaml").read_text())
  matchers = [re.search(r'__name__=(~?)"([^"]+)"', rule["seriesQuery"]).groups() for rule in values["rules"]["custom"]]
  return [pattern if is_pattern else re.escape(pattern) for is_pattern, pattern in matchers]


def autoscalers(manifests):
  """One for each process, or none at all; by what waits and is worked on, as a gauge that the process itself counts."""
  kinds = {document["kind"] for document in manifests.documents} & {"HorizontalPodAutoscaler", "ScaledObject"}
  if len(kinds) > 1:
    yield "two kinds of autoscalers fight over the replicas"
  for process in PROCESSES:
    if "replicas" in manifests.deployment(process)["spec"]:
      yield f"{process}: its Deployment's replicas fight the autoscaler"
    for kind in kinds:
      spec = manifests.find(kind, f"unclip-{process}").get("spec", {})
      least = spec.get("minReplicas", spec.get("minReplicaCount", 0))
      if spec.get("scaleTargetRef", {}).get("name") != f"unclip-{process}" or least < 1:
        yield f"{process}: is not scaled, or down to none"
      behavior = spec.get("behavior") or spec.get("advanced", {}).get("horizontalPodAutoscalerConfig", {}).get("behavior", {})
      if behavior.get("scaleDown", {}).get("stabilizationWindowSeconds", 0) < 300:
        yield f"{process}: is scaled down at once"
      yield from _metric_complaints(manifests, process, kind)


def _metric_complaints(manifests, process, kind):
  found = list(_targets(manifests, process))
  if len(found) != 1 or found[0][0] not in code_facts.gauges(process):
    yield f"{process}: is not scaled by one documented gauge of its own: {found}"
  elif "queue_length" in found[0][0]:
    yield f"{process}: what is worked on does not count"
  elif kind == "HorizontalPodAutoscaler" and not any(re.fullmatch(pattern.strip("^$"), found[0][0]) for pattern in adapter_series()):
    yield f"{process}: the Prometheus adapter does not know {found[0][0]}"
  if kind == "ScaledObject":
    spec = manifests.find(kind, f"unclip-{process}").get("spec", {})
    if not spec.get("fallback", {}).get("replicas"):
      yield f"{process}: has no fallback for when Prometheus is gone"
    for trigger in spec.get("triggers", []):
      if trigger["metadata"].get("ignoreNullValues") != "false":
        yield f"{process}: takes no answer for zero"


def _ports_from(policies, process, wanted):
  """Ports that the policies let in to, or out of (`wanted`: ingress, egress), the process, with their peers."""
  labels = selector(process)
  for policy in policies:
    chosen = policy["spec"]["podSelector"].get("matchLabels", {})
    if chosen.items() <= labels.items():
      for rule in policy["spec"].get(wanted, []):
        for port in rule.get("ports", [{"port": "any"}]):
          yield port["port"], rule.get("from" if wanted == "ingress" else "to")


def network(manifests):
  """Nothing but what is needed: callers to gateways, gateways to the services and DNS, Prometheus to metrics."""
  policies = manifests.of_kind("NetworkPolicy")
  everything = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
  if not any(policy["spec"] == everything for policy in policies):
    yield "not everything is denied by default"
  for process in PROCESSES:
    entries = list(_ports_from(policies, process, "ingress"))
    own = {manifests.port(process, "listen")} | ({manifests.port(process, "http_listen")} if process == "gateway" else set())
    let_in = {port for port, _ in entries}
    if not own <= let_in or not let_in <= own | {METRICS_PORT}:
      yield f"{process}: lets in to ports {sorted(map(str, let_in))}"
    if any(not peers for _, peers in entries):
      yield f"{process}: lets in everyone"
  for process in MODEL_SERVICES:
    port = manifests.port(process, "listen")
    callers = [peers for let_in, peers in _ports_from(policies, process, "ingress") if let_in == port]
    if callers != [[{"podSelector": {"matchLabels": selector("gateway")}}]]:
      yield f"{process}: is called by others than the gateways"
    if list(_ports_from(policies, process, "egress")):
      yield f"{process}: calls others"
  out = {port for port, _ in _ports_from(policies, "gateway", "egress")}
  if out != {53, *(manifests.port(process, "listen") for process in MODEL_SERVICES)}:
    yield f"gateway: calls ports {sorted(map(str, out))}"


def monitoring(manifests):
  """Of an overlay that is scraped."""
  for monitor in manifests.of_kind("PodMonitor"):
    for process in PROCESSES:
      labels = manifests.deployment(process)["spec"]["template"]["metadata"]["labels"]
      ports = {port["name"] for port in manifests.server(process)["ports"]}
      wanted = {endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]}
      if not _matches(monitor["spec"]["selector"].get("matchLabels"), labels) or not wanted or not wanted <= ports:
        yield f"{process}: is not scraped"
      if METRICS_PORT not in {port for port, _ in _ports_from(manifests.of_kind("NetworkPolicy"), process, "ingress")}:
        yield f"{process}: Prometheus is not let in"
  if manifests.of_kind("PodMonitor"):
    found = [group["name"] for rule in manifests.of_kind("PrometheusRule") for group in rule["spec"]["groups"]]
    if not found or len(set(found)) != len(found):
      yield "the rules are missing, or there twice"
    shown = {name for found in manifests.of_kind("ConfigMap") if found["metadata"]["labels"].get("grafana_dashboard") == "1" for name in found["data"]}
    for name in {"overview", *PROCESSES} - {name.removesuffix(".json") for name in shown}:
      yield f"{name}: has no dashboard"


def routes(manifests):
  """What leads in from outside leads to the gateways, and not to their metrics."""
  ports = {"http": 8080, "grpc": 50050}
  for found in manifests.of_kind("Ingress"):
    for path in (path for rule in found["spec"]["rules"] for path in rule["http"]["paths"]):
      service = path["backend"]["service"]
      if service["name"] != "unclip-gateway" or service["port"].get("name") not in ports or not path["path"].startswith("/v1"):
        yield f"Ingress {path['path']}: leads to {service}"
    if not found["spec"].get("tls"):
      yield "Ingress: is not encrypted"
  for found in [*manifests.of_kind("HTTPRoute"), *manifests.of_kind("GRPCRoute")]:
    wanted = ports["http" if found["kind"] == "HTTPRoute" else "grpc"]
    for backend in (backend for rule in found["spec"]["rules"] for backend in rule.get("backendRefs", [])):
      if backend != {"name": "unclip-gateway", "port": wanted}:
        yield f"{found['kind']}: leads to {backend}"
  for found in manifests.of_kind("HTTPRoute"):
    closed = [match for rule in found["spec"]["rules"] if not rule.get("backendRefs") for match in rule.get("matches", [])]
    if {"path": {"type": "Exact", "value": "/metrics"}} not in closed:
      yield "HTTPRoute: shows the metrics"


ALL = (identity, services, availability, autoscalers, network, monitoring, routes)
