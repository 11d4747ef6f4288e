"""The root file systems of the images: each process runs from its own, with nothing else there."""

import stat

import make_rootfs
import pytest
from make_rootfs import LIBRARIES, ROOT, USER_ID
from namespaces import ContainerProcess

from running_cluster import SERVING, health, wait_until

CHECKPOINT = ROOT / "models/shapes32"
MODEL_FLAGS = ["--checkpoint=/checkpoint/text-to-image", "--threads=1"]
FLAGS = {
    "clip": [*MODEL_FLAGS, "--variation_checkpoint=/checkpoint/image-variation"],
    "prior": MODEL_FLAGS,
    "decoder": MODEL_FLAGS,
    # Serves once the three do; that it answers is what is asked here.
    "gateway": [f"--{name}_target=dns:///localhost:1" for name in ("clip", "prior", "decoder")],
}
# What the kernel and the checkpoint are called for is all that a process may open: no shell, no interpreter.
PROGRAMS = {name: {f"unclip-{name}", "sha256sum"} for name in ("clip", "prior", "decoder")} | {"gateway": {"unclip-gateway"}}


@pytest.fixture(params=sorted(make_rootfs.BINARIES))
def process(request):
  return request.param


@pytest.fixture
def rootfs(process, rootfs_of):
  return rootfs_of(process)


def start(unshare, rootfs, process):
  mounts = {} if process == "gateway" else {"/checkpoint": CHECKPOINT}
  return ContainerProcess(unshare, rootfs, [f"/usr/bin/unclip-{process}", *FLAGS[process]], mounts)


def grpc_address(container):
  return dict(word.split("=", 1) for word in container.wait_for_line("listening ").split()[1:])["grpc"]


def test_each_process_serves_from_its_root_and_drains(unshare, process, rootfs):
  with start(unshare, rootfs, process) as container:
    address = grpc_address(container)
    assert health(address, "live") == SERVING
    if process != "gateway":
      container.wait_for_line("serving")
      wait_until(lambda: health(address) == SERVING, f"{process} is SERVING")
    assert container.status("NSpid")[1:] == ["1"]
    if unshare == ["unshare"]:
      assert set(container.status("Uid")) == {str(USER_ID)} and set(container.status("Gid")) == {str(USER_ID)}
    assert container.status("CapEff") == ["0000000000000000"] and container.status("NoNewPrivs") == ["1"]
    assert container.terminate() == 0
  assert "msg=stopped" in container.output


def test_the_root_holds_no_other_programs_and_nothing_with_rights(process, rootfs):
  assert {path.name for path in (rootfs / "usr/bin").iterdir()} == PROGRAMS[process]
  assert not any(path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID) for path in rootfs.rglob("*") if not path.is_symlink())
  torch = [path.name for path in (rootfs / LIBRARIES).iterdir() if "torch" in path.name]
  assert (torch == []) == (process == "gateway")


def test_a_missing_library_shows(unshare, tmp_path):
  rootfs = tmp_path / "rootfs"
  make_rootfs.make_rootfs("gateway", rootfs)
  next((rootfs / LIBRARIES).glob("libgrpc++.so.*")).unlink()
  with start(unshare, rootfs, "gateway") as container:
    assert container.wait() == 127
  assert "libgrpc++.so" in container.output and "cannot open shared object file" in container.output


def test_the_same_files_make_the_same_root(tmp_path, monkeypatch):
  def listing(folder):
    return [(str(path.relative_to(folder)), path.lstat().st_mode, path.lstat().st_mtime) for path in sorted(folder.rglob("*"))]

  monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
  for name in ("first", "second"):
    make_rootfs.make_rootfs("gateway", tmp_path / name)
  assert listing(tmp_path / "first") == listing(tmp_path / "second")
  assert {mtime for _, _, mtime in listing(tmp_path / "first")} == {1000000000}


def test_what_is_missing_is_named(tmp_path):
  with pytest.raises(make_rootfs.RootfsError, match="there is no /none"):
    make_rootfs.make_rootfs("prior", tmp_path / "a", binary="/none")
  with pytest.raises(make_rootfs.RootfsError, match="libcudnn"):
    make_rootfs.make_rootfs("gateway", tmp_path / "b", also=["/none/libcudnn*"])
  with pytest.raises(make_rootfs.RootfsError, match="not empty"):
    make_rootfs.make_rootfs("gateway", tmp_path / "b")
