"""What the tests of the HTTP side share."""

import pytest

from openai_client import client_of
from raw_http import GENERATIONS, SMALL, post_json


@pytest.fixture(scope="session")
def client(cluster):
  with client_of(cluster.http) as running:
    yield running


@pytest.fixture(scope="session")
def gateway_pid(cluster):
  return cluster.pids("gateway")


@pytest.fixture
def still_serves(cluster, gateway_pid):
  """After the test the same process draws a picture."""
  yield
  answer = post_json(cluster.http, GENERATIONS, {**SMALL, "response_format": "b64_json"})
  assert answer.status == 200 and answer.json()["data"][0]["b64_json"].startswith("iVBORw0KGgo")
  assert cluster.pids("gateway") == gateway_pid
