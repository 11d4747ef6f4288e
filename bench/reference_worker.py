"""Holds the reference pipeline in a process of its own, for compare.py.

usage: reference_worker.py CHECKPOINT THREADS DTYPE [default|channels_last]

The last is the memory format of the convolutions' weights. Prints `ready` when the pipeline can draw. Then reads a request, a JSON object, a
line, and prints a line of JSON for each.

PyTorch has no antialiased interpolation in bfloat16 on CPUs: the pipeline cannot run in it. That one call, between decoder and upsampler, is made
in float32 here.

One candidate is drawn by the pipeline's own call. Several, of which the best is decoded, it cannot: its modules are driven step by step then,
the prior with all candidates in one batch.
"""

import base64
import io
import json
import sys
import time

from stage_clock import StageClock, watch


def interpolate_in_float(torch):
  """Makes antialiased interpolation work in bfloat16."""
  interpolate = torch.nn.functional.interpolate

  def in_float(x, *arguments, **keywords):
    return interpolate(x.float(), *arguments, **keywords).to(x.dtype)

  torch.nn.functional.interpolate = lambda x, *rest, **keywords: (in_float if keywords.get("antialias") else interpolate)(x, *rest, **keywords)


def draw_one(pipeline, request, torch):
  """A picture by the pipeline's own call."""
  return pipeline(
      request["prompt"],
      generator=torch.Generator().manual_seed(request["seed"]),
      prior_num_inference_steps=request["prior_steps"],
      decoder_num_inference_steps=request["decoder_steps"],
      super_res_num_inference_steps=request["super_res_steps"],
      prior_guidance_scale=request["prior_guidance"],
      decoder_guidance_scale=request["decoder_guidance"],
  ).images[0]


def draw_best(pipeline, request, clock):
  """A picture of the best of several candidates."""
  # pylint: disable=import-outside-toplevel  # not for those who want one candidate
  import PIL.Image
  import reference_pipeline
  from settings import Settings

  steps = reference_pipeline.ReferencePipeline(pipeline)
  settings = Settings(**{key: request[key] for key in Settings.__dataclass_fields__})
  noise = reference_pipeline.TorchNoise(request["seed"])
  text, embeddings = steps.embed([request["prompt"]])
  candidates = steps.sample_prior(text.repeated(request["candidates"]), settings, noise)
  chosen, _ = reference_pipeline.best_of(candidates[:, None], embeddings, len(candidates))
  picture = steps.decode(chosen, text, settings, noise)[0]
  clock.enter("encode")
  return PIL.Image.fromarray(picture)


def main():
  checkpoint, threads, dtype = sys.argv[1], int(sys.argv[2]), sys.argv[3]
  # pylint: disable=import-outside-toplevel  # what loads here is measured, and compare.py reads this file's functions
  import torch
  from diffusers import UnCLIPPipeline

  torch.set_num_threads(threads)
  pipeline = UnCLIPPipeline.from_pretrained(checkpoint, torch_dtype=getattr(torch, dtype))
  pipeline.set_progress_bar_config(disable=True)
  if sys.argv[4:] == ["channels_last"]:
    for network in (pipeline.decoder, pipeline.super_res_first, pipeline.super_res_last):
      network.to(memory_format=torch.channels_last)
  if dtype == "bfloat16":
    interpolate_in_float(torch)
  clock = StageClock()
  watch(pipeline, clock)
  print("ready", flush=True)
  for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    clock.start("embed_text")
    image = draw_one(pipeline, request, torch) if request["candidates"] == 1 else draw_best(pipeline, request, clock)
    file = io.BytesIO()
    image.save(file, "PNG")
    seconds = time.perf_counter() - start
    answer = {"seconds": seconds, "stages": clock.finish(), "png": base64.b64encode(file.getvalue()).decode()}
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
  main()
