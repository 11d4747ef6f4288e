"""Tests of hpa_manifest.py."""

import pathlib

import pytest

from hpa import DEFAULT_DOWN, DEFAULT_UP, Policy, Rules
from hpa_manifest import WrongManifest, quantity, read_manifests

SAMPLE = pathlib.Path(__file__).resolve().parent / "testdata/autoscalers.yaml"
SCALED_OBJECT = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: decoder
spec:
  minReplicaCount: 2
  maxReplicaCount: 9
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          selectPolicy: Disabled
  triggers:
    - type: prometheus
      metadata:
        serverAddress: http://prometheus:9090
        query: sum(unclip_decoder_in_flight)
        threshold: "3"
"""


def test_reads_targets_bounds_and_behavior():
  prior, decoder = read_manifests(SAMPLE)
  assert (prior.service, prior.options.target, prior.options.up, prior.options.down) == ("prior", 4, DEFAULT_UP, DEFAULT_DOWN)
  assert (decoder.service, decoder.options.target, decoder.options.minimum, decoder.options.maximum) == ("decoder", 1.5, 1, 3)
  assert decoder.options.up == Rules(0, (Policy("Pods", 2, 30),))
  assert decoder.options.down == Rules(120, (Policy("Pods", 1, 30),))


def test_reads_what_keda_makes_an_autoscaler_of(tmp_path):
  path = tmp_path / "keda.yaml"
  path.write_text(SCALED_OBJECT + "---\nkind: Deployment\n")
  (decoder,) = read_manifests(path)
  assert (decoder.service, decoder.options.metric, decoder.options.target) == ("decoder", "external", 3)
  assert (decoder.options.minimum, decoder.options.maximum) == (2, 9)
  assert decoder.options.down.select == "Disabled" and decoder.options.down.window == DEFAULT_DOWN.window


def test_refuses_what_it_does_not_understand(tmp_path):
  path = tmp_path / "hpa.yaml"
  path.write_text(SAMPLE.read_text().replace("unclip_prior_in_flight", "cpu_seconds"))
  with pytest.raises(WrongManifest, match="prior follows 'cpu_seconds'"):
    read_manifests(path)
  path.write_text(SAMPLE.read_text().replace("type: Pods\n      pods", "type: External\n      pods"))
  with pytest.raises(WrongManifest, match="one metric, of type Pods"):
    read_manifests(path)


def test_reads_quantities():
  assert [quantity(text) for text in ("2", 2, "1500m", "1k", "2.5")] == [2, 2, 1.5, 1000, 2.5]
  with pytest.raises(WrongManifest):
    quantity("many")
