"""The protos of this repository as Python modules, generated when this is imported."""

import atexit
import pathlib
import shutil
import sys
import tempfile

import grpc_tools.protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def _generate():
  folder = tempfile.mkdtemp(prefix="unclip-protos-")
  atexit.register(shutil.rmtree, folder, ignore_errors=True)
  protos = sorted(str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto/unclip").glob("**/*.proto"))
  include = pathlib.Path(grpc_tools.__file__).parent / "_proto"
  outputs = [f"--python_out={folder}", f"--grpc_python_out={folder}"]
  if grpc_tools.protoc.main(["protoc", f"-I{ROOT / 'proto'}", f"-I{include}", *outputs, *protos]) != 0:
    raise RuntimeError("protoc failed; see above")
  sys.path.insert(0, folder)


_generate()

# pylint: disable=wrong-import-position  # they exist only now
from unclip.clip.v1 import clip_service_pb2 as clip, clip_service_pb2_grpc as clip_grpc
from unclip.common.v1 import conditioning_pb2 as conditioning, image_pb2 as image, progress_pb2 as progress, sampling_pb2 as sampling
from unclip.decoder.v1 import decoder_service_pb2 as decoder, decoder_service_pb2_grpc as decoder_grpc
from unclip.gateway.v1 import image_generation_service_pb2 as gateway, image_generation_service_pb2_grpc as gateway_grpc
from unclip.prior.v1 import prior_service_pb2 as prior, prior_service_pb2_grpc as prior_grpc

__all__ = [
    "ROOT", "clip", "clip_grpc", "conditioning", "decoder", "decoder_grpc", "gateway", "gateway_grpc", "image", "prior", "prior_grpc", "progress",
    "sampling",
]  # fmt: skip
