"""What the end-to-end tests share. They run what Bazel has built: `bazel build //tools:unclip` first."""

import pytest

from running_cluster import Cluster


@pytest.fixture(scope="session")
def cluster():
  """One process of each kind on the default model. Tests leave it as they found it: idle, and whole."""
  with Cluster("--threads=1") as running:
    yield running


@pytest.fixture(scope="session")
def replicated_cluster():
  """Two priors and two decoders."""
  with Cluster("--threads=1", "--prior-replicas=2", "--decoder-replicas=2") as running:
    yield running
