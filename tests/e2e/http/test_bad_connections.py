"""Bytes that are no HTTP, or HTTP that is meant to be misread: an error or an end, and the gateway goes on."""

import socket
import time

import pytest

from raw_http import GENERATIONS, SMALL, connect, error_of, get, head, post_json, read_answer, send, send_raw

pytestmark = pytest.mark.usefixtures("still_serves")

START = b"POST " + GENERATIONS.encode() + b" HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
NO_REQUESTS = {
    "nonsense": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", 400),
    "no version": (b"GET /healthz\r\n\r\n", 400),
    "another version": (b"GET /healthz HTTP/3.7\r\n\r\n", 400),
    "NUL in a header": (b"GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 400),
    "space before the colon": (b"GET /healthz HTTP/1.1\r\nHost : h\r\n\r\n", 400),
    "no colon": (b"GET /healthz HTTP/1.1\r\nHost\r\n\r\n", 400),
    "bare line ends": (b"GET /healthz HTTP/1.1\nHost: h\n\n", 400),
    "length and chunks": (START + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks and length": (START + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400),
    "two lengths": (START + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400),
    "a list of lengths": (START + b"Content-Length: 2, 3\r\n\r\n{} ", 400),
    "negative length": (START + b"Content-Length: -2\r\n\r\n{}", 400),
    "signed length": (START + b"Content-Length: +2\r\n\r\n{}", 400),
    "hexadecimal length": (START + b"Content-Length: 0x2\r\n\r\n{}", 400),
    "length of 2^64": (START + b"Content-Length: 18446744073709551616\r\n\r\n{}", 400),
    "length of 1 TB": (START + b"Content-Length: 1000000000000\r\n\r\n{}", 413),
    "unknown encoding": (START + b"Transfer-Encoding: gzip\r\n\r\n{}", 400),
    "chunked twice": (START + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    "hidden chunks": (START + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    "chunked in two headers": (START + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400),
    "chunk of 2^64": (START + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", 400),
    "chunk of no length": (START + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
    "chunk of a negative length": (START + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400),
    "chunk with a wrong end": (START + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n", 400),
    "header of 100 KB": (START + b"X: " + b"x" * 100_000 + b"\r\n\r\n", 431),
    "10,000 headers": (START + b"".join(b"X%d: x\r\n" % i for i in range(10_000)) + b"\r\n", 431),
    "path of 100 KB": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 431),
}


@pytest.mark.parametrize("data, status", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_refused(cluster, data, status):
  answer = send_raw(cluster.http, data)
  error_of(answer, status)
  assert answer.headers["connection"] == "close"


def test_what_follows_a_refused_request_is_not_read_as_another(cluster):
  inner = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
  data = START + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner
  with connect(cluster.http) as connection:
    connection.sendall(data)
    error_of(read_answer(connection), 400)
    assert connection.recv(1) == b""


def test_a_body_of_too_many_bytes_is_refused(cluster):
  error_of(send_raw(cluster.http, START + b"Content-Length: 40000000\r\n\r\n" + bytes(1 << 20)), 413)
  chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
  error_of(send_raw(cluster.http, START + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 40), 413)


def test_chunks_of_one_byte_are_a_body(cluster):
  # A parser that keeps something of each chunk would run out of it.
  body = b'{"prompt":"' + b"a" * 300_000 + b'"}'
  data = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in body) + b"0\r\n\r\n"
  error_of(send_raw(cluster.http, START + b"Transfer-Encoding: chunked\r\n\r\n" + data), 400, "prompt")


@pytest.mark.parametrize("header, status", [
    ("x-request-id: " + "a" * 129, 400), ("x-request-id: a b", 400), ("x-stainless-read-timeout: soon", 400),
    ("x-stainless-read-timeout: -1", 400), ("Request-Timeout: nan", 400), ("Request-Timeout: 0", 400), ("Request-Timeout: 1e400", 400),
    ("Idempotency-Key: ", 400), ("Idempotency-Key: " + "k" * 256, 400), ("Origin: https://elsewhere.example", 403),
], ids=lambda value: str(value)[:40])  # fmt: skip
def test_a_header_that_cannot_be_is_refused(cluster, header, status):
  name, value = header.split(": ", 1)
  answer = post_json(cluster.http, GENERATIONS, SMALL, {"Content-Type": "application/json", name: value})
  assert answer.status == status and set(answer.json()["error"]) == {"message", "type", "param", "code"}
  assert name.lower() in answer.json()["error"]["message"].lower()


PATHS = ["..", ".", "%2e%2e", "%2e%2e%2fetc%2fpasswd", "../../../../etc/passwd", "..%5c..%5cetc", "a/b", "a%00.png", "a\x7f.png", "", "a" * 129,
         "0" * 32 + ".png/..", "0" * 32 + ".PNG", "0" * 32 + ".exe", "0" * 32, ".png", "/etc/passwd", "0" * 31 + "/.png"]  # fmt: skip


@pytest.mark.parametrize("name", PATHS, ids=lambda name: ascii(name)[:40])
def test_a_path_leads_to_no_file(cluster, name):
  answer = send_raw(cluster.http, f"GET /v1/images/files/{name} HTTP/1.1\r\nHost: h\r\n\r\n".encode("latin-1"), "GET")
  assert answer.status in (400, 404)
  error_of(answer, answer.status)
  assert b"root:" not in answer.body


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/nothing", 404), ("GET", "//", 404), ("GET", "/healthz/", 404), ("GET", "/v1/models/none", 404), ("GET", "/v1/jobs/none", 404),
    ("DELETE", "/v1/jobs/none", 404), ("GET", "/v1/jobs/none/events", 404), ("GET", "http://elsewhere/healthz", 404),
    ("GET", GENERATIONS, 405), ("PUT", GENERATIONS, 405), ("TRACE", "/", 405), ("OPTIONS", "/v1/jobs", 405), ("PAINT", "/metrics", 405),
    ("POST", "/healthz", 405), ("CONNECT", "h:1", 404), ("OPTIONS", "*", 404),
])  # fmt: skip
def test_what_is_not_there_is_not_found(cluster, method, path, status):
  answer = send(cluster.http, method, path)
  error_of(answer, status)
  if status == 405:
    assert answer.headers["allow"]


def test_a_sender_that_is_slow_is_cut_off(cluster):
  # The time is for all of the headers: a byte now and then does not lengthen it.
  start = time.monotonic()
  with connect(cluster.http) as connection:
    connection.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
    connection.settimeout(0.5)
    answer = None
    while answer is None and time.monotonic() < start + 60:
      try:
        if connection.recv(1, socket.MSG_PEEK):
          connection.settimeout(60)
          answer = read_answer(connection, "GET")
      except TimeoutError:
        connection.sendall(b"x")
  error_of(answer, 408)


def test_many_that_say_nothing_keep_nobody_out(cluster):
  idle = [connect(cluster.http) for _ in range(300)]
  half = [connect(cluster.http) for _ in range(300)]
  for connection in half:
    connection.sendall(head("POST", GENERATIONS, {"Content-Length": 1000})[:-2])
  assert get(cluster.http, "/healthz").status == 200
  for connection in idle + half:
    connection.close()
