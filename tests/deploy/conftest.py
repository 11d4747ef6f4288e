"""What the tests of deploy/ share."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "deploy/docker"))
sys.path.insert(0, str(ROOT / "tests/e2e"))

import namespaces  # noqa: E402  (the path has to be set first)


@pytest.fixture(scope="session")
def unshare():
  """The command that makes namespaces; skips where they are not permitted."""
  command = namespaces.unshare_command()
  if command is None:
    pytest.skip("this machine permits no namespaces: `unshare --mount --pid --net` fails, with --map-root-user as well")
  return command
