"""Who says when that it serves."""

import socket

import grpc
import pytest
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from proto_modules import gateway, gateway_grpc
from running_cluster import CHECKPOINT, NOT_SERVING, PATIENCE_SECONDS, SERVING, Server, connect, health, small_request, wait_until

SERVICES = {
    "clip": "unclip.clip.v1.ClipService",
    "prior": "unclip.prior.v1.PriorService",
    "decoder": "unclip.decoder.v1.DecoderService",
    "gateway": "unclip.gateway.v1.ImageGenerationService",
}


def free_port():
  with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    return listener.getsockname()[1]


@pytest.mark.parametrize("name", SERVICES)
def test_each_process_serves_itself_and_its_service(cluster, name):
  address = cluster.addresses[name][0]
  assert health(address) == SERVING
  assert health(address, SERVICES[name]) == SERVING
  assert health(address, "no.such.Service") is None


@pytest.mark.parametrize("name", SERVICES)
def test_reflection_lists_the_services(cluster, name):
  with connect(cluster.addresses[name][0]) as channel:
    listed = set(ProtoReflectionDescriptorDatabase(channel).get_services())
  assert {SERVICES[name], "grpc.reflection.v1alpha.ServerReflection"} <= listed


def test_the_gateway_names_the_service_that_is_not_up_and_serves_once_it_is(cluster):
  port = free_port()
  targets = [f"--{name}_target={cluster.addresses[name][0]}" for name in ("clip", "decoder")]
  with Server("gateway", f"--prior_target=127.0.0.1:{port}", *targets) as server, connect(server.grpc) as channel:
    wait_until(lambda: health(server.grpc, "clip") == SERVING and health(server.grpc, "decoder") == SERVING, "clip and decoder are seen")
    assert health(server.grpc) == NOT_SERVING
    assert health(server.grpc, "prior") == NOT_SERVING
    stub = gateway_grpc.ImageGenerationServiceStub(channel)
    for call in (lambda: stub.GenerateImage(small_request(), timeout=30), lambda: stub.GetCapabilities(gateway.GetCapabilitiesRequest())):
      with pytest.raises(grpc.RpcError) as error:
        call()
      assert error.value.code() == grpc.StatusCode.UNAVAILABLE
      assert "prior" in error.value.details() and "decoder" not in error.value.details()
    with Server("prior", f"--checkpoint={CHECKPOINT}", "--threads=1", f"--listen=127.0.0.1:{port}"):
      server.wait_until_serving()
      assert health(server.grpc, "prior") == SERVING
      assert stub.GenerateImage(small_request(), timeout=PATIENCE_SECONDS).images[0].image.data == cluster.picture()
    wait_until(lambda: health(server.grpc) == NOT_SERVING, "the gateway sees that the prior is gone")
    assert server.stop() == 0


def test_services_that_do_not_fit_together_are_refused(cluster):
  other = CHECKPOINT.parents[2] / "tests/goldens/odd-shapes/text-to-image"
  with Server("prior", f"--checkpoint={other}", "--threads=1") as prior:
    prior.wait_until_serving()
    targets = [f"--{name}_target={cluster.addresses[name][0]}" for name in ("clip", "decoder")]
    with Server("gateway", f"--prior_target={prior.grpc}", *targets) as server, connect(server.grpc) as channel:
      stub = gateway_grpc.ImageGenerationServiceStub(channel)

      def refusal():
        try:
          stub.GenerateImage(small_request(), timeout=30)
        except grpc.RpcError as error:
          assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.FAILED_PRECONDITION)
          return "embedding_dim" in error.details() or "context_length" in error.details()
        raise AssertionError("it was served")

      wait_until(refusal, "the gateway says what does not fit")
      assert health(server.grpc) == NOT_SERVING


def test_capabilities_come_from_the_loaded_models(cluster):
  capabilities = cluster.stub.GetCapabilities(gateway.GetCapabilitiesRequest())
  assert (capabilities.native_size.width_px, capabilities.native_size.height_px) == (128, 128)
  assert capabilities.context_length == 24
  assert capabilities.super_res_count == 1
  assert (capabilities.image_count.minimum, capabilities.image_count.maximum, capabilities.image_count.default_value) == (1, 10, 1)
  for model in (capabilities.clip_model, capabilities.prior_model, capabilities.decoder_model):
    assert model.parameter_count > 0 and model.dtype == "float32" and len(model.fingerprint) == 64
