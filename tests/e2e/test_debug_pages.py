"""The pages under /debug/ of the metrics ports."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from running_cluster import PATIENCE_SECONDS, small_request, wait_until

PROMPT = "a small cyan ring that nobody must read of"


def fetch(address, path, accept="*/*"):
  request = urllib.request.Request(f"http://{address}{path}", headers={"Accept": accept})
  with urllib.request.urlopen(request, timeout=10) as response:
    return response.headers, response.read().decode()


def requests(cluster, name):
  return json.loads(fetch(cluster.metrics_addresses[name][0], "/debug/requests")[1])


@pytest.fixture(name="long_request")
def _long_request(cluster):
  """A request that takes until the test is over."""
  trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
  future = cluster.stub.GenerateImage.future(
      small_request(prompt=PROMPT, decoder_step_count=1000),
      metadata=[("x-request-id", "<i>long"), ("traceparent", trace)],
      timeout=PATIENCE_SECONDS,
  )
  yield "<i>long"
  future.cancel()
  wait_until(lambda: not requests(cluster, "decoder")["requests"] and not requests(cluster, "gateway")["requests"], "it is gone")


def test_the_request_that_runs_is_shown_where_it_runs(cluster, long_request):
  page = wait_until(lambda: (page := requests(cluster, "decoder"))["running"] and page["requests"][0]["step"] > 2 and page, "it runs")
  (shown,) = page["requests"]
  assert page["process"] == "decoder"
  assert (page["running"], page["started"], page["queued"]) == (1, 0, 0)
  assert shown["request_id"] == long_request
  assert shown["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
  assert (shown["state"], shown["stage"], shown["step_count"]) == ("running", "decoder", 1000)
  assert shown["seconds"] > 0
  (at_gateway,) = requests(cluster, "gateway")["requests"]
  assert at_gateway["request_id"] == long_request
  assert (at_gateway["stage"], at_gateway["step"], at_gateway["step_count"]) == ("pictures", 0, 1)
  assert requests(cluster, "prior")["requests"] == []


def test_a_browser_gets_html_without_anyones_markup(cluster, long_request):
  wait_until(lambda: requests(cluster, "decoder")["requests"], "it is there")
  headers, text = fetch(cluster.metrics_addresses["decoder"][0], "/debug/requests", accept="text/html")
  assert headers["Content-Type"] == "text/html; charset=utf-8"
  assert "&lt;i&gt;long" in text and long_request not in text


@pytest.mark.parametrize("name", ["clip", "prior", "decoder", "gateway"])
def test_no_prompt_is_on_any_page(cluster, long_request, name):
  wait_until(lambda: requests(cluster, "decoder")["requests"], "it is there")
  for path in ("/debug/", "/debug/requests", "/debug/requests?format=html"):
    assert "nobody must read" not in fetch(cluster.metrics_addresses[name][0], path)[1]


def test_the_index_lists_pages_that_are_there(cluster):
  for page in json.loads(fetch(cluster.metrics_addresses["prior"][0], "/debug/")[1])["pages"]:
    assert fetch(cluster.metrics_addresses["prior"][0], page)
  with pytest.raises(urllib.error.HTTPError, match="404"):
    fetch(cluster.metrics_addresses["prior"][0], "/debug/nothing")


def test_asking_often_and_at_once_is_safe(cluster, long_request):
  wait_until(lambda: requests(cluster, "decoder")["requests"], "it is there")
  failures = []

  def ask():
    try:
      for _ in range(50):
        assert requests(cluster, "decoder")["requests"][0]["request_id"] == long_request
    except Exception as failure:  # pylint: disable=broad-exception-caught
      failures.append(failure)

  threads = [threading.Thread(target=ask) for _ in range(4)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert not failures
