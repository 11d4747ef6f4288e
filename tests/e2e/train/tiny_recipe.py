"""A recipe whose networks are so small that all of them train in seconds."""

import json
import pathlib
import shutil

from proto_modules import ROOT

RECIPE = ROOT / "train/recipes/shapes"
UPSAMPLERS = {"super_res": 64, "super_res_2": 128}
WIDTH = 32  # of CLIP and of the prior
BASE = 16  # pixels a side of what the base decoder draws


def edit_json(path, **changes):
  path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def write_template(folder):
  """The configs of the shapes recipe, with small sizes."""
  shutil.copytree(RECIPE / "template", folder, symlinks=True)
  text = folder / "text-to-image"
  tower = {"hidden_size": WIDTH, "intermediate_size": 2 * WIDTH, "projection_dim": WIDTH, "num_hidden_layers": 1, "num_attention_heads": 2}
  edit_json(text / "text_encoder/config.json", **tower)
  edit_json(folder / "image-variation/image_encoder/config.json", **tower)
  edit_json(text / "prior/config.json", num_attention_heads=2, attention_head_dim=16, num_layers=1, embedding_dim=WIDTH)
  edit_json(text / "prior_autoregressive/config.json", num_attention_heads=2, attention_head_dim=16, num_layers=1, embedding_dim=WIDTH,
            num_components=6, num_buckets=8)  # fmt: skip
  edit_json(text / "text_proj/config.json", clip_embeddings_dim=WIDTH, time_embed_dim=32, cross_attention_dim=16)
  edit_json(text / "decoder/config.json", sample_size=BASE, block_out_channels=[8, 16], time_embedding_dim=32, norm_num_groups=4, attention_head_dim=8,
            cross_attention_dim=16, down_block_types=["ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"],
            up_block_types=["SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"])  # fmt: skip
  for prefix, size in UPSAMPLERS.items():
    edit_json(text / f"{prefix}_first/config.json", sample_size=size, block_out_channels=[8, 8], norm_num_groups=4,
              down_block_types=["ResnetDownsampleBlock2D"] * 2, up_block_types=["ResnetUpsampleBlock2D"] * 2)  # fmt: skip


class TinyRecipe:
  """The template, and a config file for each run."""

  def __init__(self, folder):
    self.folder = pathlib.Path(folder)
    write_template(self.folder / "template")

  def config(self, run, **changes):
    """The path of the config of a run: "clip", "prior", "autoregressive-prior", "decoder", or an upsampler's component."""
    config = {"template": "template", "data": {"kind": "shapes"}, "steps": 4, "batch_size": 4, "learning_rate": 1e-3, "picture_size": BASE,
              "validation_pictures": 2, "validate_every": 0, "loader_threads": 1}  # fmt: skip
    if run == "clip" or run.endswith("prior"):
      config["picture_size"] = 64
    if run.endswith("prior"):
      config["statistics_pictures"] = 8
    for prefix, size in UPSAMPLERS.items():
      if run == f"{prefix}_first":
        config.update(component=run, scheduler=f"{prefix}_scheduler", picture_size=size, window_size=size // 2,
                      scale=size // BASE if prefix == "super_res" else 2, window_align=4, validation_steps=2)  # fmt: skip
    path = self.folder / f"{run}.json"
    path.write_text(json.dumps({**config, **changes}))
    return path
