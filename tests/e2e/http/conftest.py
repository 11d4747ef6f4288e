"""What the tests of the HTTP side share."""

import pytest

from openai_client import client_of


@pytest.fixture(scope="session")
def client(cluster):
  with client_of(cluster.http) as running:
    yield running
