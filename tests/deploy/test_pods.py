"""The local overlay's pods run as they are rendered: init containers, flags, names, probes, a picture, and the drain."""

import base64
import json
import subprocess
import sys

import fake_dns
import manifests
import pytest
from dockerfile import read_stages
from make_rootfs import ROOT
from namespaces import ContainerProcess


@pytest.fixture(scope="module")
def entrypoints():
  stages = read_stages((ROOT / "deploy/docker/Dockerfile").read_text())
  return {process: stages[process].entrypoint() for process in manifests.PROCESSES}


def test_the_pods_draw_a_picture_and_drain(unshare, rootfs_of, entrypoints, tmp_path):
  job = tmp_path / "job.json"
  rootfs = {process: str(rootfs_of(process)) for process in manifests.PROCESSES}
  job.write_text(json.dumps({"unshare": unshare, "rootfs": rootfs, "entrypoints": entrypoints, "folder": str(tmp_path)}))
  command = [*unshare, "--net", "--mount", sys.executable, ROOT / "tests/deploy/run_pods.py", job]
  result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=400)
  assert result.returncode == 0, result.stderr[-5000:]
  report = json.loads(result.stdout)

  assert report["init"] == {"gateway": []} | {name: [[0, ""]] for name in manifests.MODEL_SERVICES}
  # It waits for the services, which it finds by the names in its flags, and is not restarted for it.
  assert report["gateway_ready_alone"] is False
  assert report["in_flight"] == {name: 0 for name in manifests.PROCESSES}
  # While it drains it still serves those whom no one has told yet.
  assert report["live_while_draining"] is True
  for picture in (report["picture"], report["picture_while_draining"]):
    assert base64.b64decode(picture).startswith(b"\x89PNG")
  assert report["exit_codes"] == {name: 0 for name in manifests.PROCESSES}
  assert report["seconds"] < manifests.render("overlays/local").pod("gateway")["terminationGracePeriodSeconds"]


def test_a_checkpoint_that_is_not_as_it_should_be_is_not_served(unshare, rootfs_of, tmp_path):
  rendered = manifests.render("overlays/local")
  (container,) = rendered.pod("prior")["initContainers"]
  digests = rendered.find("ConfigMap", rendered.volume("prior", "digests")["configMap"]["name"])["data"]["SHA256SUMS"]
  name = "text-to-image/prior/diffusion_pytorch_model.safetensors"
  (line,) = (line for line in digests.splitlines() if line.endswith(name))
  volume = tmp_path / "digests"
  volume.mkdir(mode=0o755)  # tmp_path itself is for its owner only
  (volume / "SHA256SUMS").write_text(digests.replace(line, f"{'0' * 64}  {name}"))
  mounts = {"/checkpoint": ROOT / "models/shapes32", "/etc/checkpoint": volume}
  with ContainerProcess(unshare, rootfs_of("prior"), container["command"], mounts, container["workingDir"]) as check:
    assert check.wait() == 1
  assert f"{name}: FAILED" in check.output


def test_the_name_server_knows_names_and_no_others():
  # The header of a query for one record, then the name and an A record's type and class.
  query = bytes.fromhex("123401000001000000000000") + b"\x06unclip\x04test\x00" + bytes.fromhex("00010001")
  found = fake_dns.answer(query, {"unclip.test": "127.0.1.2"})
  assert found[:8] == bytes.fromhex("1234858000010001") and found[-4:] == bytes([127, 0, 1, 2])
  assert fake_dns.answer(query, {})[3] & 0xF == fake_dns.NO_SUCH_NAME
