"""Reads what a manifest asks of an autoscaler: a HorizontalPodAutoscaler (autoscaling/v2), or KEDA's ScaledObject, which makes one."""

import dataclasses
import re

import yaml

from hpa import DEFAULT_DOWN, DEFAULT_UP, Options, Policy, Rules

_METRIC = re.compile(r"unclip_(clip|prior|decoder|gateway)_in_flight")
_SUFFIXES = {"": 1, "m": 1e-3, "k": 1e3}


class WrongManifest(Exception):
  """A manifest asks for something that is not understood; says what."""


@dataclasses.dataclass(frozen=True)
class Manifest:
  """service: whose `unclip_<service>_in_flight` is followed."""

  name: str
  service: str
  options: Options


def quantity(text):
  """The number that a Kubernetes quantity ("2", "1500m") stands for."""
  match = re.fullmatch(r"([0-9.]+)(m|k|)", str(text))
  if not match:
    raise WrongManifest(f"{text!r} is no quantity such as 2 or 1500m")
  return float(match[1]) * _SUFFIXES[match[2]]


def _rules(behavior, direction, default):
  given = (behavior or {}).get(direction) or {}
  policies = tuple(Policy(each["type"], each["value"], each["periodSeconds"]) for each in given.get("policies") or []) or default.policies
  window = given.get("stabilizationWindowSeconds")
  return Rules(default.window if window is None else window, policies, given.get("selectPolicy") or "Max")


def _make(document, service, metric, target, bounds, behavior):
  minimum, maximum = bounds
  options = Options(
      maximum=maximum,
      target=target,
      minimum=1 if minimum is None else minimum,
      metric=metric,
      up=_rules(behavior, "scaleUp", DEFAULT_UP),
      down=_rules(behavior, "scaleDown", DEFAULT_DOWN),
  )
  return Manifest(document["metadata"]["name"], service, options)


def _service_of(name, text):
  match = _METRIC.search(text)
  if not match:
    raise WrongManifest(f"{name} follows {text!r}; only unclip_<service>_in_flight is known")
  return match[1]


def _from_hpa(document):
  name, spec = document["metadata"]["name"], document["spec"]
  metrics = spec["metrics"]
  if len(metrics) != 1 or metrics[0]["type"] != "Pods" or metrics[0]["pods"]["target"]["type"] != "AverageValue":
    raise WrongManifest(f"{name} must have one metric, of type Pods with an AverageValue")
  pods = metrics[0]["pods"]
  service = _service_of(name, pods["metric"]["name"])
  bounds = (spec.get("minReplicas"), spec["maxReplicas"])
  return _make(document, service, "pods", quantity(pods["target"]["averageValue"]), bounds, spec.get("behavior"))


def _from_scaled_object(document):
  name, spec = document["metadata"]["name"], document["spec"]
  triggers = spec["triggers"]
  if len(triggers) != 1 or triggers[0]["type"] != "prometheus" or triggers[0].get("metricType", "AverageValue") != "AverageValue":
    raise WrongManifest(f"{name} must have one trigger, of type prometheus with an AverageValue")
  metadata = triggers[0]["metadata"]
  service = _service_of(name, metadata["query"])
  behavior = ((spec.get("advanced") or {}).get("horizontalPodAutoscalerConfig") or {}).get("behavior")
  # KEDA's own defaults are 0 and 100.
  bounds = (spec.get("minReplicaCount", 0), spec.get("maxReplicaCount", 100))
  return _make(document, service, "external", float(metadata["threshold"]), bounds, behavior)


_KINDS = {"HorizontalPodAutoscaler": _from_hpa, "ScaledObject": _from_scaled_object}


def read_manifests(path):
  """The autoscalers of a YAML file, which may hold other things as well."""
  documents = [document for document in yaml.safe_load_all(path.read_text()) if document]
  return [_KINDS[document["kind"]](document) for document in documents if document.get("kind") in _KINDS]
