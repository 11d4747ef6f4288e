"""Takes the pictures of Prometheus' graph page that docs/ has: a cluster under a little load for a minute and a half.

usage: prometheus_screenshots.py FOLDER
"""

import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

from prometheus_server import PrometheusServer
from running_cluster import Cluster, small_request

SECONDS = 90
PAGES = {
    "prometheus-graph": [
        'sum by (code) (rate(unclip_gateway_requests_total{method="GenerateImage"}[20s]))',
        "sum by (stage) (rate(unclip_decoder_steps_total[20s]))",
        "unclip_decoder_in_flight",
    ],
    "prometheus-stages": [
        "sum by (stage) (rate(unclip_gateway_stage_seconds_sum[20s])) / sum by (stage) (rate(unclip_gateway_stage_seconds_count[20s]))",
        "sum by (stage) (rate(unclip_decoder_batch_rows_sum[20s])) / sum by (stage) (rate(unclip_decoder_batch_rows_count[20s]))",
        "histogram_quantile(0.9, sum by (le) (rate(unclip_decoder_queue_seconds_bucket[20s])))",
    ],
}


def load(cluster, until):
  """One request after the other, and for the middle third six at a time."""
  start = time.monotonic()
  number = 0
  with concurrent.futures.ThreadPoolExecutor(6) as pool:
    while time.monotonic() < until:
      share = (time.monotonic() - start) / (until - start)
      count = 6 if 1 / 3 < share < 2 / 3 else 1
      requests = [small_request(seed=number + i, decoder_step_count=10, prior_step_count=8) for i in range(count)]
      number += count
      list(pool.map(lambda request: cluster.stub.GenerateImage(request, timeout=60), requests))


def take(address, queries, path):
  parameters = {}
  for i, query in enumerate(queries):
    parameters |= {f"g{i}.expr": query, f"g{i}.tab": "0", f"g{i}.range_input": "2m", f"g{i}.step_input": "1"}
  url = f"http://{address}/graph?{urllib.parse.urlencode(parameters)}"
  subprocess.run(
      [
          "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,2280",
          "--virtual-time-budget=20000", f"--screenshot={path}", url,
      ],
      check=True, timeout=120,
  )  # fmt: skip


def main():
  folder = pathlib.Path(sys.argv[1])
  with tempfile.TemporaryDirectory() as temporary:
    targets = pathlib.Path(temporary) / "targets.json"
    with Cluster("--threads=1", f"--metrics-targets={targets}") as cluster, PrometheusServer(targets) as prometheus:
      load(cluster, time.monotonic() + SECONDS)
      for name, queries in PAGES.items():
        take(prometheus.address, queries, folder / f"{name}.png")


if __name__ == "__main__":
  main()
