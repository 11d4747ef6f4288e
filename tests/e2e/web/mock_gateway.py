"""A gateway for work on the playground: speaks the HTTP interface, and draws shapes in place of what a model would.

usage: mock_gateway.py [--port PORT] [--native SIDE] [--step-seconds SECONDS] [--with-switches]

Serves gateway/web/ at /, with the headers that the gateway sends. Prints `listening URL`. With switches, tests set how it behaves
(POST /mock, the fields of mock_cluster.Cluster), and ask what was sent last (GET /mock).
"""

import argparse
import email.parser
import email.policy
import http.server
import json
import pathlib
import random
import re

import mock_cluster
import mock_picture

WEB = pathlib.Path(__file__).resolve().parents[3] / "gateway/web"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml"}  # fmt: skip
SCALARS = {
    "prompt", "negative_prompt", "model", "n", "size", "seed", "preset", "output_format", "output_compression", "candidate_count",
    "prior_step_count", "decoder_step_count", "super_res_step_count", "prior_guidance_scale", "decoder_guidance_scale",
    "resample_count", "jump_length", "response_format", "user",
}  # fmt: skip


class Refusal(Exception):
  """An answer that is an error."""

  def __init__(self, status, message, code=None, param=None, headers=()):
    super().__init__(message)
    self.status = status
    kind = {429: "rate_limit_error", 500: "server_error", 503: "server_error"}.get(status, "invalid_request_error")
    self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    self.headers = dict(headers)


def parse_form(content_type, body):
  """The fields of a multipart body: text, or bytes for a file."""
  message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
  fields = {}
  for part in message.iter_parts():
    name = part.get_param("name", header="content-disposition")
    data = part.get_payload(decode=True)
    fields[name] = data if part.get_filename() else data.decode()
  return fields


def checked_parameters(fields, capabilities):
  """The settings as understood, with a seed."""
  unknown = sorted(set(fields) - SCALARS)
  if unknown:
    raise Refusal(400, f"unknown parameter: '{unknown[0]}'", "unknown_parameter", unknown[0])
  if "prompt" in fields and not str(fields["prompt"]).strip():
    raise Refusal(400, "prompt must have a character that is not white space", param="prompt")
  if fields.get("size", capabilities["native_size"]) not in capabilities["sizes"]:
    raise Refusal(400, f"size must be one of {', '.join(capabilities['sizes'])}, not {fields['size']}", param="size")
  for name, value in fields.items():
    limits = capabilities.get(name)
    if isinstance(limits, dict) and "minimum" in limits and not limits["minimum"] <= float(value) <= limits["maximum"]:
      raise Refusal(400, f"{name} must be {limits['minimum']} to {limits['maximum']}, not {value}", param=name)
  defaults = {"n": 1, "size": capabilities["native_size"], "preset": "quality", "seed": str(random.randrange(2**53))}
  return {**defaults, **{name: value for name, value in fields.items() if name != "model"}}


def read_picture(name, data):
  try:
    return mock_picture.read_png(data)
  except ValueError as error:
    raise Refusal(400, f"{name}: {error}", param=name) from error


class Handler(http.server.BaseHTTPRequestHandler):
  """One connection."""

  protocol_version = "HTTP/1.1"
  cluster: mock_cluster.Cluster
  with_switches = False

  def log_message(self, *_):
    pass

  def _send(self, status, body, content_type="application/json", headers=()):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    self.send_response(status)
    self.send_header("content-type", content_type)
    self.send_header("content-length", str(len(data)))
    self.send_header("x-request-id", f"mock-{random.randrange(16**8):08x}")
    self.send_header("cache-control", "no-cache")
    self.send_header("x-content-type-options", "nosniff")
    self.send_header("content-security-policy", CONTENT_SECURITY_POLICY)
    for name, value in dict(headers).items():
      self.send_header(name, value)
    self.end_headers()
    self.wfile.write(data)

  def _answer(self, act):
    self.body = self.rfile.read(int(self.headers.get("content-length") or 0))
    try:
      act()
    except Refusal as refusal:
      self._send(refusal.status, refusal.body, headers=refusal.headers)
    except ConnectionError:
      self.close_connection = True

  def do_GET(self):
    self._answer(self._get)

  def do_POST(self):
    self._answer(self._post)

  def do_DELETE(self):
    self._answer(self._delete)

  def _get(self):
    path = self.path.split("?")[0]
    events = re.fullmatch(r"/v1/jobs/(\w+)/events", path)
    job = re.fullmatch(r"/v1/jobs/(\w+)", path)
    if path == "/readyz":
      down = self.cluster.down()
      self._send(503 if down else 200, {"status": "not ready" if down else "ready", "services": self.cluster.services})
    elif path == "/v1/capabilities":
      self._send(200, self.cluster.capabilities())
    elif events:
      self._stream(self._job(events[1]))
    elif job:
      self._send(200, self._job(job[1]).state)
    elif path == "/mock" and self.with_switches:
      self._send(200, self.cluster.last_request)
    else:
      self._file(path)

  def _post(self):
    if self.path == "/mock" and self.with_switches:
      for name, value in json.loads(self.body).items():
        setattr(self.cluster, name, value)
      self._send(200, {})
    elif self.path == "/v1/jobs":
      self._create()
    else:
      raise Refusal(404, f"there is no {self.path}", "not_found")

  def _delete(self):
    match = re.fullmatch(r"/v1/jobs/(\w+)", self.path)
    job = self._job(match[1] if match else "")
    if job.turn("cancelled"):
      self._send(200, job.state)
    else:
      del self.cluster.jobs[job.id]
      self._send(200, {"id": job.id, "object": "job", "deleted": True})

  def _job(self, identifier):
    job = self.cluster.jobs.get(identifier)
    if job is None:
      raise Refusal(404, f"there is no job {identifier}", "not_found")
    return job

  def _create(self):
    cluster = self.cluster
    if cluster.down():
      raise Refusal(503, f"service {cluster.down()[0]} is not up", "service_unavailable", headers={"retry-after": "1"})
    if cluster.queue_full_seconds:
      wait = {"retry-after-ms": str(int(1000 * cluster.queue_full_seconds)), "retry-after": str(int(cluster.queue_full_seconds) + 1)}
      raise Refusal(429, "the gateway is full: 64 requests are queued", "queue_full", headers=wait)
    content_type = self.headers.get("content-type", "")
    fields = parse_form(content_type, self.body) if content_type.startswith("multipart/form-data") else json.loads(self.body)
    files = {name: read_picture(name, fields.pop(name)) for name in ("image", "mask") if name in fields}
    kind = "generation" if "image" not in files else "edit" if "prompt" in fields else "variation"
    cluster.last_request = {"kind": kind, "fields": dict(fields)}
    for name, picture in files.items():
      if picture.width != picture.height:
        raise Refusal(400, f"{name} must be square, not {picture.size}", param=name)
      cluster.last_request[name] = {"size": picture.size, "transparent_share": picture.transparent_share()}
    if "mask" in files and files["mask"].size != files["image"].size:
      raise Refusal(400, "mask must be of the image's size", param="mask")
    job = cluster.start(kind, checked_parameters(fields, cluster.capabilities()), files.get("image"), files.get("mask"))
    self._send(202, job.state, headers={"location": f"/v1/jobs/{job.id}"})

  def _stream(self, job):
    self.send_response(200)
    self.send_header("content-type", "text/event-stream")
    self.send_header("cache-control", "no-cache")
    self.send_header("connection", "close")
    self.end_headers()
    self.close_connection = True
    told, position = job.backlog()
    while True:
      for name, data in told:
        self.wfile.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
      if told and told[-1][0] == "status" and told[-1][1]["status"] in mock_cluster.FINAL:
        return
      with job.changed:
        job.changed.wait_for(lambda: len(job.events) > position)
        told, position = job.events[position:], len(job.events)

  def _file(self, path):
    file = (WEB / ("index.html" if path == "/" else path.lstrip("/"))).resolve()
    if file.parent != WEB or not file.is_file() or file.suffix not in TYPES:
      raise Refusal(404, f"there is no {path}", "not_found")
    self._send(200, file.read_bytes(), TYPES[file.suffix])


class Server(http.server.ThreadingHTTPServer):
  daemon_threads = True


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--port", type=int, default=0)
  parser.add_argument("--native", type=int, default=32, help="side of the pictures in pixels")
  parser.add_argument("--step-seconds", type=float, default=0.03)
  parser.add_argument("--with-switches", action="store_true")
  options = parser.parse_args()
  Handler.cluster = mock_cluster.Cluster(native_side=options.native, step_seconds=options.step_seconds)
  Handler.with_switches = options.with_switches
  server = Server(("127.0.0.1", options.port), Handler)
  print(f"listening http://127.0.0.1:{server.server_address[1]}", flush=True)
  server.serve_forever()


if __name__ == "__main__":
  main()
