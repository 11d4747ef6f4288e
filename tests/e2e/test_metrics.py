"""What the processes tell Prometheus, beside what docs/observability.md says they do."""

import re
import urllib.request

import pytest

from metrics_text import Metrics
from proto_modules import ROOT, gateway, progress
from running_cluster import PATIENCE_SECONDS, small_request, wait_until

MODEL_SERVICES = ("clip", "prior", "decoder")
STEP_SERVICES = ("prior", "decoder")
# prometheus-cpp's own, about /metrics itself.
FOREIGN = {"exposer_transferred_bytes_total", "exposer_scrapes_total", "exposer_request_latencies"}


def documented(service):
  """Names of a process's families in the documentation, and their kinds."""
  families = {}
  for name, kind in re.findall(r"^\| `(unclip_[^`{]+)(?:\{[^`]*\})?` \| (\w+) \|", (ROOT / "docs/observability.md").read_text(), re.M):
    if "<model service>" in name and service not in MODEL_SERVICES:
      continue
    if "<step service>" in name and service not in STEP_SERVICES:
      continue
    families[re.sub(r"<[a-z ]+>", service, name)] = kind
  return {name: kind for name, kind in families.items() if name.startswith(f"unclip_{service}_")}


@pytest.mark.parametrize("service", ["clip", "prior", "decoder", "gateway"])
def test_metrics_are_those_of_the_documentation(cluster, service):
  cluster.generate()
  urllib.request.urlopen(f"http://{cluster.http}/healthz", timeout=10).close()
  metrics = cluster.metrics(service)
  expected = documented(service)
  assert len(expected) >= 5
  found = {name: kind for name, kind in metrics.kinds.items() if name not in FOREIGN}
  # A family appears with its first sample; nothing went wrong here, so those that count faults may be absent.
  assert found.items() <= expected.items()
  assert {name for name in expected if name not in found} <= {f"unclip_{service}_{what}_total" for what in ("upstream_reissues", "wasted_steps")}


def test_a_request_is_counted_where_it_passes(cluster):
  names = {"gateway": "GenerateImage", "clip": "EmbedText", "prior": "SamplePrior", "decoder": "DecodeImage"}

  def counts():
    return {
        service: cluster.metrics(service).value(f"unclip_{service}_requests_total", method=method, code="OK")
        for service, method in names.items()
    }

  before, steps_before = counts(), cluster.metrics("decoder").value("unclip_decoder_steps_total", stage="decoder")
  # A prompt of its own: the gateway would not ask clip for one that it keeps.
  cluster.generate(decoder_step_count=5, prompt="a prompt that is counted")
  assert counts() == {service: count + 1 for service, count in before.items()}
  assert cluster.metrics("decoder").value("unclip_decoder_steps_total", stage="decoder") == steps_before + 5
  for service in names:
    assert cluster.metrics(service).value(f"unclip_{service}_in_flight") == 0


def test_what_is_stepped_and_wasted_is_counted(cluster):
  def counts():
    metrics = cluster.metrics("decoder")
    return (
        metrics.value("unclip_decoder_batch_rows_count", stage="decoder"),
        metrics.value("unclip_decoder_wasted_steps_total", reason="cancelled"),
        metrics.value("unclip_decoder_in_flight"),
    )

  batches, wasted, _ = counts()
  stream = cluster.stub.StreamGenerateImage(
      gateway.StreamGenerateImageRequest(request=small_request(decoder_step_count=100, super_res_step_counts=[27])), timeout=PATIENCE_SECONDS
  )
  for event in stream:
    if event.progress.progress.stage == progress.STAGE_DECODER and event.progress.progress.step >= 3:
      stream.cancel()
      break
  wait_until(lambda: counts()[2] == 0, "the decoder has let go of it")
  assert counts()[0] >= batches + 3
  assert wasted + 3 <= counts()[1] <= wasted + 127


def test_the_parser_refuses_what_is_not_of_the_format():
  Metrics('# TYPE a counter\na{b="c\\"d",e="f"} 1\na 2e3 1700000000\n')
  for text in ("a 1", "a{b=c} 1\n", "a{b=\"c\" 1\n", "a\n", "a one\n", "# TYPE a count\n", "# TYPE a counter\n# TYPE a counter\n"):
    with pytest.raises(ValueError):
      Metrics(text)
