"""Holds the reference pipeline in a process of its own, for compare.py.

usage: reference_worker.py CHECKPOINT THREADS DTYPE

Prints `ready` when the pipeline can draw. Then reads a request, a JSON object, a line, and prints a line of JSON for each.
"""

import base64
import io
import json
import sys
import time


def main():
  checkpoint, threads, dtype = sys.argv[1], int(sys.argv[2]), sys.argv[3]
  # pylint: disable=import-outside-toplevel  # what loads here is measured, and compare.py reads this file's functions
  import torch
  from diffusers import UnCLIPPipeline

  torch.set_num_threads(threads)
  pipeline = UnCLIPPipeline.from_pretrained(checkpoint, torch_dtype=getattr(torch, dtype))
  pipeline.set_progress_bar_config(disable=True)
  print("ready", flush=True)
  for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    image = pipeline(
        request["prompt"],
        generator=torch.Generator().manual_seed(request["seed"]),
        prior_num_inference_steps=request["prior_steps"],
        decoder_num_inference_steps=request["decoder_steps"],
        super_res_num_inference_steps=request["super_res_steps"],
        prior_guidance_scale=request["prior_guidance"],
        decoder_guidance_scale=request["decoder_guidance"],
    ).images[0]
    file = io.BytesIO()
    image.save(file, "PNG")
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "png": base64.b64encode(file.getvalue()).decode()}), flush=True)


if __name__ == "__main__":
  main()
