"""One request's spans, over all four processes, as an OpenTelemetry collector gets them."""

import json
import re
import subprocess
import urllib.request

import pytest
from opentelemetry.proto.trace.v1 import trace_pb2

from otlp_collector import OtlpCollector, parse_spans
from proto_modules import gateway
from running_cluster import BINARIES, CHECKPOINT, PATIENCE_SECONDS, Cluster, small_request, wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
SERVER, CLIENT = trace_pb2.Span.SPAN_KIND_SERVER, trace_pb2.Span.SPAN_KIND_CLIENT
PROMPT = "a large red heart that nobody must read of on a white background"


@pytest.fixture(scope="module")
def collector():
  with OtlpCollector() as running:
    yield running
    assert not running.faults


@pytest.fixture(scope="module")
def traced_cluster(collector):
  with Cluster("--threads=1", f"--otlp-endpoint={collector.endpoint}") as running:
    yield running


def spans_of(collector, trace_id):
  """All spans of a trace that went through all four: the span of what came in is the last that a process ends, and sends."""

  def whole():
    spans = collector.of_trace(trace_id)
    return spans if len({span.service for span in spans if span.message.kind == SERVER}) == 4 else None

  return wait_until(whole, f"the spans of {trace_id}")


def children_of(spans):
  """Span id to the sorted names of those below it, as service/name."""
  ids = [span.id for span in spans]
  assert len(ids) == len(set(ids))
  return {
      span.id: sorted(f"{below.service.removeprefix('unclip-')}: {below.name}" for below in spans if below.parent == span.id)
      for span in spans
  }


def check_tree(spans, root_name, caller):
  """One tree: every span is below another, but the root, which is below the caller's span."""
  roots = [span for span in spans if span.parent not in {other.id for other in spans}]
  assert [root.name for root in roots] == [root_name]
  assert roots[0].parent == caller
  by_id = {span.id: span for span in spans}
  for span in spans:
    assert span.message.start_time_unix_nano <= span.message.end_time_unix_nano
    if span is not roots[0]:
      above = by_id[span.parent]
      assert above.message.start_time_unix_nano <= span.message.start_time_unix_nano, (above.name, span.name)
  return roots[0]


def check_below(spans, root):
  below = children_of(spans)
  by_name = {}
  for span in spans:
    by_name.setdefault((span.service.removeprefix("unclip-"), span.name), []).append(span)

  def only(service, name):
    (span,) = [span for span in by_name[service, name] if span.message.kind != CLIENT]
    return span

  def call(name):
    (span,) = [span for span in by_name["gateway", name] if span.message.kind == CLIENT]
    return span

  assert below[root.id] == ["gateway: embed_text", "gateway: picture"]
  clip, prior, decoder = "unclip.clip.v1.ClipService/EmbedText", "unclip.prior.v1.PriorService/SamplePrior", "unclip.decoder.v1.DecoderService/DecodeImage"
  assert below[only("gateway", "embed_text").id] == [f"gateway: {clip}"]
  assert below[call(clip).id] == [f"clip: {clip}"]
  assert below[only("clip", clip).id] == ["clip: embed_text", "clip: queue"]
  assert below[only("gateway", "picture").id] == ["gateway: encode", f"gateway: {decoder}", f"gateway: {prior}"]
  assert below[call(prior).id] == [f"prior: {prior}"]
  assert below[only("prior", prior).id] == ["prior: prior", "prior: queue"]
  assert below[call(decoder).id] == [f"decoder: {decoder}"]
  assert below[only("decoder", decoder).id] == ["decoder: decoder", "decoder: encode", "decoder: queue", "decoder: super_res"]
  events = [(event.name, {pair.key: pair.value.int_value for pair in event.attributes}) for event in only("decoder", "decoder").message.events]
  assert events == [("step", {"unclip.step": step, "unclip.step_count": 25}) for step in (10, 20)]
  assert [event.name for event in only("prior", "prior").message.events] == ["step"]


def test_a_grpc_requests_spans_are_one_tree_below_its_caller(collector, traced_cluster):
  metadata = [("traceparent", f"00-{TRACE}-{PARENT}-01"), ("tracestate", "vendor=1"), ("x-request-id", "traced-1")]
  traced_cluster.stub.GenerateImage(
      small_request(prompt=PROMPT, prior_step_count=10, decoder_step_count=25), metadata=metadata, timeout=PATIENCE_SECONDS
  )
  name = "unclip.gateway.v1.ImageGenerationService/GenerateImage"
  spans = spans_of(collector, TRACE)
  root = check_tree(spans, name, caller=PARENT)
  check_below(spans, root)
  assert {span.message.trace_state for span in spans} == {"vendor=1"}
  assert root.attributes == {
      "rpc.system": "grpc",
      "rpc.service": "unclip.gateway.v1.ImageGenerationService",
      "rpc.method": "GenerateImage",
      "rpc.grpc.status_code": 0,
      "unclip.request_id": "traced-1",
  }
  assert {span.attributes["unclip.request_id"] for span in spans if span.message.kind == SERVER} == {"traced-1"}
  assert len({span.resource["service.instance.id"] for span in spans}) == 4
  assert all(re.fullmatch(r"\d+\.\d+.*", span.resource["service.version"]) for span in spans)
  assert "nobody must read" not in str(spans)


def test_an_http_requests_spans_are_one_tree_below_its_caller(collector, traced_cluster):
  trace = TRACE[::-1]
  request = urllib.request.Request(
      f"http://{traced_cluster.http}/v1/images/generations",
      json.dumps({"prompt": PROMPT + " again", "response_format": "b64_json", "size": "256x256", "prior_step_count": 10, "decoder_step_count": 25}).encode(),
      {"Content-Type": "application/json", "traceparent": f"00-{trace}-{PARENT}-01"},
  )
  with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
    assert answer.status == 200
  spans = spans_of(collector, trace)
  root = check_tree(spans, "POST /v1/images/generations", caller=PARENT)
  check_below(spans, root)
  assert root.attributes["http.request.method"] == "POST"
  assert root.attributes["http.route"] == "/v1/images/generations"
  assert root.attributes["http.response.status_code"] == 200
  assert "nobody must read" not in str(spans)


def test_a_jobs_spans_are_below_the_request_that_asked_for_it(collector, traced_cluster):
  trace = "3" * 32
  request = urllib.request.Request(
      f"http://{traced_cluster.http}/v1/jobs",
      json.dumps({"prompt": PROMPT + " later", "prior_step_count": 10, "decoder_step_count": 25}).encode(),
      {"Content-Type": "application/json", "traceparent": f"00-{trace}-{PARENT}-01"},
  )
  with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
    assert answer.status == 202

  def whole():
    # The job's own last span is its picture's.
    spans = collector.of_trace(trace)
    return spans if {"POST /v1/jobs", "picture"} <= {span.name for span in spans} and len({span.service for span in spans}) == 4 else None

  spans = wait_until(whole, "the job's spans")
  check_below(spans, check_tree(spans, "POST /v1/jobs", caller=PARENT))


def test_a_trace_begins_here_when_the_callers_context_is_not_valid(collector, traced_cluster):
  traced_cluster.stub.GetCapabilities(
      gateway.GetCapabilitiesRequest(), metadata=[("traceparent", f"00-{TRACE}-{PARENT}"), ("x-request-id", "begun")]
  )
  found = wait_until(lambda: [span for span in collector.spans if span.attributes.get("unclip.request_id") == "begun"], "the span")
  assert found[0].parent == ""
  assert found[0].trace != TRACE


def test_what_the_caller_does_not_record_is_not_recorded(collector, traced_cluster):
  trace = "1" * 32
  traced_cluster.stub.GetCapabilities(gateway.GetCapabilitiesRequest(), metadata=[("traceparent", f"00-{trace}-{PARENT}-00")])
  # What came after has arrived, and this has not.
  traced_cluster.stub.GetCapabilities(gateway.GetCapabilitiesRequest(), metadata=[("x-request-id", "after")])
  wait_until(lambda: [span for span in collector.spans if span.attributes.get("unclip.request_id") == "after"], "the span")
  assert not collector.of_trace(trace)


def test_the_gateways_own_questions_begin_no_traces(collector, traced_cluster):
  traced_cluster.generate()
  assert not [span for span in collector.spans if span.name.endswith("/GetModelInfo")]


def test_logs_of_all_four_tell_the_trace(traced_cluster):
  trace = "2" * 32
  traced_cluster.stub.GenerateImage(
      small_request(prompt=PROMPT + " with logs"), metadata=[("traceparent", f"00-{trace}-{PARENT}-01")], timeout=PATIENCE_SECONDS
  )
  lines = wait_until(
      lambda: (found := re.findall(rf"service=(\w+) msg=\"request done\" request_id=\S+ trace_id={trace} span_id=([0-9a-f]{{16}})", traced_cluster.errors))
      and len(found) == 4
      and found,
      "a line of each process",
  )
  assert {service for service, _ in lines} == {"gateway", "clip", "prior", "decoder"}
  assert len({span for _, span in lines}) == 4


def test_spans_that_were_exported_are_counted(collector, traced_cluster):
  traced_cluster.generate()
  wait_until(lambda: traced_cluster.metrics("gateway").value("unclip_gateway_spans_exported_total") > 0, "spans are counted")
  assert traced_cluster.metrics("gateway").value("unclip_gateway_spans_dropped_total") == 0


def test_the_end_of_a_process_sends_what_waits():
  with OtlpCollector() as collector:
    with Cluster("--threads=1", f"--otlp-endpoint={collector.endpoint}") as cluster:
      collector.answer_first_with(503)
      cluster.stub.GetCapabilities(gateway.GetCapabilitiesRequest(), metadata=[("x-request-id", "last")])
      assert cluster.stop() == 0
    assert [span.attributes["unclip.request_id"] for span in collector.spans] == ["last"]
    assert not collector.faults


@pytest.mark.parametrize(
    "flag, named", [("--otlp_endpoint=collector:4318", "--otlp_endpoint"), ("--trace_sample_ratio=2", "--trace_sample_ratio")]
)
def test_a_flag_that_cannot_be_is_named(flag, named):
  command = [BINARIES["prior"], f"--checkpoint={CHECKPOINT}", flag]
  ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
  assert ended.returncode == 2
  assert named in ended.stderr


def test_the_parser_refuses_what_is_not_of_the_protocol():
  span = {"traceId": TRACE, "spanId": PARENT, "name": "n", "kind": 2, "startTimeUnixNano": "1"}
  assert parse_spans(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))[0].trace == TRACE
  for bad in ({"traceId": "xyz"}, {"unknown": 1}, {"startTimeUnixNano": "soon"}, {"kind": "server"}):
    with pytest.raises(Exception):
      parse_spans(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span | bad]}]}]}))
