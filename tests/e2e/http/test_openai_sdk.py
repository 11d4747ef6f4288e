"""Who called a hosted DALL·E 2 changes base_url and goes on: the `openai` package, unchanged, against this gateway."""

import asyncio
import base64
import concurrent.futures
import io
import threading
import time
import urllib.request

import numpy
import openai
import pytest
from PIL import Image

from metrics_text import read_metrics
from openai_client import client_of
from running_cluster import PATIENCE_SECONDS, Server, wait_until

PROMPT = "a large red heart on a white background"
SIDE = 128  # the model's own size
# A few steps: these tests look at the way there, not at the picture.
QUICK = {"candidate_count": 1, "prior_step_count": 2, "decoder_step_count": 4, "super_res_step_count": 2}
# Long enough to be met under way, whatever the machine.
LONG = {"candidate_count": 1, "prior_step_count": 2, "decoder_step_count": 1000}


def decoded(picture):
  return Image.open(io.BytesIO(base64.b64decode(picture)))


def pixels(picture):
  return numpy.asarray(decoded(picture).convert("RGB")).astype(int)


def png(array):
  out = io.BytesIO()
  Image.fromarray(array).save(out, "PNG")
  return out.getvalue()


@pytest.fixture(scope="module")
def drawn(client):
  """A finished picture, as its file's bytes."""
  answer = client.images.generate(prompt=PROMPT, response_format="b64_json", extra_body=QUICK | {"seed": 1})
  return base64.b64decode(answer.data[0].b64_json)


@pytest.fixture
def small_gateway(cluster):
  """A gateway before the same services that takes one request at a time."""
  targets = [f"--{name}_target={cluster.addresses[name][0]}" for name in ("clip", "prior", "decoder")]
  with Server("gateway", *targets, "--max_requests=1") as server:
    yield server.wait_until_serving()


def test_draws_a_picture(client):
  answer = client.images.generate(model="dall-e-2", prompt=PROMPT, n=2, size="256x256", response_format="b64_json", extra_body=QUICK)
  assert abs(answer.created - time.time()) < 60
  assert len(answer.data) == 2
  for picture in answer.data:
    assert decoded(picture.b64_json).size == (256, 256)
    assert picture.url is None
  assert answer._request_id


def test_a_picture_has_an_address_by_default(client):
  answer = client.images.generate(prompt=PROMPT, extra_body=QUICK)
  with urllib.request.urlopen(answer.data[0].url, timeout=PATIENCE_SECONDS) as response:
    assert response.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(response.read())).size == (SIDE, SIDE)


def test_the_seed_in_the_answer_draws_it_again(client):
  first = client.images.generate(prompt=PROMPT, response_format="b64_json", extra_body=QUICK)
  assert first.data[0].similarity == max(first.data[0].candidate_similarities)
  assert first.data[0].timings["total_ms"] > 0
  again = client.images.generate(prompt=PROMPT, response_format="b64_json", extra_body=QUICK | {"seed": first.data[0].seed_string})
  assert again.data[0].b64_json == first.data[0].b64_json


def test_other_formats(client):
  answer = client.images.generate(
    prompt=PROMPT, response_format="b64_json", output_format="webp", output_compression=40, quality="low", extra_body=QUICK
  )
  assert decoded(answer.data[0].b64_json).format == "WEBP"
  assert (answer.output_format, answer.quality, answer.background) == ("webp", "low", "opaque")


def test_streams_partial_pictures(client):
  events = list(client.images.generate(prompt=PROMPT, stream=True, partial_images=3, extra_body=QUICK | {"decoder_step_count": 12}))
  assert [event.type for event in events] == ["image_generation.partial_image"] * 3 + ["image_generation.completed"]
  assert [event.partial_image_index for event in events[:3]] == [0, 1, 2]
  for event in events:
    assert decoded(event.b64_json).size == (SIDE, SIDE)
    assert event.size == "128x128" and event.output_format == "png"
  assert events[-1].usage.total_tokens == 0


def test_the_last_partial_picture_resembles_the_finished_one(client):
  events = list(client.images.generate(prompt=PROMPT, stream=True, partial_images=3, extra_body={"seed": 5, "preset": "fast"}))
  first, *_, last, finished = [pixels(event.b64_json) for event in events]
  assert abs(last - finished).mean() < 0.4 * abs(first - finished).mean()


def test_a_stream_without_partial_pictures_is_one_event(client):
  events = list(client.images.generate(prompt=PROMPT, stream=True, extra_body=QUICK))
  assert [event.type for event in events] == ["image_generation.completed"]


def test_varies_a_picture(client, drawn):
  answer = client.images.create_variation(image=drawn, n=2, response_format="b64_json", extra_body={"decoder_step_count": 4})
  assert len({picture.b64_json for picture in answer.data}) == 2
  assert decoded(answer.data[0].b64_json).size == (SIDE, SIDE)


def test_edits_where_the_mask_is_transparent(client, drawn):
  mask = numpy.zeros((SIDE, SIDE, 4), numpy.uint8)
  mask[..., 3] = 255
  mask[: SIDE // 2, :, 3] = 0
  answer = client.images.edit(image=drawn, mask=png(mask), prompt="a blue star", response_format="b64_json", extra_body=QUICK)
  before, after = pixels(base64.b64encode(drawn)), pixels(answer.data[0].b64_json)
  assert (before[SIDE // 2 :] == after[SIDE // 2 :]).all()
  assert (before[: SIDE // 2] != after[: SIDE // 2]).any()


def test_streams_an_edit(client, drawn):
  picture = numpy.asarray(Image.open(io.BytesIO(drawn)).convert("RGBA")).copy()
  picture[20:60, 20:60, 3] = 0
  events = list(client.images.edit(image=png(picture), prompt="a blue star", stream=True, partial_images=1, extra_body=QUICK))
  assert [event.type for event in events] == ["image_edit.partial_image", "image_edit.completed"]


def test_the_async_client(cluster):
  async def draw():
    async with openai.AsyncOpenAI(base_url=f"http://{cluster.http}/v1", api_key="any", timeout=PATIENCE_SECONDS) as client:
      calls = [client.images.generate(prompt=PROMPT, response_format="b64_json", extra_body=QUICK | {"seed": 3}) for _ in range(3)]
      answers = await asyncio.gather(*calls)
      stream = await client.images.generate(prompt=PROMPT, stream=True, partial_images=1, extra_body=QUICK)
      return answers, [event.type async for event in stream]

  answers, events = asyncio.run(draw())
  assert len({answer.data[0].b64_json for answer in answers}) == 1
  assert events == ["image_generation.partial_image", "image_generation.completed"]


def test_lists_its_models(client):
  names = [model.id for model in client.models.list()]
  assert names == ["dall-e-2", "unclip", "shapes32"]
  assert client.models.retrieve("unclip").owned_by == "unclip"
  with pytest.raises(openai.NotFoundError) as error:
    client.models.retrieve("gpt-image-1")
  assert error.value.code == "model_not_found"


@pytest.mark.parametrize(
  ("arguments", "param"),
  [
    ({"n": 11}, "n"),
    ({"size": "100x100"}, "size"),
    ({"model": "dall-e-3"}, "model"),
    ({"style": "vivid"}, "style"),
    ({"prompt": ""}, "prompt"),
    ({"prompt": "x" * 1001}, "prompt"),
    ({"extra_body": {"candidate_count": 17}}, "candidate_count"),
    ({"extra_body": {"sede": 1}}, "sede"),
  ],
)
def test_a_bad_request_names_its_parameter(client, arguments, param):
  with pytest.raises(openai.BadRequestError) as error:
    client.images.generate(**{"prompt": PROMPT} | arguments)
  assert error.value.param == param
  assert error.value.type == "invalid_request_error"
  assert error.value.request_id


def test_a_full_gateway_is_a_rate_limit_and_the_client_tries_again(small_gateway):
  patient = client_of(small_gateway.http, max_retries=8)
  with concurrent.futures.ThreadPoolExecutor() as pool, client_of(small_gateway.http) as hasty:
    stream = hasty.images.generate(prompt=PROMPT, stream=True, extra_body=LONG)  # its head says that it was let in
    with pytest.raises(openai.RateLimitError) as error:
      hasty.images.generate(prompt=PROMPT, extra_body=QUICK)
    assert error.value.code == "queue_full"
    assert float(error.value.response.headers["retry-after"]) >= 1
    second = pool.submit(patient.images.generate, prompt=PROMPT, extra_body=QUICK)
    wait_until(lambda: rejections(small_gateway) >= 2, "the second was refused once")
    stream.close()
    assert second.result(PATIENCE_SECONDS).data


def rejections(server):
  return read_metrics(server.metrics).value("unclip_gateway_http_requests_total", route="/v1/images/generations", status="429")


def test_a_client_that_waits_no_longer_stops_the_work(cluster, client):
  with pytest.raises(openai.APITimeoutError):
    client.with_options(timeout=0.5).images.generate(prompt=PROMPT, extra_body=LONG)
  wait_until(lambda: cluster.metrics("decoder").value("unclip_decoder_in_flight") == 0, "the decoder works on nothing")


def test_a_client_that_leaves_its_stream_stops_the_work(cluster, client):
  stream = client.images.generate(prompt=PROMPT, stream=True, partial_images=3, extra_body=LONG | {"decoder_step_count": 400})
  next(iter(stream))
  stream.close()
  wait_until(lambda: cluster.metrics("decoder").value("unclip_decoder_in_flight") == 0, "the decoder works on nothing")


def test_a_request_that_comes_again_joins_the_first(client):
  def draw():
    return client.images.generate(
      prompt=PROMPT, response_format="b64_json", extra_body=QUICK, extra_headers={"Idempotency-Key": "test-joins"}
    )

  with concurrent.futures.ThreadPoolExecutor() as pool:
    first, second = [call.result(PATIENCE_SECONDS) for call in [pool.submit(draw), pool.submit(draw)]]
  assert first.data[0].b64_json == second.data[0].b64_json  # the seed is random, so another picture would differ
  with pytest.raises(openai.ConflictError):
    client.images.generate(prompt="another", extra_body=QUICK, extra_headers={"Idempotency-Key": "test-joins"})


def test_a_gateway_without_services_says_which_are_missing():
  with Server("gateway", *(f"--{name}_target=127.0.0.1:1" for name in ("clip", "prior", "decoder"))) as server:
    with client_of(server.http) as client, pytest.raises(openai.InternalServerError) as error:
      client.images.generate(prompt=PROMPT)
    assert error.value.status_code == 503
    assert "clip" in error.value.message and "127.0.0.1:1" in error.value.message


def test_many_clients_at_once_get_what_they_asked_for(client):
  barrier = threading.Barrier(6)

  def draw(seed):
    barrier.wait()
    return client.images.generate(prompt=PROMPT, response_format="b64_json", extra_body=QUICK | {"seed": seed}).data[0]

  with concurrent.futures.ThreadPoolExecutor(6) as pool:
    pictures = list(pool.map(draw, range(6)))
  assert [picture.seed for picture in pictures] == list(range(6))
  assert len({picture.b64_json for picture in pictures}) == 6
