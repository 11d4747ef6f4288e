"""Schemas of resources: Kubernetes' own from kubernetes-validate, and the fields that we use of others, for which it has none."""

import functools
import json

import jsonschema
import kubernetes_validate

# The oldest that all fields are there in, and the newest that there are schemas of.
VERSIONS = ("1.31", kubernetes_validate.latest_version())


def _object(required=(), **properties):
  """An object of these fields and no others."""
  return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _list(item):
  return {"type": "array", "items": item, "minItems": 1}


_TEXT, _NUMBER, _PORT = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 1, "maximum": 65535}
_DURATION = {"type": "string", "pattern": "^([0-9]+(h|m|s|ms))+$"}
_LABELS = {"type": "object", "additionalProperties": _TEXT}
_POLICY = _object(("type", "value", "periodSeconds"), type={"enum": ["Pods", "Percent"]}, value=_NUMBER, periodSeconds=_NUMBER)
_SCALING = _object((), stabilizationWindowSeconds=_NUMBER, selectPolicy={"enum": ["Min", "Max", "Disabled"]}, policies=_list(_POLICY))
_PARENT = _object(("name",), name=_TEXT, namespace=_TEXT)
_BACKEND = _object(("name", "port"), name=_TEXT, port=_PORT)

# Written from the documentation of KEDA 2, the Prometheus operator (monitoring.coreos.com/v1) and the Gateway API (v1), for what stands
# in our manifests. It finds misspelt and misplaced fields; what those projects' servers check beyond that, it does not know.
OTHERS = {
    ("keda.sh/v1alpha1", "ScaledObject"): _object(
        ("scaleTargetRef", "triggers"),
        scaleTargetRef=_object(("name",), name=_TEXT),
        pollingInterval=_NUMBER,
        minReplicaCount=_NUMBER,
        maxReplicaCount=_NUMBER,
        fallback=_object(
            ("failureThreshold", "replicas"),
            failureThreshold=_NUMBER,
            replicas=_NUMBER,
            behavior={"enum": ["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"]},
        ),
        advanced=_object((), horizontalPodAutoscalerConfig=_object((), behavior=_object((), scaleUp=_SCALING, scaleDown=_SCALING))),
        triggers=_list(
            _object(
                ("type", "metadata"),
                type={"const": "prometheus"},
                metricType={"enum": ["AverageValue", "Value"]},
                # All values of a trigger's metadata are strings.
                metadata=_object(("serverAddress", "query", "threshold"), serverAddress=_TEXT, query=_TEXT, threshold=_TEXT, ignoreNullValues=_TEXT),
            )
        ),
    ),
    ("monitoring.coreos.com/v1", "PodMonitor"): _object(
        ("selector", "podMetricsEndpoints"),
        selector=_object((), matchLabels=_LABELS),
        podTargetLabels=_list(_TEXT),
        podMetricsEndpoints=_list(_object(("port",), port=_TEXT, path=_TEXT, interval=_DURATION, scrapeTimeout=_DURATION)),
    ),
    # What the expressions mean is promtool's to say (test_prometheus_rules.py).
    ("monitoring.coreos.com/v1", "PrometheusRule"): _object(
        ("groups",),
        groups=_list(
            _object(
                ("name", "rules"),
                name=_TEXT,
                interval=_DURATION,
                rules=_list(_object(("expr",), record=_TEXT, alert=_TEXT, expr=_TEXT, labels=_LABELS, annotations=_LABELS, **{"for": _DURATION})),
            )
        ),
    ),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"): _object(
        ("rules",),
        parentRefs=_list(_PARENT),
        hostnames=_list(_TEXT),
        rules=_list(
            _object(
                (),
                matches=_list(_object((), path=_object((), type={"enum": ["Exact", "PathPrefix"]}, value={"type": "string", "pattern": "^/"}))),
                timeouts=_object((), request=_DURATION, backendRequest=_DURATION),
                backendRefs=_list(_BACKEND),
            )
        ),
    ),
    ("gateway.networking.k8s.io/v1", "GRPCRoute"): _object(
        ("rules",),
        parentRefs=_list(_PARENT),
        hostnames=_list(_TEXT),
        rules=_list(_object((), matches=_list(_object((), method=_object((), service=_TEXT, method=_TEXT))), backendRefs=_list(_BACKEND))),
    ),
}


def complaints(document, version):
  """What is wrong with a resource, unknown fields included. For one that nothing is known of, that is what is wrong."""
  # Most are the same in all overlays, and reading the schemas takes a while.
  return _complaints(json.dumps(document, sort_keys=True), version)


@functools.cache
def _complaints(text, version):
  document = json.loads(text)
  where = f"{document['kind']} {document['metadata']['name']}"
  known = OTHERS.get((document["apiVersion"], document["kind"]))
  try:
    if known is not None:
      jsonschema.validate(document.get("spec"), known)
    else:
      kubernetes_validate.validate(document, version, strict=True)
  except (jsonschema.ValidationError, kubernetes_validate.ValidationError) as error:
    return [f"{where}: {error.message}"]
  except kubernetes_validate.SchemaNotFoundError:
    return [f"{where}: there is no schema for {document['apiVersion']}"]
  return []
