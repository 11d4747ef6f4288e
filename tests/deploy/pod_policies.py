"""What must hold for every pod. Each rule yields what is wrong with rendered manifests."""

import re

import code_facts
from make_rootfs import USER_ID
from manifests import COMPONENT, MODEL_SERVICES, NAME, PROCESSES

VOLUME_TYPES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"}
ON_GPU = "nvidia.com/gpu"


def probes(manifests):
  """Each asks the port that the process listens on; only the liveness probe asks whether it answers at all."""
  for process in PROCESSES:
    server, port = manifests.server(process), manifests.port(process, "listen")
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
      probe = server.get(kind, {})
      if probe.get("grpc", {}).get("port") != port:
        yield f"{process}: the {kind} does not ask port {port}"
      if probe.get("failureThreshold", 0) < 2:
        yield f"{process}: the {kind} gives up at once"
    if server.get("readinessProbe", {}).get("grpc", {}).get("service", "") != "":
      yield f"{process}: the readiness probe asks for another service"
    if server.get("livenessProbe", {}).get("grpc", {}).get("service") != code_facts.live_health_name():
      yield f"{process}: the liveness probe depends on more than the process"
    startup = server.get("startupProbe", {})
    allowed = startup.get("periodSeconds", 10) * startup.get("failureThreshold", 3)
    if manifests.deployment(process)["spec"].get("progressDeadlineSeconds", 600) <= allowed:
      yield f"{process}: a rollout gives up before a pod may have started"


def drains(manifests):
  """Nobody is killed before the process has drained, and it drains for as long as a request may take."""
  longest = code_facts.seconds(manifests.flags("gateway").get("default_deadline") or code_facts.flags("gateway")["default_deadline"])
  for process in PROCESSES:
    values = {name: manifests.flags(process).get(name) or code_facts.flags(process)[name] for name in ("drain_delay", "grace")}
    drain = sum(map(code_facts.seconds, values.values())) + code_facts.flush_seconds()
    if manifests.pod(process).get("terminationGracePeriodSeconds", 30) < drain:
      yield f"{process}: is killed after {manifests.pod(process).get('terminationGracePeriodSeconds', 30)} s, and drains for up to {drain} s"
    if code_facts.seconds(values["grace"]) < longest:
      yield f"{process}: drains for {values['grace']}, and a request may take {longest} s"
    if code_facts.seconds(values["drain_delay"]) < (10 if process == "gateway" else 1):
      yield f"{process}: refuses requests before its callers can know"


def rollouts(manifests):
  for process in PROCESSES:
    spec = manifests.deployment(process)["spec"]
    limits = manifests.server(process).get("resources", {}).get("limits", {})
    wanted = {"maxSurge": 0, "maxUnavailable": 1} if ON_GPU in limits else {"maxSurge": 1, "maxUnavailable": 0}
    if spec.get("strategy", {}).get("rollingUpdate") != wanted:
      yield f"{process}: rolls out otherwise than with {wanted}"
    if spec.get("minReadySeconds", 0) < 5:
      yield f"{process}: counts as available too soon"


def placement(manifests):
  classes = {found["metadata"]["name"] for found in manifests.of_kind("PriorityClass")}
  for process in PROCESSES:
    pod = manifests.pod(process)
    spread = {one["topologyKey"]: one for one in pod.get("topologySpreadConstraints", [])}
    for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone"):
      if spread.get(key, {}).get("labelSelector", {}).get("matchLabels") != {NAME: "unclip", COMPONENT: process}:
        yield f"{process}: is not spread by {key}"
    if pod.get("priorityClassName") not in classes:
      yield f"{process}: has no priority class"
    if ON_GPU in manifests.server(process).get("resources", {}).get("limits", {}):
      if not any(one.get("key") == ON_GPU for one in pod.get("tolerations", [])) or not pod.get("nodeSelector"):
        yield f"{process}: wants a GPU and goes to any node"


def resources(manifests):
  for process in PROCESSES:
    for container in manifests.containers(process):
      where, of = f"{process}/{container['name']}", container.get("resources", {})
      requests, limits = of.get("requests", {}), of.get("limits", {})
      for name in ("cpu", "memory", "ephemeral-storage"):
        if name not in requests or name not in limits:
          yield f"{where}: has no request or limit of {name}"
      for name in ("memory", ON_GPU, *(["cpu"] if process in MODEL_SERVICES else [])):
        if requests.get(name) != limits.get(name):
          yield f"{where}: requests another {name} than its limit"
    for volume in manifests.pod(process).get("volumes", []):
      if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
        yield f"{process}: the volume {volume['name']} has no limit"
  for process in MODEL_SERVICES:
    source = {"containerName": "server", "resource": "requests.cpu", "divisor": "1"}
    variables = {one["name"]: one.get("valueFrom", {}).get("resourceFieldRef") for one in manifests.server(process).get("env", [])}
    name = re.fullmatch(r"\$\((\w+)\)", manifests.flags(process).get("threads", ""))
    if name is None or variables.get(name[1]) != source:
      yield f"{process}: its threads do not follow its request for processors"


def security(manifests):
  """Pod Security `restricted`, and a root that is read-only."""
  for process in PROCESSES:
    pod = manifests.pod(process)
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or context.get("runAsUser") != USER_ID:
      yield f"{process}: runs as root, or as another user than the image's"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
      yield f"{process}: has no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
      yield f"{process}: gets a token"
    if any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
      yield f"{process}: shares namespaces of its node"
    for volume in pod.get("volumes", []):
      yield from (f"{process}: a volume of type {kind} is not allowed" for kind in volume.keys() - {"name"} - VOLUME_TYPES)
    for container in manifests.containers(process):
      own, where = container.get("securityContext", {}), f"{process}/{container['name']}"
      if own.get("allowPrivilegeEscalation") is not False or own.get("capabilities") != {"drop": ["ALL"]} or own.get("privileged"):
        yield f"{where}: keeps rights"
      if own.get("readOnlyRootFilesystem") is not True:
        yield f"{where}: may write to its root"
      if own.get("runAsUser", USER_ID) == 0 or own.get("runAsNonRoot") is False:
        yield f"{where}: runs as root"


def weights(manifests):
  """Checkpoints are read-only, and checked before they are served."""
  for process in MODEL_SERVICES:
    for container in manifests.containers(process):
      mounts = {mount["name"]: mount for mount in container.get("volumeMounts", [])}
      if mounts.get("checkpoint", {}).get("readOnly") is not True:
        yield f"{process}/{container['name']}: may write to the checkpoint"
    check = next((one for one in manifests.pod(process).get("initContainers", []) if one["name"] == "verify-checkpoint"), {})
    digests = manifests.find("ConfigMap", manifests.volume(process, "digests").get("configMap", {}).get("name"))
    mount = {one["name"]: one["mountPath"] for one in check.get("volumeMounts", [])}
    if check.get("workingDir") != mount.get("checkpoint") or f"{mount.get('digests')}/SHA256SUMS" not in check.get("command", []):
      yield f"{process}: the checkpoint is not checked"
    if "--strict" not in check.get("command", []) or "SHA256SUMS" not in digests.get("data", {}):
      yield f"{process}: there are no digests to check the checkpoint with"
    if "unclip/checkpoint" not in manifests.deployment(process)["spec"]["template"]["metadata"].get("annotations", {}):
      yield f"{process}: does not say which checkpoint it serves"


def images(manifests):
  for process in PROCESSES:
    for container in manifests.containers(process):
      where = f"{process}/{container['name']}"
      name, tag = re.fullmatch(r"(?:.*/)?([\w-]+)(?:[:@](.+))?", container["image"]).groups()
      if name != f"unclip-{process}" or not re.fullmatch(rf"{re.escape(code_facts.version())}(-cuda)?|sha256:[0-9a-f]{{64}}", tag or ""):
        yield f"{where}: the image {container['image']} is not this version's"
      if "imagePullPolicy" not in container:
        yield f"{where}: leaves open when its image is pulled"
      for variable in container.get("env", []):
        if "secretKeyRef" in variable.get("valueFrom", {}):
          yield f"{where}: has a secret in its environment"


def flags(manifests):
  """The flags are the binary's, and a change of them is a rollout."""
  for process in PROCESSES:
    known = code_facts.flags(process)
    yield from (f"{process}: there is no flag --{name}" for name in manifests.flags(process).keys() - known.keys())
    if [name for name, _ in manifests.flag_files(process)] != ["base.flags", "overlay.flags"]:
      yield f"{process}: does not read its files of flags"
    for volume in ("flags", *(["digests"] if process in MODEL_SERVICES else [])):
      name = manifests.volume(process, volume).get("configMap", {}).get("name", "")
      if not re.search(r"-[a-z0-9]{10}$", name) or not manifests.find("ConfigMap", name):
        yield f"{process}: a change of its {volume} is no rollout"


ALL = (probes, drains, rollouts, placement, resources, security, weights, images, flags)
