"""Rendered manifests, and how to look things up in them."""

import copy
import functools
import os
import re
import shutil
import subprocess

import yaml
from make_rootfs import ROOT

KUBERNETES = ROOT / "deploy/kubernetes"
MODEL_SERVICES = ("clip", "prior", "decoder")
PROCESSES = ("gateway", *MODEL_SERVICES)
COMPONENT = "app.kubernetes.io/component"
NAME = "app.kubernetes.io/name"
# Components that an overlay may add, beyond what it names itself.
CHOICES = {"keda": ["keda"], "ingress": ["ingress"], "gateway-api": ["gateway-api"], "image-volume": ["image-volume"]}


def _has_components(kubectl):
  """Whether it holds a kustomize that is new enough: 5, where Debian's own has 2."""
  result = subprocess.run([kubectl, "version", "--client"], check=False, capture_output=True, text=True)
  return re.search(r"Kustomize Version: v5", result.stdout) is not None


@functools.cache
def find_kubectl():
  """kubectl on the PATH if it will do, else the one that scripts/setup.sh brought."""
  for candidate in (shutil.which("kubectl"), str(ROOT / ".deps/kubectl/kubectl")):
    if candidate and shutil.which(candidate) and _has_components(candidate):
      return candidate
  raise AssertionError("there is no kubectl with kustomize 5; scripts/setup.sh test installs one")


@functools.cache
def render_text(folder):
  """What `kubectl kustomize` makes of a folder, the same text in the same order each time."""
  result = subprocess.run([find_kubectl(), "kustomize", folder], check=False, capture_output=True, text=True)
  assert result.returncode == 0, f"kubectl kustomize {folder}: {result.stderr}"
  return result.stdout


class Manifests:
  """The resources that would be applied. Changing them changes no other Manifests."""

  def __init__(self, documents):
    self.documents = copy.deepcopy(documents)

  def of_kind(self, kind):
    return [document for document in self.documents if document["kind"] == kind]

  def find(self, kind, name):
    """The resource, or an empty one."""
    return next((found for found in self.of_kind(kind) if found["metadata"]["name"] == name), {})

  def deployment(self, process):
    """The process's Deployment."""
    return self.find("Deployment", f"unclip-{process}")

  def pod(self, process):
    return self.deployment(process)["spec"]["template"]["spec"]

  def server(self, process):
    """The container that the process runs in."""
    return next(container for container in self.pod(process)["containers"] if container["name"] == "server")

  def containers(self, process):
    """All of the pod's, those that run before included."""
    return [*self.pod(process)["containers"], *self.pod(process).get("initContainers", [])]

  def volume(self, process, name):
    return next((volume for volume in self.pod(process).get("volumes", []) if volume["name"] == name), {})

  def flag_files(self, process):
    """The files of flags that the process reads, in their order: pairs of name and text."""
    config_map = self.find("ConfigMap", self.volume(process, "flags").get("configMap", {}).get("name"))
    names = [name for argument in self.server(process)["args"] for name in re.findall(r"/etc/unclip/([\w.]+)", argument)]
    return [(name, config_map.get("data", {}).get(name, "")) for name in names]

  def flags(self, process):
    """The flags that the process gets, by name. The later one wins, as it does in the process."""
    lines = [line for _, text in self.flag_files(process) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = {}
    for line in [*lines, *self.server(process)["args"]]:
      name, _, value = line.strip().removeprefix("--").partition("=")
      found[name] = value
    found.pop("flagfile", None)
    return found

  def port(self, process, flag):
    """The port of an address flag."""
    return int(self.flags(process)[flag].rpartition(":")[2])


def render(folder):
  """The manifests of a folder below deploy/kubernetes."""
  return Manifests(list(yaml.safe_load_all(render_text(KUBERNETES / folder))))


def render_with(overlay, components, folder):
  """The manifests of an overlay with more components. `folder` is an empty one, for the kustomization that says so.

  kustomize wants paths that are relative.
  """
  text = {
      "apiVersion": "kustomize.config.k8s.io/v1beta1",
      "kind": "Kustomization",
      "namespace": "unclip",
      "resources": [os.path.relpath(KUBERNETES / "overlays" / overlay, folder)],
      "components": [os.path.relpath(KUBERNETES / "components" / name, folder) for name in components],
  }
  (folder / "kustomization.yaml").write_text(yaml.safe_dump(text))
  return Manifests(list(yaml.safe_load_all(render_text(folder))))
