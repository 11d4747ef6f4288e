"""The reference's own modules, driven step by step: what its pipeline does, with several candidates a prompt and prompts in batches.

Letters: B prompts, K candidates, D width of embeddings, S size of the base picture, R size of the finished one.
"""

import dataclasses
import os

# Nothing is fetched: checkpoints are folders. Read when diffusers is imported.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# pylint: disable=wrong-import-position
import unittest.mock

import philox_noise
import torch
import torch.nn.functional as F
from diffusers import UnCLIPPipeline
from diffusers.schedulers import scheduling_unclip


@dataclasses.dataclass(frozen=True)
class Text:
  """What the text tower says of B prompts, the empty prompt's share first: all have a leading dimension of 2B."""

  embeddings: torch.Tensor
  hidden_states: torch.Tensor
  mask: torch.Tensor

  def repeated(self, count):
    """The same for `count` pictures of each prompt."""
    return Text(*(getattr(self, field.name).repeat_interleave(count, dim=0) for field in dataclasses.fields(self)))


class TorchNoise:
  """The noise of a generator of torch's, in the order of the draws, as the reference pipeline has it."""

  def __init__(self, seed):
    self._generator = torch.Generator().manual_seed(seed)

  def draw(self, stage, step, shape):
    del stage, step
    return torch.randn(shape, generator=self._generator)


class ClusterNoise:
  """The noise that the cluster draws: row i of a batch is sample `sample` of a request with seeds[i]."""

  def __init__(self, seeds, sample=0):
    self._seeds = seeds
    self._sample = sample

  def draw(self, stage, step, shape):
    count = shape[1:].numel()
    rows = [torch.from_numpy(philox_noise.normals(seed, self._sample, stage, step, count)) for seed in self._seeds]
    return torch.stack(rows).reshape(shape)


class ReferencePipeline:
  """Drives a UnCLIPPipeline's modules, in their dtype."""

  def __init__(self, pipe):
    self._pipe = pipe

  @classmethod
  def load(cls, checkpoint):
    """Loads a checkpoint folder, float32."""
    return cls(UnCLIPPipeline.from_pretrained(checkpoint, torch_dtype=torch.float32))

  @torch.inference_mode()
  def embed(self, prompts):
    """Text for the prompts, and their own embeddings, [B, D]."""
    tokenizer, tower = self._pipe.tokenizer, self._pipe.text_encoder
    tokens = tokenizer(
        [""] * len(prompts) + list(prompts),
        padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="pt",
    )  # fmt: skip
    out = tower(tokens.input_ids)
    return Text(out.text_embeds, out.last_hidden_state, tokens.attention_mask.bool()), out.text_embeds[len(prompts) :]

  def _denoise(self, scheduler, steps, shape, predict, noise, stage):
    """Runs the scheduler; predict(x, timestep, whether it is the last) is the network."""
    scheduler.set_timesteps(steps)
    timesteps = scheduler.timesteps
    x = noise.draw(stage, philox_noise.START, torch.Size(shape)).to(self._pipe.dtype)
    for i, timestep in enumerate(timesteps):
      last = i + 1 == len(timesteps)
      prediction = predict(x, timestep, last)
      # The scheduler draws its noise itself; this is where it does.
      with unittest.mock.patch.object(scheduling_unclip, "randn_tensor", lambda *_, i=i, x=x, **__: noise.draw(stage, i, x.shape).to(x)):
        x = scheduler.step(prediction, timestep, x, prev_timestep=None if last else timesteps[i + 1]).prev_sample
    return x

  @torch.inference_mode()
  def sample_prior(self, text, settings, noise):
    """One candidate for each prompt: image embeddings, [B, D]."""
    prior = self._pipe.prior

    def predict(x, timestep, _):
      out = prior(
          torch.cat([x, x]), timestep, proj_embedding=text.embeddings, encoder_hidden_states=text.hidden_states, attention_mask=text.mask
      )
      empty, own = out.predicted_image_embedding.chunk(2)
      return empty + settings.prior_guidance * (own - empty)

    shape = (len(text.embeddings) // 2, prior.config.embedding_dim)
    latents = self._denoise(self._pipe.prior_scheduler, settings.prior_steps, shape, predict, noise, philox_noise.PRIOR)
    return prior.post_process_latents(latents)

  def _decode_base(self, image_embeddings, text, settings, noise):
    """[B, D] -> [B, 3, S, S]"""
    projection, decoder = self._pipe.text_proj, self._pipe.decoder
    context, addition = projection(
        image_embeddings=image_embeddings,
        prompt_embeds=text.embeddings,
        text_encoder_hidden_states=text.hidden_states,
        do_classifier_free_guidance=True,
    )
    mask = F.pad(text.mask, (projection.clip_extra_context_tokens, 0), value=True)

    def predict(x, timestep, _):
      out = decoder(torch.cat([x, x]), timestep, encoder_hidden_states=context, class_labels=addition, attention_mask=mask).sample
      empty, own = out.chunk(2)
      channels = x.shape[1]
      noise = empty[:, :channels] + settings.decoder_guidance * (own[:, :channels] - empty[:, :channels])
      # The learned variance is that of the prompt's half.
      return torch.cat([noise, own[:, channels:]], dim=1)

    size = decoder.config.sample_size
    shape = (len(image_embeddings), decoder.config.in_channels, size, size)
    sample = self._denoise(self._pipe.decoder_scheduler, settings.decoder_steps, shape, predict, noise, philox_noise.DECODER)
    return sample.clamp(-1, 1)

  @torch.inference_mode()
  def decode(self, image_embeddings, text, settings, noise):
    """Pictures for the embeddings, [B, R, R, 3] uint8."""
    base = self._decode_base(image_embeddings, text, settings, noise)
    first, last = self._pipe.super_res_first, self._pipe.super_res_last
    size = first.config.sample_size
    upscaled = F.interpolate(base, size=[size, size], mode="bicubic", align_corners=False, antialias=True)

    def predict(x, timestep, is_last):
      return (last if is_last else first)(torch.cat([x, upscaled], dim=1), timestep).sample

    shape = (len(base), base.shape[1], size, size)
    scheduler = self._pipe.super_res_scheduler
    pictures = self._denoise(scheduler, settings.super_res_steps, shape, predict, noise, philox_noise.SUPER_RES)
    return ((pictures.float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()


def best_of(candidates, embeddings, count):
  """For each prompt, of its first `count` candidates ([K, B, D]) the one with the largest dot product with its embedding ([B, D]).

  Returns the embeddings, [B, D], and those dot products, [B].
  """
  products = (candidates[:count] * embeddings).sum(-1)
  best = products.argmax(dim=0)
  return candidates[best, torch.arange(len(best))], products.max(dim=0).values
