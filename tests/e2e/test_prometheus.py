"""A real Prometheus scrapes a real cluster: every query of every dashboard and rule has an answer."""

import json
import os
import signal
import sys
import urllib.error
import urllib.request

import pytest

from prometheus_server import PrometheusServer
from proto_modules import ROOT, gateway, progress
from running_cluster import PATIENCE_SECONDS, Cluster, small_request, wait_until

sys.path.insert(0, str(ROOT / "tests/deploy"))
from dashboards import queries  # pylint: disable=wrong-import-position


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
  """A cluster whose metrics Prometheus has, and that was used in all the ways that count."""
  targets = tmp_path_factory.mktemp("prometheus") / "targets.json"
  with Cluster("--threads=1", f"--metrics-targets={targets}") as cluster, PrometheusServer(targets) as prometheus:
    count = sum(len(group["targets"]) for group in json.loads(targets.read_text()))
    assert count == 4
    wait_until(lambda: len([up for _, up in prometheus.query('up{job="unclip"}') if up == 1]) == count, "all are scraped")
    use(cluster)
    # Rates need two scrapes around what happened.
    wait_until(lambda: any(value > 0 for _, value in prometheus.query("unclip:steps:rate5m")), "what happened was scraped and recorded")
    use(cluster)
    yield cluster, prometheus


def post(cluster, path, **body):
  request = urllib.request.Request(f"http://{cluster.http}{path}", json.dumps(body).encode(), {"content-type": "application/json"})
  with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
    return json.load(answer)


def use(cluster):
  """Pictures through both doors, previews, a variation, a prompt that comes again, one that is cancelled, one that comes too late."""
  picture = cluster.picture(decoder_step_count=4)
  cluster.generate()
  variation = gateway.VariationSource(image=picture)
  cluster.stub.GenerateImage(gateway.GenerateImageRequest(variation=variation, decoder_step_count=3), timeout=PATIENCE_SECONDS)
  post(cluster, "/v1/images/generations", prompt="a large red heart on a white background", size="256x256")
  request = small_request(decoder_step_count=100, super_res_step_counts=[27])
  stream = cluster.stub.StreamGenerateImage(
      gateway.StreamGenerateImageRequest(request=request, preview_step_interval=1), timeout=PATIENCE_SECONDS
  )
  for event in stream:
    if event.progress.progress.stage == progress.STAGE_DECODER and event.progress.progress.step >= 5:
      stream.cancel()
      break
  with pytest.raises(urllib.error.HTTPError):
    post(cluster, "/v1/images/generations", prompt="")


@pytest.mark.parametrize("dashboard, title, query", queries("1m"))
def test_every_query_of_the_dashboards_returns_data(watched, dashboard, title, query):
  _, prometheus = watched

  def data():
    """What the query returns, once it has a number everywhere; of quantiles, which are NaN where nothing happened, somewhere."""
    samples = prometheus.query(query)
    numbers = [value == value for _, value in samples]
    return samples if any(numbers) and (all(numbers) or "histogram_quantile" in query) else None

  # A recorded quantile is NaN until the rules are evaluated after the requests were scraped.
  wait_until(data, f"{dashboard}, {title}: {query}", seconds=20)


def test_every_rule_is_evaluated_and_no_alert_fires(watched):
  _, prometheus = watched
  wait_until(
      lambda: all(rule["health"] != "unknown" for group in prometheus.ask("rules")["groups"] for rule in group["rules"]), "all rules were evaluated"
  )
  rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
  assert len(rules) > 50
  assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []
  assert [rule["name"] for rule in rules if rule["type"] == "alerting" and rule["state"] == "firing"] == []


def test_an_alert_is_pending_when_a_service_is_away(watched):
  """Last: it kills a decoder, which is started again."""
  cluster, prometheus = watched
  os.kill(cluster.pids("decoder")[0], signal.SIGKILL)
  wait_until(lambda: prometheus.query('ALERTS{alertname="UnclipUpstreamDown",upstream="decoder"}'), "the alert is pending")
  wait_until(lambda: prometheus.query('changes(unclip_decoder_start_time_seconds[5m])')[0][1] == 1, "the decoder's start is seen")
