"""Requests that cannot be served: each is refused by name, and the next good one is served."""

import math

import grpc
import pytest

from proto_modules import clip, conditioning, decoder, gateway, image, prior
from running_cluster import PATIENCE_SECONDS, SERVING, connect, health, small_request

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NAN, INFINITY = math.nan, math.inf
INT_MAX, INT_MIN = 2**31 - 1, -(2**31)


def size(width, height):
  return image.ImageSize(width_px=width, height_px=height)


def refusal(call):
  with pytest.raises(grpc.RpcError) as error:
    call()
  return error.value


def assert_serves(cluster):
  assert health(cluster.target) == SERVING
  assert len(cluster.picture(candidate_count=1, prior_step_count=2, decoder_step_count=2)) > 100


REQUESTS = [
    ("prompt", dict(prompt="")),
    ("prompt", dict(prompt=" \t\n\u3000")),
    ("prompt", dict(prompt="a \x00 heart")),
    ("prompt", dict(prompt="a \x1b[31m heart")),
    ("prompt", dict(prompt="a \x7f heart")),
    ("prompt", dict(prompt="a \u0085 heart")),
    ("prompt", dict(prompt="a " * 16_385)),
    ("prompt", dict(prompt="a" * 10_000_000)),
    ("negative_prompt", dict(negative_prompt="\x01")),
    ("negative_prompt", dict(negative_prompt="a" * 32_769)),
    *[("image_count", dict(image_count=count)) for count in (0, -1, 11, INT_MAX, INT_MIN)],
    *[("candidate_count", dict(candidate_count=count)) for count in (0, -1, 17, INT_MAX)],
    *[("size", dict(size=size(*pair))) for pair in ((0, 0), (-1, -1), (100, 101), (128, 0), (INT_MAX, INT_MAX), (1, 1))],
    *[("prior_step_count", dict(prior_step_count=count)) for count in (1, 0, -1, 1001, INT_MAX)],
    *[("decoder_step_count", dict(decoder_step_count=count)) for count in (1, 0, -1, 1001, INT_MAX)],
    *[("super_res_step_counts", dict(super_res_step_counts=counts)) for counts in ([1], [0], [1001], [7, 7], [7] * 100_000)],
    *[("prior_guidance_scale", dict(prior_guidance_scale=scale)) for scale in (NAN, INFINITY, -INFINITY, -0.1, 100.1, 1e30)],
    *[("decoder_guidance_scale", dict(decoder_guidance_scale=scale)) for scale in (NAN, INFINITY, -INFINITY, -0.1, 100.1, 1e30)],
    *[("output_format", dict(output_format=value)) for value in (image.IMAGE_FORMAT_RGB8, 99, -1, INT_MAX)],
    *[("quality", dict(quality=quality, output_format=image.IMAGE_FORMAT_JPEG)) for quality in (0, -1, 101, INT_MAX)],
]


@pytest.mark.parametrize("field, fields", REQUESTS, ids=lambda value: value if isinstance(value, str) else str(value)[:40])
@pytest.mark.parametrize("streaming", [False, True], ids=["unary", "stream"])
def test_a_field_out_of_range_is_named(cluster, streaming, field, fields):
  request = small_request(**fields)
  if streaming:
    stream_request = gateway.StreamGenerateImageRequest(request=request)
    error = refusal(lambda: list(cluster.stub.StreamGenerateImage(stream_request, timeout=PATIENCE_SECONDS)))
  else:
    error = refusal(lambda: cluster.stub.GenerateImage(request, timeout=PATIENCE_SECONDS))
  assert error.code() == INVALID
  assert field in error.details()
  assert len(error.details()) < 1100
  value = next(iter(fields.values()))
  if isinstance(value, int):
    assert str(value) in error.details()
  assert_serves(cluster)


@pytest.mark.parametrize("interval", [0, -1, 1001, INT_MAX])
def test_a_preview_interval_out_of_range_is_named(cluster, interval):
  request = gateway.StreamGenerateImageRequest(request=small_request(), preview_step_interval=interval)
  error = refusal(lambda: list(cluster.stub.StreamGenerateImage(request, timeout=PATIENCE_SECONDS)))
  assert error.code() == INVALID
  assert "preview_step_interval" in error.details() and str(interval) in error.details()
  assert_serves(cluster)


def raw(cluster, method, data, streaming=False):
  """Sends bytes as they are."""
  with connect(cluster.target) as channel:
    path = f"/unclip.gateway.v1.ImageGenerationService/{method}"
    if streaming:
      return list(channel.unary_stream(path)(data, timeout=PATIENCE_SECONDS))
    return channel.unary_unary(path)(data, timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("bad", [b"\xff", b"a \xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"])
@pytest.mark.parametrize("tag, field", [(b"\x0a", "prompt"), (b"\x12", "negative_prompt")])
def test_text_that_is_not_utf8_is_named(cluster, bad, tag, field):
  request = gateway.GenerateImageRequest(prompt="a heart").SerializeToString() + tag + bytes([len(bad)]) + bad
  wrapped = b"\x0a" + bytes([len(request)]) + request
  for call in (lambda: raw(cluster, "GenerateImage", request), lambda: raw(cluster, "StreamGenerateImage", wrapped, True)):
    error = refusal(call)
    assert error.code() == INVALID
    assert field in error.details() and "UTF-8" in error.details()
  assert_serves(cluster)


@pytest.mark.parametrize("data", [b"\x0a\xff\xff\xff\xff\x0f", b"\xff" * 100, b"\x0a\x05ab", b"\x0b" * 1000])
def test_bytes_that_are_no_message_are_refused(cluster, data):
  for call in (lambda: raw(cluster, "GenerateImage", data), lambda: raw(cluster, "StreamGenerateImage", data, True)):
    assert refusal(call).code() == INVALID
  assert_serves(cluster)


def test_an_empty_message_lacks_its_prompt(cluster):
  for call in (lambda: raw(cluster, "GenerateImage", b""), lambda: raw(cluster, "StreamGenerateImage", b"", True)):
    error = refusal(call)
    assert error.code() == INVALID and "prompt" in error.details()
  assert_serves(cluster)


def test_an_unknown_method_is_unimplemented(cluster):
  assert refusal(lambda: raw(cluster, "PaintImage", b"")).code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_deadline_that_has_passed_does_no_work(cluster):
  # gRPC rounds up to a millisecond, in which a prompt whose embedding is kept may get as far as the prior, but never through it.
  before = cluster.metrics("decoder").value("unclip_decoder_requests_total", method="DecodeImage")
  for timeout in (0, -1, 1e-6):
    error = refusal(lambda t=timeout: cluster.stub.GenerateImage(small_request(prior_step_count=100), timeout=t))
    assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
  assert cluster.metrics("decoder").value("unclip_decoder_requests_total", method="DecodeImage") == before
  assert_serves(cluster)


@pytest.mark.parametrize("request_id", ["a b", "x" * 129, ""])
def test_a_bad_request_id_is_named(cluster, request_id):
  error = refusal(lambda: cluster.stub.GenerateImage(small_request(), timeout=PATIENCE_SECONDS, metadata=[("x-request-id", request_id)]))
  assert error.code() == INVALID and "x-request-id" in error.details()
  assert_serves(cluster)


def test_a_request_id_comes_back(cluster):
  call = cluster.stub.GenerateImage.with_call
  response, rpc = call(small_request(), timeout=PATIENCE_SECONDS, metadata=[("x-request-id", "test-1")])
  assert response.request_id == "test-1"
  assert ("x-request-id", "test-1") in [(key, value) for key, value in rpc.initial_metadata()]


@pytest.mark.parametrize(
    "prompt", ["<|endoftext|>", "a <|startoftext|> heart <|endoftext|> b", "e\u0301" * 50, "\u202e heart", "\U0001f468\u200d\U0001f469", "a\theart\r\n"]
)
def test_unusual_prompts_are_served(cluster, prompt):
  assert len(cluster.picture(prompt=prompt)) > 100


def test_a_prompt_past_the_context_is_cut_off_with_a_warning(cluster):
  start = "a large red heart above a small blue star on a white background " * 4
  first, second = cluster.generate(prompt=start), cluster.generate(prompt=start + "and much more")
  assert [warning.code for warning in second.warnings] == [gateway.Warning.CODE_PROMPT_TRUNCATED]
  assert "24" in second.warnings[0].message
  assert first.images[0].image.data == second.images[0].image.data
  negative = cluster.generate(negative_prompt="dull " * 100)
  assert [warning.code for warning in negative.warnings] == [gateway.Warning.CODE_NEGATIVE_PROMPT_TRUNCATED]


def good_text(cluster):
  response = cluster.connect("clip").EmbedText(clip.EmbedTextRequest(prompts=["a heart"]), timeout=PATIENCE_SECONDS)
  return response.embeddings[0].conditioning


def text_with(cluster, **fields):
  text = conditioning.TextConditioning()
  text.CopyFrom(good_text(cluster))
  for name, value in fields.items():
    del getattr(text, name)[:]
    getattr(text, name).extend(value)
  return text


@pytest.mark.parametrize(
    "field, change",
    [
        ("text_embedding", lambda text: dict(text_embedding=text.text_embedding[:-1])),
        ("text_embedding", lambda text: dict(text_embedding=[])),
        ("text_embedding", lambda text: dict(text_embedding=[NAN, *text.text_embedding[1:]])),
        ("hidden_states", lambda text: dict(hidden_states=[*text.hidden_states, 0.0])),
        ("hidden_states", lambda text: dict(hidden_states=[*text.hidden_states[:-1], INFINITY])),
        ("attention_mask", lambda text: dict(attention_mask=text.attention_mask[:-1])),
    ],
)
@pytest.mark.parametrize("part", ["text", "negative_text"])
def test_services_check_conditioning_themselves(cluster, part, field, change):
  good = good_text(cluster)
  texts = {"text": good, "negative_text": good} | {part: text_with(cluster, **change(good))}
  embedding = conditioning.ImageEmbedding(values=good.text_embedding)
  prior_request = prior.SamplePriorRequest(**texts, seed=1, guidance_scale=4)
  decoder_request = decoder.DecodeImageRequest(
      **texts, image_embedding=embedding, seed=1, guidance_scale=4, output_format=image.IMAGE_FORMAT_PNG
  )
  calls = {
      "prior": lambda: list(cluster.connect("prior").SamplePrior(prior_request, timeout=PATIENCE_SECONDS)),
      "decoder": lambda: list(cluster.connect("decoder").DecodeImage(decoder_request, timeout=PATIENCE_SECONDS)),
  }
  for name, call in calls.items():
    error = refusal(call)
    assert error.code() == INVALID, name
    assert f"{part}.{field}" in error.details(), name
  assert_serves(cluster)


@pytest.mark.parametrize("change", [lambda values: values[:-1], lambda values: [], lambda values: [NAN, *values[1:]]])
def test_the_decoder_checks_the_embedding(cluster, change):
  good = good_text(cluster)
  request = decoder.DecodeImageRequest(
      text=good, negative_text=good, seed=1, output_format=image.IMAGE_FORMAT_PNG,
      image_embedding=conditioning.ImageEmbedding(values=change(list(good.text_embedding))),
  )  # fmt: skip
  error = refusal(lambda: list(cluster.connect("decoder").DecodeImage(request, timeout=PATIENCE_SECONDS)))
  assert error.code() == INVALID and "image_embedding" in error.details()
  assert_serves(cluster)


def test_guidance_needs_the_negative_text(cluster):
  request = prior.SamplePriorRequest(text=good_text(cluster), seed=1, guidance_scale=4)
  error = refusal(lambda: list(cluster.connect("prior").SamplePrior(request, timeout=PATIENCE_SECONDS)))
  assert error.code() == INVALID and "negative_text" in error.details()


@pytest.mark.parametrize("prompts", [[], ["a"] * 17, ["\x00"], ["a" * 32_769]])
def test_clip_checks_its_prompts(cluster, prompts):
  error = refusal(lambda: cluster.connect("clip").EmbedText(clip.EmbedTextRequest(prompts=prompts), timeout=PATIENCE_SECONDS))
  assert error.code() == INVALID and "prompts" in error.details()
  assert_serves(cluster)


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(100), b"\xff\xd8\xff\xe0" + bytes(100), b"RIFF\x00\x00\x00\x00WEBPVP8 ", bytes(1000), b"<svg/>"]
)
def test_clip_refuses_what_is_no_picture(cluster, data):
  error = refusal(lambda: cluster.connect("clip").EmbedImage(clip.EmbedImageRequest(image=data), timeout=PATIENCE_SECONDS))
  assert error.code() == INVALID and "image" in error.details()
  assert_serves(cluster)


def test_clip_refuses_a_picture_too_large_without_unpacking_it(cluster):
  # A PNG that says it is 60,000 by 60,000 pixels; its header alone decides.
  header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xea`\x00\x00\xea`\x08\x02\x00\x00\x00"
  error = refusal(lambda: cluster.connect("clip").EmbedImage(clip.EmbedImageRequest(image=header + bytes(100)), timeout=PATIENCE_SECONDS))
  assert error.code() == INVALID
  too_long = refusal(lambda: cluster.connect("clip").EmbedImage(clip.EmbedImageRequest(image=bytes(33 << 20)), timeout=PATIENCE_SECONDS))
  assert too_long.code() == INVALID
  beyond = refusal(lambda: cluster.connect("clip").EmbedImage(clip.EmbedImageRequest(image=bytes(65 << 20)), timeout=PATIENCE_SECONDS))
  assert beyond.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
  assert_serves(cluster)
