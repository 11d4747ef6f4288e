"""HTTP as bytes: requests that no client library would send, and answers read whole."""

import dataclasses
import http.client
import json
import socket
import uuid

# Far above what anything here takes: a test that comes near it hangs.
PATIENCE_SECONDS = 120

GENERATIONS = "/v1/images/generations"
EDITS = "/v1/images/edits"
VARIATIONS = "/v1/images/variations"
JOBS = "/v1/jobs"
JSON = {"Content-Type": "application/json"}
# What takes little time; a form of the same.
SMALL = {"prompt": "a large red heart", "model": "unclip", "candidate_count": 1, "prior_step_count": 2, "decoder_step_count": 2, "super_res_step_count": 2}
SMALL_FORM = [("model", "unclip"), ("decoder_step_count", "2"), ("super_res_step_count", "2")]
PROMPT = ("prompt", "a large red heart")


@dataclasses.dataclass
class Answer:
  status: int
  headers: dict  # names in lower case
  body: bytes

  def json(self):
    return json.loads(self.body)


def head(method, path, headers):
  lines = [f"{method} {path} HTTP/1.1", "Host: test", *(f"{name}: {value}" for name, value in headers.items())]
  return ("\r\n".join(lines) + "\r\n\r\n").encode()


def connect(address):
  host, port = address.rsplit(":", 1)
  return socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS)


def read_answer(connection, method="POST"):
  response = http.client.HTTPResponse(connection, method=method)
  response.begin()
  return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def send_raw(address, data, method="POST"):
  """Sends the bytes; the first answer to them."""
  with connect(address) as connection:
    try:
      connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
      pass  # refused before all was sent: the answer says why
    return read_answer(connection, method)


def send(address, method, path, body=b"", headers=None):
  """One well-formed request."""
  return send_raw(address, head(method, path, {"Content-Length": len(body), **(headers or {})}) + body, method)


def get(address, path):
  return send(address, "GET", path)


def post_json(address, path, body, headers=JSON):
  """`body`: bytes, or what is to be made JSON."""
  return send(address, "POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)


def form(parts, boundary=None):
  """The headers and the body of a form. parts: (name, text) or (name, bytes of a file)."""
  boundary = boundary or uuid.uuid4().hex
  body = b""
  for name, content in parts:
    file = '; filename="file"\r\nContent-Type: application/octet-stream' if isinstance(content, bytes) else ""
    content = content if isinstance(content, bytes) else content.encode()
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"
  return {"Content-Type": f"multipart/form-data; boundary={boundary}"}, body + f"--{boundary}--\r\n".encode()


def post_form(address, path, parts):
  headers, body = form(parts)
  return send(address, "POST", path, body, headers)


def error_of(answer, status, param=None):
  """The error object of an answer that must be one, with all its members; `param` when it must name one."""
  assert answer.status == status, (answer.status, answer.body[:500])
  assert answer.headers["content-type"] == "application/json"
  assert answer.headers["x-request-id"]
  body = answer.json()
  assert list(body) == ["error"]
  error = body["error"]
  assert set(error) == {"message", "type", "param", "code"}
  assert isinstance(error["message"], str) and 0 < len(error["message"]) < 1200
  assert error["type"] == ("invalid_request_error" if status < 500 or status == 501 else "server_error")
  assert error["code"] is None or error["code"]
  if param is not None:
    assert error["param"] == param, error
  return error
