"""What the tests of deploy/ share."""

import pathlib
import shutil
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "deploy/docker"))
sys.path.insert(0, str(ROOT / "tests/e2e"))

import make_rootfs  # noqa: E402
import namespaces  # noqa: E402  (the path has to be set first)


@pytest.fixture(scope="session")
def unshare():
  """The command that makes namespaces; skips where they are not permitted."""
  command = namespaces.unshare_command()
  if command is None:
    pytest.skip("this machine permits no namespaces: `unshare --mount --pid --net` fails, with --map-root-user as well")
  return command


@pytest.fixture(scope="session")
def rootfs_of(tmp_path_factory):
  """A function from a process's name to its root file system, made when first asked for. Not to be changed. They are large, and go in the end."""
  folders = {}

  def rootfs(process):
    if process not in folders:
      folders[process] = tmp_path_factory.mktemp(process) / "rootfs"
      make_rootfs.make_rootfs(process, folders[process])
    return folders[process]

  yield rootfs
  for folder in folders.values():
    shutil.rmtree(folder)
