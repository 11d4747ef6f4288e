"""A DNS server for one machine: tells a gateway where replicas are, as a cluster's DNS does of a headless service."""

import ipaddress
import socket
import struct
import threading

_HEADER = struct.Struct(">HHHHHH")
_TYPE_A = 1
_CLASS_IN = 1
_IS_ANSWER = 0x8580  # an authoritative answer without error
_NO_SUCH_NAME = 3
_POINTER_TO_QUESTION = 0xC00C
_POLL_SECONDS = 0.05


class MalformedQuery(Exception):
  """A datagram is no DNS query of one question."""


def _question(query):
  """The name, the type and the bytes of the only question (RFC 1035, section 4.1.2)."""
  if len(query) < _HEADER.size or _HEADER.unpack_from(query)[2] != 1:
    raise MalformedQuery
  labels, place = [], _HEADER.size
  while place < len(query) and query[place]:
    length = query[place]
    labels.append(query[place + 1 : place + 1 + length].decode("ascii", "replace").lower())
    place += 1 + length
  end = place + 5
  if end > len(query):
    raise MalformedQuery
  return ".".join(labels), struct.unpack_from(">H", query, place + 1)[0], query[_HEADER.size : end]


def answer(query, names):
  """The answer to a query; names: {name: [IPv4 addresses]}. MalformedQuery when it is none."""
  name, kind, question = _question(query)
  addresses = names.get(name, []) if kind == _TYPE_A else []
  flags = _IS_ANSWER | (0 if name in names else _NO_SUCH_NAME)
  header = _HEADER.pack(_HEADER.unpack_from(query)[0], flags, 1, len(addresses), 0, 0)
  records = [
      struct.pack(">HHHIH", _POINTER_TO_QUESTION, _TYPE_A, _CLASS_IN, 0, 4) + ipaddress.IPv4Address(address).packed for address in addresses
  ]
  return header + question + b"".join(records)


class DnsStandIn:
  """A `with` that serves on 127.0.0.1. address: HOST:PORT."""

  def __init__(self):
    self._names = {}
    self._lock = threading.Lock()
    self._stopping = threading.Event()
    self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    self._socket.bind(("127.0.0.1", 0))
    self._socket.settimeout(_POLL_SECONDS)
    self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
    self._thread = threading.Thread(target=self._serve, daemon=True)

  def __enter__(self):
    self._thread.start()
    return self

  def __exit__(self, *_):
    self._stopping.set()
    self._thread.join()
    self._socket.close()

  def set(self, name, addresses):
    """From now on the name has these addresses."""
    with self._lock:
      self._names = {**self._names, name.lower(): list(addresses)}

  def _serve(self):
    while not self._stopping.is_set():
      try:
        query, client = self._socket.recvfrom(512)
        with self._lock:
          names = self._names
        self._socket.sendto(answer(query, names), client)
      except (TimeoutError, MalformedQuery):
        continue
