"""Pictures that start from pictures: variations and edits, over gRPC, on the default model."""

import concurrent.futures
import io
import struct
import zlib

import grpc
import numpy
import pytest
from PIL import Image

from proto_modules import gateway, image, progress
from running_cluster import PATIENCE_SECONDS, Cluster, small_request

INVALID = grpc.StatusCode.INVALID_ARGUMENT
SIDE = 128  # the model's own size
PROMPT = "a large blue star on a white background"


def encoded(array, kind="PNG", **options):
  out = io.BytesIO()
  Image.fromarray(array).save(out, kind, **options)
  return out.getvalue()


def pixels(picture):
  return numpy.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def heart_like(side=SIDE):
  """A red disc on white, with some texture, so that equal bytes are no chance."""
  y, x = numpy.mgrid[0:side, 0:side]
  inside = (x - side / 2) ** 2 + (y - side / 2) ** 2 < (side / 3) ** 2
  base = numpy.where(inside[..., None], (220, 40, 40), (250, 250, 250))
  return (base - (x + 2 * y)[..., None] % 5).astype(numpy.uint8)


def middle(side=SIDE):
  """True in the square that is repainted."""
  y, x = numpy.mgrid[0:side, 0:side]
  return (abs(x - side / 2) < side / 4) & (abs(y - side / 2) < side / 4)


def mask_file(transparent):
  return encoded(numpy.dstack([numpy.zeros((*transparent.shape, 3), numpy.uint8), numpy.where(transparent, 0, 255).astype(numpy.uint8)]))


def variation(file, **fields):
  fields = {"prompt": "", "candidate_count": None, "prior_step_count": None} | fields
  return small_request(variation=gateway.VariationSource(image=file), **fields)


def edit(file, mask=b"", resample_count=2, jump_length=1, **fields):
  source = gateway.EditSource(image=file, mask=mask, resample_count=resample_count, jump_length=jump_length)
  return small_request(edit=source, **{"prompt": PROMPT} | fields)


def draw(cluster, request):
  return cluster.stub.GenerateImage(request, timeout=PATIENCE_SECONDS)


def refusal(cluster, request):
  with pytest.raises(grpc.RpcError) as error:
    draw(cluster, request)
  return error.value


def test_the_cluster_says_that_it_can(cluster):
  capabilities = cluster.stub.GetCapabilities(gateway.GetCapabilitiesRequest(), timeout=PATIENCE_SECONDS)
  assert capabilities.variations and capabilities.edits
  assert capabilities.resample_count.minimum == 1 and capabilities.resample_count.maximum == 20
  assert capabilities.native_size.width_px == SIDE


def test_each_variation_is_another_picture_and_its_seed_draws_it_again(cluster):
  response = draw(cluster, variation(encoded(heart_like()), image_count=3))
  assert len({picture.image.data for picture in response.images}) == 3
  for picture in response.images:
    assert picture.similarity == 0 and not picture.candidate_similarities
    again = draw(cluster, variation(encoded(heart_like()), seed=picture.seed))
    assert again.images[0].image.data == picture.image.data


def test_a_variation_depends_on_its_picture_and_not_on_its_file(cluster):
  file = encoded(heart_like())
  drawn = draw(cluster, variation(file)).images[0].image.data
  assert draw(cluster, variation(encoded(heart_like(), "WEBP", lossless=True))).images[0].image.data == drawn
  assert draw(cluster, variation(encoded(255 - heart_like()))).images[0].image.data != drawn


def test_a_variation_may_be_of_a_picture_of_any_size_and_shape(cluster):
  for file in (encoded(heart_like()[:40]), encoded(heart_like()[::8, ::4], "JPEG"), encoded(numpy.zeros((1, 1), numpy.uint8))):
    assert pixels(draw(cluster, variation(file)).images[0].image.data).shape == (SIDE, SIDE, 3)


def test_what_an_edit_keeps_comes_back_byte_by_byte(cluster):
  known = heart_like()
  response = draw(cluster, edit(encoded(known), mask_file(middle()), image_count=2))
  for picture in response.images:
    found = pixels(picture.image.data)
    assert (found[~middle()] == known[~middle()]).all()
    assert (found[middle()] != known[middle()]).any()
    assert len(picture.candidate_similarities) == 2
  assert response.images[0].image.data != response.images[1].image.data
  assert not response.warnings


@pytest.mark.parametrize("speed", [gateway.SPEED_QUALITY, gateway.SPEED_BALANCED, gateway.SPEED_FAST])
def test_an_edit_goes_at_every_speed_with_the_default_resampling(cluster, speed):
  known = heart_like()
  request = gateway.GenerateImageRequest(
      prompt=PROMPT, seed=7, speed=speed, edit=gateway.EditSource(image=encoded(known), mask=mask_file(middle()))
  )
  found = pixels(draw(cluster, request).images[0].image.data)
  assert (found[~middle()] == known[~middle()]).all()


def test_the_pictures_own_alpha_is_a_mask(cluster):
  known = heart_like()
  rgba = encoded(numpy.dstack([known, numpy.where(middle(), 0, 255).astype(numpy.uint8)]))
  assert draw(cluster, edit(rgba)).images[0].image.data == draw(cluster, edit(encoded(known), mask_file(middle()))).images[0].image.data


def test_an_edit_of_another_size_is_resampled(cluster):
  mask = mask_file(middle(200))
  response = draw(cluster, edit(encoded(heart_like(200)), mask, size=image.ImageSize(width_px=64, height_px=64)))
  assert pixels(response.images[0].image.data).shape == (64, 64, 3)
  assert [warning.code for warning in response.warnings] == [gateway.Warning.CODE_IMAGE_RESIZED]


def test_the_same_edit_is_the_same_bytes_in_company_and_after_a_restart(cluster):
  request = edit(encoded(heart_like()), mask_file(middle()), resample_count=3)
  alone = draw(cluster, request).images[0].image.data
  with concurrent.futures.ThreadPoolExecutor(6) as pool:
    others = [pool.submit(cluster.picture, seed=100 + i, decoder_step_count=2 + i) for i in range(3)]
    same = [pool.submit(draw, cluster, request) for _ in range(3)]
    assert {future.result().images[0].image.data for future in same} == {alone}
    assert len({future.result() for future in others}) == 3
  with Cluster("--threads=1") as other:
    assert draw(other, request).images[0].image.data == alone


def test_progress_counts_the_steps_that_are_done_again(cluster):
  request = edit(encoded(heart_like()), mask_file(middle()), decoder_step_count=5, resample_count=3, jump_length=2)
  events = list(cluster.stub.StreamGenerateImage(gateway.StreamGenerateImageRequest(request=request), timeout=PATIENCE_SECONDS))
  reports = [event.progress for event in events if event.HasField("progress")]
  assert {report.progress.step_count for report in reports if report.progress.stage == progress.STAGE_DECODER} == {13}
  assert all(report.fraction_done <= 1 for report in reports)


def chunk(kind, data):
  return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb():
  """A small file that would be a picture of 40,000 × 40,000."""
  header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 6, 0, 0, 0)
  data = zlib.compress(bytes(10_000_000), 9)
  return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def animated(kind):
  frames = [Image.fromarray(heart_like()), Image.fromarray(255 - heart_like())]
  out = io.BytesIO()
  frames[0].save(out, kind, save_all=True, append_images=frames[1:])
  return out.getvalue()


GOOD = encoded(heart_like())
BAD_FILES = [
    ("empty", b"", "is empty"),
    ("text", b"a large red heart", "no known format"),
    ("gif", encoded(heart_like(), "GIF"), "GIF"),
    ("truncated", GOOD[: len(GOOD) // 2], "PNG"),
    ("animated png", animated("PNG"), "animated"),
    ("animated webp", animated("WEBP"), "animated"),
    ("bomb", bomb(), "40000x40000"),
    ("large", GOOD + bytes(4 << 20), "at most 4194304 bytes"),
]


@pytest.mark.parametrize("file, said", [case[1:] for case in BAD_FILES], ids=[case[0] for case in BAD_FILES])
def test_a_file_that_cannot_be_read_is_named(cluster, file, said):
  requests = [("variation.image", variation(file)), ("edit.image", edit(file, mask_file(middle())))]
  if file:
    requests.append(("edit.mask", edit(GOOD, file)))
  for field, request in requests:
    error = refusal(cluster, request)
    assert error.code() == INVALID
    assert field in error.details() and said in error.details()
  assert len(draw(cluster, variation(GOOD)).images) == 1


BAD_EDITS = [
    ("oblong", edit(encoded(heart_like()[:100]), mask_file(middle())), "edit.image is 128x100 pixels; it must be as wide as high"),
    ("other mask", edit(GOOD, mask_file(middle(64))), "edit.mask is 64x64 pixels"),
    ("no alpha", edit(GOOD, GOOD), "edit.mask has no alpha channel"),
    ("no mask", edit(GOOD), "edit.mask is empty"),
    ("nothing", edit(GOOD, mask_file(numpy.zeros((SIDE, SIDE), bool))), "nothing to repaint"),
    ("no prompt", edit(GOOD, mask_file(middle()), prompt=""), "prompt is empty"),
    ("resampling", edit(GOOD, mask_file(middle()), resample_count=21), "edit.resample_count"),
    ("jump", edit(GOOD, mask_file(middle()), jump_length=3), "edit.jump_length is 3"),
    ("prompt and variation", variation(GOOD, prompt=PROMPT), "with a variation it must be empty"),
    ("candidates", variation(GOOD, candidate_count=2), "candidate_count"),
]


@pytest.mark.parametrize("request_, said", [case[1:] for case in BAD_EDITS], ids=[case[0] for case in BAD_EDITS])
def test_what_cannot_be_is_refused_by_name(cluster, request_, said):
  error = refusal(cluster, request_)
  assert error.code() == INVALID
  assert said in error.details()


def test_without_an_image_encoder_a_variation_is_unimplemented():
  with Cluster("--threads=1", "--checkpoint=models/shapes32/text-to-image") as other:
    capabilities = other.stub.GetCapabilities(gateway.GetCapabilitiesRequest(), timeout=PATIENCE_SECONDS)
    assert capabilities.edits and not capabilities.variations
    error = refusal(other, variation(GOOD))
  assert error.code() == grpc.StatusCode.UNIMPLEMENTED
  assert "image encoder" in error.details() and "clip service" in error.details()
