"""`unclip top` on a running cluster: one table for files and pipes, a screen for terminals."""

import os
import pty
import signal
import subprocess

import pytest

from running_cluster import PATIENCE_SECONDS, UNCLIP, wait_until

ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"


def run_top(*flags):
  return subprocess.run([UNCLIP, "top", *flags], check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS)


def all_addresses(cluster):
  return ",".join(address for addresses in cluster.metrics_addresses.values() for address in addresses)


def test_prints_one_table_where_there_is_no_terminal(cluster):
  cluster.generate()
  result = run_top("--metrics", all_addresses(cluster), "--interval", "0.1")
  assert result.returncode == 0, result.stderr
  assert "\x1b" not in result.stdout
  lines = result.stdout.splitlines()
  assert lines[0].split()[:4] == ["GATEWAY", "UPSTREAMS", "UP", "IN"]
  gateway = next(line for line in lines if line.startswith(cluster.metrics_addresses["gateway"][0]))
  assert "clip:up decoder:up prior:up" in gateway and " 0/64 " in gateway
  for service in ("clip", "prior", "decoder"):
    assert any(line.startswith(service) and cluster.metrics_addresses[service][0] in line for line in lines)
  stages = {line.split()[1] for line in lines if line.split()[:1] in (["clip"], ["prior"], ["decoder"]) and len(line.split()) == 7}
  assert {"embed_text", "prior", "decoder", "super_res", "encode"} <= stages


def test_tells_who_does_not_answer(cluster):
  result = run_top("--metrics", cluster.metrics_addresses["prior"][0] + ",127.0.0.1:1", "--once", "--interval=0.1")
  assert result.returncode == 0
  assert "127.0.0.1:1: no metrics: " in result.stdout
  assert run_top("--metrics=127.0.0.1:1", "--once", "--interval=0.1").returncode == 1


@pytest.mark.parametrize("flags", [[], ["--metrics=nowhere"], ["--targets=/nowhere.json"]])
def test_refuses_addresses_it_cannot_use(flags):
  result = run_top(*flags)
  assert result.returncode in (1, 2)
  assert result.stderr.startswith("error: ")


def test_ctrl_c_gives_the_terminal_back(cluster):
  ours, theirs = pty.openpty()
  process = subprocess.Popen([UNCLIP, "top", "--metrics", all_addresses(cluster)], stdin=theirs, stdout=theirs, stderr=theirs)
  os.close(theirs)
  seen = bytearray()

  def read():
    try:
      seen.extend(os.read(ours, 65536))
    except OSError:  # Linux says so when the last of the other side is gone
      return False
    return True

  try:
    wait_until(lambda: read() and seen.count(b"\x1b[H") >= 3, "three pages were shown")
    process.send_signal(signal.SIGINT)
    while read():
      pass
    assert process.wait(timeout=PATIENCE_SECONDS) == 0
  finally:
    process.kill()
    os.close(ours)
  assert seen.startswith(ENTER) and seen.endswith(LEAVE)
  assert b"GATEWAY" in seen and b"\x1b[K" in seen
