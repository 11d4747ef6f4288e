"""Sends loads to a gateway: open ones, which never wait for an answer, and closed ones, which wait for each."""

import asyncio
import contextlib
import time

import grpc

from cluster import CHANNEL_OPTIONS
from load_report import Outcome


class LoadClient:
  """An `async with` on a gateway's address. Each picture is streamed with previews; those are counted and thrown away.

  deadline_seconds is each request's gRPC deadline, from when it is sent; None: none. candidates: None leaves them to the cluster.
  """

  def __init__(self, stubs, address, preview_interval, deadline_seconds, candidates):
    self._messages, self._services = stubs
    self._address = address
    self._preview_interval = preview_interval
    self._deadline_seconds = deadline_seconds
    self._candidates = candidates

  async def __aenter__(self):
    self._channel = grpc.aio.insecure_channel(self._address, options=CHANNEL_OPTIONS)
    self._stub = self._services.ImageGenerationServiceStub(self._channel)
    return self

  async def __aexit__(self, *_):
    await self._channel.close()

  async def capabilities(self):
    """What the gateway says that it can do; waits until it is there."""
    return await self._stub.GetCapabilities(self._messages.GetCapabilitiesRequest(), timeout=60, wait_for_ready=True)

  def _message(self, request):
    kind = request.kind
    message = self._messages.StreamGenerateImageRequest(preview_step_interval=self._preview_interval)
    picture = message.request
    picture.prompt, picture.seed, picture.image_count = request.prompt, request.seed, 1
    picture.prior_step_count, picture.decoder_step_count = kind.prior_steps, kind.decoder_steps
    picture.super_res_step_counts.append(kind.super_res_steps)
    if kind.size:
      picture.size.width_px = picture.size.height_px = kind.size
    if self._candidates:
      picture.candidate_count = self._candidates
    return message

  async def _send(self, request, due, start):
    """Sends one now and follows it to its end; `due` None: it is due now."""
    sent = time.perf_counter() - start
    due = sent if due is None else due
    first_preview = None
    came = False
    code = "OK"
    try:
      async for answer in self._stub.StreamGenerateImage(self._message(request), timeout=self._deadline_seconds):
        if first_preview is None and answer.HasField("progress") and answer.progress.HasField("preview"):
          first_preview = time.perf_counter() - start
        came = came or answer.HasField("image")
    except grpc.aio.AioRpcError as error:
      code = error.code().name
    # A stream that ends well without its picture is a fault like another.
    if code == "OK" and not came:
      code = "NO_PICTURE"
    return Outcome(due, sent, time.perf_counter() - start, code, first_preview)

  async def send_open(self, requests):
    """Sends each when it is due, whatever became of those before; returns their outcomes in order."""
    start = time.perf_counter()
    tasks = []
    try:
      for request in requests:
        await asyncio.sleep(max(0.0, request.at - (time.perf_counter() - start)))
        tasks.append(asyncio.create_task(self._send(request, request.at, start)))
      return await asyncio.gather(*tasks)
    finally:
      await _cancel(tasks)

  async def send_closed(self, requests, concurrency):
    """Keeps `concurrency` requests under way until all are sent; returns their outcomes in the order of their ends."""
    start = time.perf_counter()
    waiting = iter(requests)
    outcomes = []

    async def work():
      for request in waiting:
        outcomes.append(await self._send(request, None, start))

    workers = [asyncio.create_task(work()) for _ in range(concurrency)]
    try:
      await asyncio.gather(*workers)
    finally:
      await _cancel(workers)
    return outcomes


async def _cancel(tasks):
  for task in tasks:
    task.cancel()
  with contextlib.suppress(asyncio.CancelledError):
    await asyncio.gather(*tasks, return_exceptions=True)
