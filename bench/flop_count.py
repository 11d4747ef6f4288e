"""Counts the work of one forward pass of each network of a checkpoint, for a batch of one, from its config files alone.

usage: flop_count.py CHECKPOINT

Prints a JSON object: floating-point operations (two for a multiplication and its addition) of matrix products and convolutions, by the stage
(settings.STAGES) that the network belongs to. Nothing is computed: the networks stand on torch's meta device.
"""

import json
import os
import pathlib
import sys

# Nothing is fetched: checkpoints are folders. Read when diffusers is imported.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# pylint: disable=wrong-import-position
import torch
from diffusers import PriorTransformer, UNet2DConditionModel, UNet2DModel
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPTextConfig, CLIPTextModelWithProjection


def count(network, **inputs):
  with FlopCounterMode(display=False) as counter, torch.inference_mode():
    network(**inputs)
  return counter.get_total_flops()


def build(kind, folder):
  """A network of diffusers' as the config in `folder` says, without values."""
  return kind.from_config(kind.load_config(folder)).eval()


def count_text_encoder(folder):
  config = CLIPTextConfig.from_pretrained(folder)
  network = CLIPTextModelWithProjection._from_config(config).eval()  # pylint: disable=protected-access
  return count(network, input_ids=torch.zeros(1, config.max_position_embeddings, dtype=torch.long)), config


def count_prior(folder, text):
  network = build(PriorTransformer, folder)
  width = network.config.embedding_dim
  return count(
      network,
      hidden_states=torch.zeros(1, width),
      timestep=torch.zeros(1),
      proj_embedding=torch.zeros(1, width),
      encoder_hidden_states=torch.zeros(1, text.max_position_embeddings, text.hidden_size),
  )


def count_decoder(folder, positions):
  network = build(UNet2DConditionModel, folder)
  config = network.config
  return count(
      network,
      sample=torch.zeros(1, config.in_channels, config.sample_size, config.sample_size),
      timestep=torch.zeros(1),
      encoder_hidden_states=torch.zeros(1, positions, config.cross_attention_dim),
      class_labels=torch.zeros(1, 4 * config.block_out_channels[0]),
  )


def count_upsampler(folder):
  network = build(UNet2DModel, folder)
  config = network.config
  return count(network, sample=torch.zeros(1, config.in_channels, config.sample_size, config.sample_size), timestep=torch.zeros(1))


def main():
  checkpoint = pathlib.Path(sys.argv[1])
  extra = json.loads((checkpoint / "text_proj/config.json").read_text())["clip_extra_context_tokens"]
  with torch.device("meta"):
    embed_text, text = count_text_encoder(checkpoint / "text_encoder")
    flops = {
        "embed_text": embed_text,
        "prior": count_prior(checkpoint / "prior", text),
        "decoder": count_decoder(checkpoint / "decoder", text.max_position_embeddings + extra),
        # The two upsamplers have the same config but for their weights.
        "super_res": count_upsampler(checkpoint / "super_res_first"),
    }
  print(json.dumps(flops))


if __name__ == "__main__":
  main()
