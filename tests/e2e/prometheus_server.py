"""A real Prometheus (Debian's) that scrapes a cluster for a test."""

import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import yaml

from proto_modules import ROOT
from running_cluster import wait_until

CONFIG = ROOT / "deploy/prometheus/prometheus.yaml"


def _free_port():
  with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    return listener.getsockname()[1]


class PrometheusServer(contextlib.AbstractContextManager):
  """Runs with deploy/prometheus's rules and configuration, but for the folder, and scrapes and evaluates every second."""

  def __init__(self, targets_file):
    self._folder = pathlib.Path(tempfile.mkdtemp(prefix="unclip-prometheus-"))
    config = yaml.safe_load(CONFIG.read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(CONFIG.parent / rules) for rules in config["rule_files"]]
    for scrape in config["scrape_configs"]:
      scrape["file_sd_configs"] = [{"files": [str(targets_file)], "refresh_interval": "1s"}]
    (self._folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    self.address = f"127.0.0.1:{_free_port()}"
    self._log = open(self._folder / "log", "wb")  # closed in __exit__
    self._process = subprocess.Popen(
        [
            "prometheus", f"--config.file={self._folder}/prometheus.yaml", f"--storage.tsdb.path={self._folder}/data",
            f"--web.listen-address={self.address}",
        ],
        stdout=self._log, stderr=self._log,
    )  # fmt: skip
    wait_until(self._is_ready, "Prometheus is ready")

  def _is_ready(self):
    assert self._process.poll() is None, (self._folder / "log").read_text()[-3000:]
    try:
      with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=5) as answer:
        return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
      return False

  def __exit__(self, *_):
    self._process.terminate()
    self._process.wait(timeout=60)
    self._log.close()
    shutil.rmtree(self._folder)

  def ask(self, path, **parameters):
    """The data of an answer of Prometheus's HTTP API."""
    query = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"http://{self.address}/api/v1/{path}?{query}", timeout=30) as answer:
      document = json.load(answer)
    assert document["status"] == "success", document
    return document["data"]

  def query(self, expr):
    """The samples that a query returns now: (labels, value) pairs."""
    return [(sample["metric"], float(sample["value"][1])) for sample in self.ask("query", query=expr)["result"]]
