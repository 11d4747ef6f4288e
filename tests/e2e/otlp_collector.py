"""A stand-in for an OpenTelemetry collector: takes OTLP/HTTP JSON and keeps the spans, once they have passed OTLP's own protobuf."""

import base64
import contextlib
import dataclasses
import http.server
import json
import threading

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2


@dataclasses.dataclass(frozen=True)
class Span:
  """A span, and what it is of."""

  resource: dict
  attributes: dict
  message: object  # opentelemetry.proto.trace.v1.Span

  @property
  def id(self):
    return self.message.span_id.hex()

  @property
  def parent(self):
    return self.message.parent_span_id.hex()

  @property
  def trace(self):
    return self.message.trace_id.hex()

  @property
  def name(self):
    return self.message.name

  @property
  def service(self):
    return self.resource["service.name"]


def _with_base64_ids(value):
  """The same with ids as Protobuf's own JSON has them; OTLP's are hexadecimal."""
  if isinstance(value, list):
    return [_with_base64_ids(item) for item in value]
  if not isinstance(value, dict):
    return value
  ids = ("traceId", "spanId", "parentSpanId")
  return {key: base64.b64encode(bytes.fromhex(item)).decode() if key in ids else _with_base64_ids(item) for key, item in value.items()}


def _attributes(pairs):
  return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


def parse_spans(body):
  """The spans of an ExportTraceServiceRequest in OTLP's JSON. An error when it is not one, or has a field that OTLP does not know."""
  request = json_format.ParseDict(_with_base64_ids(json.loads(body)), trace_service_pb2.ExportTraceServiceRequest())
  return [
      Span(_attributes(resource.resource.attributes), _attributes(span.attributes), span)
      for resource in request.resource_spans
      for scope in resource.scope_spans
      for span in scope.spans
  ]


class OtlpCollector(contextlib.AbstractContextManager):
  """Listens on a free port of this machine."""

  def __init__(self):
    self.spans = []
    self.faults = []  # what was wrong with requests
    self._answers = []
    collector = self

    class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = "HTTP/1.1"

      def do_POST(self):
        self.close_connection = False
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = collector._take(self.path, self.headers, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

      def log_message(self, *_):
        pass

    self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    self._server.daemon_threads = True
    self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
    self._thread.start()

  def __exit__(self, *_):
    self._server.shutdown()
    self._thread.join()
    self._server.server_close()

  @property
  def endpoint(self):
    return f"http://127.0.0.1:{self._server.server_port}"

  def answer_first_with(self, *statuses):
    """The next requests are refused so."""
    self._answers = list(statuses)

  def of_trace(self, trace_id):
    return [span for span in self.spans if span.trace == trace_id]

  def _take(self, path, headers, body):
    if self._answers:
      return self._answers.pop(0)
    try:
      assert path == "/v1/traces", path
      assert headers["Content-Type"] == "application/json", headers
      self.spans += parse_spans(body)
    except Exception as fault:  # pylint: disable=broad-exception-caught
      self.faults.append(fault)
    return 200
