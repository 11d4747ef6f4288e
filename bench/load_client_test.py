"""Tests of load_client, against a stub that answers when a test lets it."""

import asyncio
import pathlib
import sys
import unittest.mock

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import load_client  # pylint: disable=wrong-import-position
import load_schedule  # pylint: disable=wrong-import-position

KINDS = load_schedule.parse_mix("1:64:2/2/2")


class Answer:
  """A message of the stream: `fields` are those that are set."""

  def __init__(self, *fields):
    self._fields = fields
    self.progress = self

  def HasField(self, name):  # pylint: disable=invalid-name  # protobuf's name
    return name in self._fields


class FakeStub:
  """Answers no request before `wanted` are under way."""

  def __init__(self, wanted, fail=None):
    self.under_way = self.most = self.count = 0
    self._wanted = wanted
    self._fail = fail
    self._enough = asyncio.Event()

  async def StreamGenerateImage(self, message, timeout):  # pylint: disable=invalid-name  # gRPC's name
    del message, timeout
    self.count += 1
    self.under_way += 1
    self.most = max(self.most, self.under_way)
    if self.under_way == self._wanted:
      self._enough.set()
    await self._enough.wait()
    if self._fail:
      raise self._fail
    yield Answer("progress")
    yield Answer("progress", "preview")
    self.under_way -= 1
    yield Answer("image")


def run(stub_arguments, requests, send):
  """The fake stub and the outcomes of send(client, requests)."""

  async def go():
    stub = FakeStub(*stub_arguments)
    services = unittest.mock.MagicMock()
    services.ImageGenerationServiceStub.return_value = stub
    async with load_client.LoadClient((unittest.mock.MagicMock(), services), "localhost:1", 5, None, None) as client:
      return stub, await send(client, requests)

  return asyncio.run(go())


def test_open_load_never_waits_for_an_answer():
  requests = load_schedule.requests([0.0, 0.001, 0.002, 0.003, 0.004], KINDS, ["a"], 1)
  stub, outcomes = run([5], requests, lambda client, some: client.send_open(some))
  assert stub.most == 5
  assert [outcome.code for outcome in outcomes] == ["OK"] * 5
  assert [outcome.due for outcome in outcomes] == [request.at for request in requests]
  assert all(outcome.due <= outcome.sent <= outcome.first_preview <= outcome.end for outcome in outcomes)


def test_closed_load_keeps_so_many_under_way():
  requests = load_schedule.requests([0.0] * 8, KINDS, ["a"], 1)
  stub, outcomes = run([3], requests, lambda client, some: client.send_closed(some, 3))
  assert stub.most == 3
  assert len(outcomes) == stub.count == 8


def test_failure_is_told_by_its_code():
  refusal = grpc.aio.AioRpcError(grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.aio.Metadata(), grpc.aio.Metadata())
  requests = load_schedule.requests([0.0], KINDS, ["a"], 1)
  _, outcomes = run([1, refusal], requests, lambda client, some: client.send_open(some))
  assert [(outcome.code, outcome.first_preview) for outcome in outcomes] == [("RESOURCE_EXHAUSTED", None)]
