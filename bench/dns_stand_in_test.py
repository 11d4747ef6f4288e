"""Tests of dns_stand_in.py."""

import socket
import struct

import pytest

from dns_stand_in import DnsStandIn, MalformedQuery, answer

NAMES = {"decoder.unclip": ["127.0.2.1", "127.0.2.2"]}


def query(name, kind=1, number=77):
  labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
  return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def test_tells_all_addresses_of_a_name():
  reply = answer(query("Decoder.unclip"), NAMES)
  assert struct.unpack_from(">HHHHHH", reply) == (77, 0x8580, 1, 2, 0, 0)
  assert reply[12:].startswith(query("Decoder.unclip")[12:])
  assert reply.endswith(b"\x7f\x00\x02\x02") and b"\x7f\x00\x02\x01" in reply


def test_knows_no_other_kinds_and_names():
  assert struct.unpack_from(">HHHHHH", answer(query("decoder.unclip", kind=28), NAMES)) == (77, 0x8580, 1, 0, 0, 0)
  assert struct.unpack_from(">HHHHHH", answer(query("prior.unclip"), NAMES)) == (77, 0x8583, 1, 0, 0, 0)


@pytest.mark.parametrize("length", [0, 5, 12, 15, len(query("decoder.unclip")) - 1])
def test_refuses_what_is_cut_off(length):
  with pytest.raises(MalformedQuery):
    answer(query("decoder.unclip")[:length], NAMES)


def test_answers_over_the_network_what_was_set_last():
  with DnsStandIn() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    host, port = server.address.split(":")
    client.settimeout(30)
    client.sendto(b"nonsense", (host, int(port)))
    for addresses in (["127.0.2.1"], ["127.0.2.9", "127.0.2.8"]):
      server.set("decoder.unclip", addresses)
      client.sendto(query("decoder.unclip"), (host, int(port)))
      assert struct.unpack_from(">HHHHHH", client.recv(512))[3] == len(addresses)
