"""The playground (gateway/web) in a browser.

Against the mock gateway; where UNCLIP_WEB_URL names a running gateway, against that one as well, but for the tests that need a
gateway to fail on command.
"""

import os

import pytest

from browser_tests import BrowserTests, MockGateway, names

URL = os.environ.get("UNCLIP_WEB_URL")


@pytest.fixture(scope="module")
def mocked():
  with MockGateway() as gateway, BrowserTests(gateway.url, with_switches=True) as tests:
    yield tests


@pytest.fixture(scope="module")
def real():
  with BrowserTests(URL) as tests:
    yield tests


@pytest.mark.parametrize("name", names(with_switches=True))
def test_with_the_mock_gateway(mocked, name):
  error = mocked.run(name)
  assert not error, error


if URL:

  @pytest.mark.parametrize("name", names(with_switches=False))
  def test_with_a_running_gateway(real, name):
    error = real.run(name)
    assert not error, error
