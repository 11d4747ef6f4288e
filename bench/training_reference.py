"""Trains a small model's base decoder as the Python recipe does, and says how fast.

usage: training_reference.py CHECKPOINT SECONDS BATCH THREADS

The recipe: diffusers' own modules, bfloat16 autocast, channels-last, AdamW, gradient clipping, a moving average of the weights in Python,
embeddings of 2,000 scenes computed beforehand. Prints a line of JSON: pictures a second after a warm-up, peak resident memory.
"""

import copy
import json
import pathlib
import random
import resource
import sys
import time

import numpy
import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel, UnCLIPScheduler
from diffusers.pipelines.unclip.text_proj import UnCLIPTextProjModel
from transformers import CLIPTextModelWithProjection, CLIPTokenizer, CLIPVisionModelWithProjection

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/world"))
import world  # noqa: E402 (it is found through the line above)

SCENES = 2000
WARM_UP_STEPS = 5


class Data:
  """Scenes, what CLIP says of them, and the empty caption."""

  def __init__(self, checkpoint, size):
    text = CLIPTextModelWithProjection.from_pretrained(checkpoint / "text-to-image/text_encoder", dtype=torch.float32).eval()
    vision = CLIPVisionModelWithProjection.from_pretrained(checkpoint / "image-variation/image_encoder", dtype=torch.float32).eval()
    tokenizer = CLIPTokenizer.from_pretrained(checkpoint / "text-to-image/tokenizer")
    rng = random.Random(0)
    scenes = [world.sample_scene(rng) for _ in range(SCENES)]
    large = torch.from_numpy(numpy.stack([world.render(scene, 64) for scene in scenes])).permute(0, 3, 1, 2).contiguous()
    self.pictures = F.avg_pool2d(large.float(), 64 // size) / 127.5 - 1
    with torch.no_grad():
      self.image_embeddings = torch.cat([vision(part.float() / 127.5 - 1).image_embeds for part in large.split(250)])
      self.text = self._encode(text, tokenizer, [world.caption(scene, rng) for scene in scenes])
      self.empty = self._encode(text, tokenizer, [""])

  @staticmethod
  def _encode(text, tokenizer, captions):
    tokens = tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt")
    parts = [text(ids) for ids in tokens.input_ids.split(250)]
    return (torch.cat([part.text_embeds for part in parts]), torch.cat([part.last_hidden_state for part in parts]), tokens.attention_mask)


class Recipe:
  """The networks, their averages, and one step."""

  def __init__(self, checkpoint, batch):
    self.batch = batch
    configs = checkpoint / "text-to-image"
    self.decoder = UNet2DConditionModel.from_config(str(configs / "decoder")).to(memory_format=torch.channels_last)
    self.data = Data(checkpoint, self.decoder.config.sample_size)
    self.projection = UnCLIPTextProjModel.from_config(str(configs / "text_proj"))
    self.scheduler = UnCLIPScheduler.from_config(str(configs / "decoder_scheduler"))
    self.parameters = [*self.decoder.parameters(), *self.projection.parameters()]
    self.averages = [*copy.deepcopy(self.decoder).parameters(), *copy.deepcopy(self.projection).parameters()]
    self.optimizer = torch.optim.AdamW(self.parameters, 1e-4, betas=(0.9, 0.99), weight_decay=1e-2)

  def conditioning(self, rows):
    drop_text, drop_image = torch.rand(self.batch) < 0.5, torch.rand(self.batch) < 0.1
    pick = lambda index: torch.where(drop_text.view(-1, *[1] * (self.data.text[index].dim() - 1)), self.data.empty[index], self.data.text[index][rows])  # noqa: E731
    null = self.projection.learned_classifier_free_guidance_embeddings[None]
    images = torch.where(drop_image[:, None], null, self.data.image_embeddings[rows])
    tokens, labels = self.projection(image_embeddings=images, prompt_embeds=pick(0), text_encoder_hidden_states=pick(1),
                                     do_classifier_free_guidance=False)  # fmt: skip
    return tokens, labels, F.pad(pick(2).bool(), (self.projection.clip_extra_context_tokens, 0), value=True)

  def variational_bound(self, estimate, variance, x0, x, t):
    table = lambda values: values[t].view(-1, 1, 1, 1)  # noqa: E731
    cumprod, beta, alpha = table(self.scheduler.alphas_cumprod), table(self.scheduler.betas), table(self.scheduler.alphas)
    before = table(torch.cat([torch.ones(1), self.scheduler.alphas_cumprod[:-1]]))
    posterior = ((1 - before) / (1 - cumprod) * beta).clamp(min=1e-20)
    to_x0, to_x = before.sqrt() * beta / (1 - cumprod), alpha.sqrt() * (1 - before) / (1 - cumprod)
    distance = (to_x0 * x0 + to_x * x) - (to_x0 * estimate + to_x * x)
    share = (variance + 1) / 2
    log_model, log_true = share * beta.log() + (1 - share) * posterior.log(), posterior.log()
    return 0.5 * (log_model - log_true - 1 + (log_true - log_model).exp() + distance**2 * (-log_model).exp())[t > 0].mean()

  def step(self):
    rows, t = torch.randint(SCENES, (self.batch,)), torch.randint(1000, (self.batch,))
    x0 = self.data.pictures[rows]
    noise, cumprod = torch.randn_like(x0), self.scheduler.alphas_cumprod[t].view(-1, 1, 1, 1)
    x = cumprod.sqrt() * x0 + (1 - cumprod).sqrt() * noise
    with torch.autocast("cpu", torch.bfloat16):
      tokens, labels, mask = self.conditioning(rows)
      output = self.decoder(x.contiguous(memory_format=torch.channels_last), t, encoder_hidden_states=tokens, class_labels=labels,
                            attention_mask=mask).sample  # fmt: skip
    prediction, variance = output.float().chunk(2, 1)
    if self.scheduler.config.prediction_type == "epsilon":
      target, estimate = noise, (x - (1 - cumprod).sqrt() * prediction.detach()) / cumprod.sqrt()
    else:
      target, estimate = x0, prediction.detach()
    loss = F.mse_loss(prediction, target) + 0.001 * self.variational_bound(estimate.clamp(-1, 1), variance, x0, x, t)
    self.optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
    self.optimizer.step()
    with torch.no_grad():
      for average, parameter in zip(self.averages, self.parameters, strict=True):
        average.lerp_(parameter, 0.002)
    return loss.item()


def main():
  checkpoint, seconds, batch = pathlib.Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
  torch.set_num_threads(int(sys.argv[4]))
  torch.manual_seed(0)
  recipe = Recipe(checkpoint, batch)
  for _ in range(WARM_UP_STEPS):
    recipe.step()
  begin, steps = time.perf_counter(), 0
  while time.perf_counter() - begin < seconds:
    recipe.step()
    steps += 1
  rate = steps * batch / (time.perf_counter() - begin)
  print(json.dumps({"pictures_per_second": rate, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
  main()
