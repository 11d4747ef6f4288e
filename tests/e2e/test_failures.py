"""Replicas that are killed, clients that go away, and orderly ends with requests in flight."""

import concurrent.futures
import os
import signal

import grpc
import pytest

from proto_modules import gateway, image, progress
from running_cluster import PATIENCE_SECONDS, SERVING, Cluster, children, health, is_alive, small_request, wait_until

# Takes seconds, so that there is a middle to interfere in.
LONG = dict(prior_step_count=200, decoder_step_count=150)


def in_flight(cluster, service, replica=0):
  return cluster.metrics(service, replica).value(f"unclip_{service}_in_flight")


def steps(cluster, service, stage):
  return sum(
      cluster.metrics(service, replica).value(f"unclip_{service}_steps_total", stage=stage)
      for replica in range(len(cluster.addresses[service]))
  )


def wait_until_idle(cluster):
  for service, addresses in cluster.addresses.items():
    for replica in range(len(addresses)):
      wait_until(lambda s=service, r=replica: in_flight(cluster, s, r) == 0, f"{service} {replica} is idle")


def stream_until(cluster, stage, step, request):
  """A running stream that has reported this step of this stage."""
  stream = cluster.stub.StreamGenerateImage(gateway.StreamGenerateImageRequest(request=request), timeout=PATIENCE_SECONDS)
  for response in stream:
    if response.progress.progress.stage == stage and response.progress.progress.step >= step:
      return stream
  raise AssertionError("the stream ended before that")


def finished_picture(stream):
  pictures = [response.image.image.data for response in stream if response.HasField("image")]
  assert len(pictures) == 1
  return pictures[0]


@pytest.mark.parametrize(
    "stage, service, name",
    [(progress.STAGE_PRIOR, "prior", "prior"), (progress.STAGE_DECODER, "decoder", "decoder"), (progress.STAGE_SUPER_RES, "decoder", "super_res")],
)
def test_a_cancelled_request_frees_its_slots_by_the_next_step(cluster, stage, service, name):
  request = small_request(prior_step_count=1000, decoder_step_count=1000, super_res_step_counts=[1000])
  if stage != progress.STAGE_PRIOR:
    request.prior_step_count = 2
  if stage == progress.STAGE_SUPER_RES:
    request.decoder_step_count = 2
  stream = stream_until(cluster, stage, 3, request)
  stream.cancel()
  wait_until_idle(cluster)
  done = steps(cluster, service, name)
  # The worker is free: what is asked for next runs, and nothing but its own steps is added.
  cluster.generate(prior_step_count=3, decoder_step_count=3, super_res_step_counts=[3])
  assert steps(cluster, service, name) == done + 3
  cancelled = cluster.metrics(service).value(f"unclip_{service}_requests_total", code="CANCELLED")
  assert cancelled >= 1


def test_a_short_request_passes_a_long_one(cluster):
  running = stream_until(cluster, progress.STAGE_DECODER, 1, small_request(decoder_step_count=1000))
  assert cluster.stub.GenerateImage(small_request(seed=8), timeout=PATIENCE_SECONDS).images
  assert in_flight(cluster, "decoder") == 1
  running.cancel()
  wait_until_idle(cluster)


def test_one_of_two_that_share_a_batch_leaves_it_when_it_is_cancelled(cluster):
  # By default a step has no more rows than threads, or guidance's two.
  with Cluster("--threads=1", "--decoder-args=--max_batch_rows=4") as sharing:
    running = stream_until(sharing, progress.STAGE_DECODER, 1, small_request(decoder_step_count=150))
    leaving = stream_until(sharing, progress.STAGE_DECODER, 1, small_request(decoder_step_count=1000, seed=8))
    assert in_flight(sharing, "decoder") == 2
    leaving.cancel()
    wait_until(lambda: in_flight(sharing, "decoder") == 1, "it has left the batch")
    assert finished_picture(running) == cluster.picture(decoder_step_count=150)
    wait_until_idle(sharing)


def test_a_deadline_ends_the_work_everywhere(cluster):
  with pytest.raises(grpc.RpcError) as error:
    cluster.stub.GenerateImage(small_request(decoder_step_count=1000), timeout=1)
  assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
  wait_until_idle(cluster)
  assert cluster.picture() == cluster.picture()


@pytest.mark.parametrize("service, stage", [("prior", progress.STAGE_PRIOR), ("decoder", progress.STAGE_DECODER)])
def test_kill_9_of_a_replica_in_the_middle_does_not_show(cluster, replicated_cluster, service, stage):
  expected = cluster.picture(**LONG)
  stream = stream_until(replicated_cluster, stage, 5, small_request(**LONG))
  busy = [replica for replica in range(2) if in_flight(replicated_cluster, service, replica) == 1]
  assert len(busy) == 1
  pid = replicated_cluster.pids(service)[busy[0]]
  os.kill(pid, signal.SIGKILL)
  assert finished_picture(stream) == expected
  # It comes back on the same port, and serves again.
  address = replicated_cluster.addresses[service][busy[0]]
  wait_until(lambda: health(address) == SERVING, "the killed replica serves again")
  assert pid not in replicated_cluster.pids(service)
  wait_until(lambda: _served_by(replicated_cluster, service, busy[0]), "the gateway uses it again")


def _served_by(cluster, service, replica):
  cluster.generate()
  return cluster.metrics(service, replica).value(f"unclip_{service}_requests_total", code="OK") > 0


def test_without_a_second_replica_the_caller_is_told_and_the_gateway_recovers():
  with Cluster("--threads=1") as cluster:
    stream = stream_until(cluster, progress.STAGE_DECODER, 5, small_request(decoder_step_count=1000))
    os.kill(cluster.pids("decoder")[0], signal.SIGKILL)
    with pytest.raises(grpc.RpcError) as error:
      finished_picture(stream)
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE
    assert "decoder" in error.value.details()
    wait_until(lambda: health(cluster.target) == SERVING, "the gateway serves again")
    assert len(cluster.picture()) > 100


def test_sigterm_finishes_what_is_in_flight(cluster):
  expected = cluster.picture(**LONG)
  with Cluster("--threads=1") as ending:
    pids = children(ending.pid)
    stream = stream_until(ending, progress.STAGE_DECODER, 5, small_request(**LONG))
    ending.signal(signal.SIGTERM)
    assert finished_picture(stream) == expected
    assert ending.wait() == 0
    assert not any(is_alive(pid) for pid in pids)


def test_a_second_signal_ends_everything_at_once():
  with Cluster("--threads=1") as ending:
    pids = children(ending.pid)
    stream = stream_until(ending, progress.STAGE_DECODER, 5, small_request(decoder_step_count=1000))
    ending.signal(signal.SIGINT)
    wait_until(lambda: "stopping" in ending.errors, "the stop has begun")
    assert ending.stop(signal.SIGINT) == 130
    with pytest.raises(grpc.RpcError):
      finished_picture(stream)
    assert not any(is_alive(pid) for pid in pids)


def test_kill_9_of_the_command_leaves_no_process():
  with Cluster("--threads=1") as ending:
    pids = children(ending.pid)
    assert len(pids) == 4
    assert ending.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not any(is_alive(pid) for pid in pids), "the four processes have ended")


def test_many_at_once_all_get_their_picture(cluster):
  with concurrent.futures.ThreadPoolExecutor(20) as pool:
    futures = [pool.submit(cluster.picture, seed=seed, output_format=image.IMAGE_FORMAT_WEBP) for seed in range(40)]
    assert len({future.result() for future in futures}) == 40
  wait_until_idle(cluster)
