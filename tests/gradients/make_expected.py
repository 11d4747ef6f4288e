"""Writes what PyTorch says of one training step of each stage: the inputs, the loss and every gradient.

usage: make_expected.py

The networks are diffusers' and transformers' own, with the weights of tests/goldens/odd-shapes, in float32 with one thread; the losses are
written out here once more, so that the trainer's are not compared with themselves, and so is the autoregressive prior, which the reference
does not have. Needs bench/.venv (scripts/setup.sh bench). The output is committed; `//train:gradient_test` and
`//train:autoregressive_stage_test` compare the trainer with it.
"""

import json
import math
import pathlib

import diffusers
import torch
import torch.nn.functional as F
import transformers
from diffusers.pipelines.unclip.text_proj import UnCLIPTextProjModel
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
CHECKPOINT = HERE.parent / "goldens" / "odd-shapes"
TEXT, IMAGE = CHECKPOINT / "text-to-image", CHECKPOINT / "image-variation"
BATCH = 3
# The first is the step without a variational bound, the last the noisiest.
TIMESTEPS = torch.tensor([0, 417, 999])


def gradients(components):
  """The gradient of each parameter, zero where it took no part, and the rows of the token table that did."""
  found = {}
  for component, module in components.items():
    for name, parameter in module.named_parameters():
      if not parameter.requires_grad:
        continue
      gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
      if name.endswith("token_embedding.weight"):
        rows = gradient.abs().sum(1).nonzero().flatten()
        found[f"rows/{component}/{name}"] = rows
        gradient = gradient[rows]
      found[f"grad/{component}/{name}"] = gradient.contiguous()
  return found


def write(stage, inputs, loss, components):
  tensors = {f"in/{name}": value.contiguous() for name, value in inputs.items()}
  save_file({**tensors, "loss": loss.detach().reshape(1), **gradients(components)}, HERE / "expected" / f"{stage}.safetensors")
  print(f"{stage}: loss {loss.item():.6f}")


def clip_stage():
  text = transformers.CLIPTextModelWithProjection.from_pretrained(TEXT / "text_encoder", torch_dtype=torch.float32).eval()
  vision = transformers.CLIPVisionModelWithProjection.from_pretrained(IMAGE / "image_encoder", torch_dtype=torch.float32).eval()
  size, length = vision.config.image_size, text.config.max_position_embeddings
  pixels = torch.randn(BATCH + 1, 3, size, size)
  ids = torch.zeros(BATCH + 1, length, dtype=torch.long)
  for row in range(BATCH + 1):
    # The last caption is the first one again: either picture is right for either.
    words = torch.randint(1000, 40000, (2 + row % BATCH,), generator=torch.Generator().manual_seed(row % BATCH))
    ids[row, 0] = text.config.bos_token_id
    ids[row, 1 : 1 + len(words)] = words
    ids[row, 1 + len(words)] = text.config.eos_token_id
  scale = torch.nn.Module()
  scale.logit_scale = torch.nn.Parameter(torch.tensor(math.log(1 / 0.07)))
  images = F.normalize(vision(pixels).image_embeds, dim=-1)
  texts = F.normalize(text(ids, attention_mask=None).text_embeds, dim=-1)
  logits = scale.logit_scale.exp().clamp(max=100) * texts @ images.T
  same = (ids[:, None] == ids[None]).all(-1).float()
  target = same / same.sum(1, keepdim=True)
  loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
  loss.backward()
  write("clip", {"pixels": pixels, "ids": ids}, loss, {"text_encoder": text, "image_encoder": vision, "": scale})


def noised(scheduler, x0, noise):
  alpha = scheduler.alphas_cumprod[TIMESTEPS].view(-1, *[1] * (x0.dim() - 1))
  return alpha.sqrt() * x0 + (1 - alpha).sqrt() * noise


def conditioning(embedding_dim, length):
  mask = torch.ones(BATCH, length)
  mask[0, length // 2 :] = 0
  return {
      "text_embeddings": torch.randn(BATCH, embedding_dim),
      "hidden_states": torch.randn(BATCH, length, embedding_dim),
      "mask": mask,
  }


def prior_stage():
  prior = diffusers.PriorTransformer.from_pretrained(TEXT / "prior", torch_dtype=torch.float32).eval()
  prior.clip_mean.requires_grad_(False)
  prior.clip_std.requires_grad_(False)
  scheduler = diffusers.UnCLIPScheduler.from_pretrained(TEXT / "prior_scheduler")
  dim = prior.config.embedding_dim
  inputs = {"embeddings": torch.randn(BATCH, dim), "noise": torch.randn(BATCH, dim), "timesteps": TIMESTEPS,
            **conditioning(dim, prior.config.num_embeddings)}  # fmt: skip
  x = noised(scheduler, inputs["embeddings"], inputs["noise"])
  prediction = prior(x, TIMESTEPS, inputs["text_embeddings"], inputs["hidden_states"], inputs["mask"].bool()).predicted_image_embedding
  loss = F.mse_loss(prediction, inputs["embeddings"])
  loss.backward()
  write("prior", inputs, loss, {"prior": prior})


def normal_kl(mean1, log_variance1, mean2, log_variance2):
  """Of two normal distributions, in nats."""
  return 0.5 * (
      -1 + log_variance2 - log_variance1 + (log_variance1 - log_variance2).exp() + (mean1 - mean2) ** 2 * (-log_variance2).exp()
  )


def posterior_mean(scheduler, x0, x, timestep):
  before = scheduler.alphas_cumprod[timestep - 1]
  alpha_cumprod, beta, alpha = scheduler.alphas_cumprod[timestep], scheduler.betas[timestep], scheduler.alphas[timestep]
  return before.sqrt() * beta / (1 - alpha_cumprod) * x0 + alpha.sqrt() * (1 - before) / (1 - alpha_cumprod) * x


def variational_bound(scheduler, epsilon, variance, x0, x):
  """Mean over the samples whose timestep is not 0, in bits a value."""
  each = []
  for row, timestep in enumerate(TIMESTEPS.tolist()):
    if timestep == 0:
      continue
    alpha_cumprod, beta = scheduler.alphas_cumprod[timestep], scheduler.betas[timestep]
    posterior = (1 - scheduler.alphas_cumprod[timestep - 1]) / (1 - alpha_cumprod) * beta
    estimate = ((x[row] - (1 - alpha_cumprod).sqrt() * epsilon[row].detach()) / alpha_cumprod.sqrt()).clamp(-1, 1)
    share = (variance[row] + 1) / 2
    kl = normal_kl(posterior_mean(scheduler, x0[row], x[row], timestep), posterior.log(),
                   posterior_mean(scheduler, estimate, x[row], timestep), share * beta.log() + (1 - share) * posterior.log())  # fmt: skip
    each.append(kl.mean() / math.log(2))
  return torch.stack(each).mean()


def decoder_stage():
  decoder = diffusers.UNet2DConditionModel.from_pretrained(TEXT / "decoder", torch_dtype=torch.float32).eval()
  projection = UnCLIPTextProjModel.from_pretrained(TEXT / "text_proj", torch_dtype=torch.float32).eval()
  scheduler = diffusers.UnCLIPScheduler.from_pretrained(TEXT / "decoder_scheduler")
  dim, length = projection.config.clip_embeddings_dim, 7
  size = decoder.config.sample_size
  inputs = {"pictures": torch.rand(BATCH, 3, size, size) * 2 - 1, "noise": torch.randn(BATCH, 3, size, size), "timesteps": TIMESTEPS,
            "image_embeddings": torch.randn(BATCH, dim), "drops": torch.tensor([0, 1, 0], dtype=torch.uint8), **conditioning(dim, length)}  # fmt: skip
  null = projection.learned_classifier_free_guidance_embeddings
  images = torch.where(inputs["drops"].bool()[:, None], null[None], inputs["image_embeddings"])
  tokens, labels = projection(image_embeddings=images, prompt_embeds=inputs["text_embeddings"],
                              text_encoder_hidden_states=inputs["hidden_states"], do_classifier_free_guidance=False)  # fmt: skip
  mask = F.pad(inputs["mask"].bool(), (projection.clip_extra_context_tokens, 0), value=True)
  x = noised(scheduler, inputs["pictures"], inputs["noise"])
  output = decoder(x, TIMESTEPS, encoder_hidden_states=tokens, class_labels=labels, attention_mask=mask).sample
  epsilon, variance = output.chunk(2, 1)
  loss = F.mse_loss(epsilon, inputs["noise"]) + 0.001 * variational_bound(scheduler, epsilon, variance, inputs["pictures"], x)
  loss.backward()
  write("decoder", inputs, loss, {"decoder": decoder, "text_proj": projection})


def upsampler_stage():
  network = diffusers.UNet2DModel.from_pretrained(TEXT / "super_res_first", torch_dtype=torch.float32).eval()
  scheduler = diffusers.UnCLIPScheduler.from_pretrained(TEXT / "super_res_scheduler")
  size = network.config.sample_size
  inputs = {"pictures": torch.rand(BATCH, 3, size, size) * 2 - 1, "upscaled": torch.rand(BATCH, 3, size, size) * 2 - 1,
            "noise": torch.randn(BATCH, 3, size, size), "timesteps": TIMESTEPS}  # fmt: skip
  x = noised(scheduler, inputs["pictures"], inputs["noise"])
  prediction = network(torch.cat([x, inputs["upscaled"]], 1), TIMESTEPS).sample
  # Steps with much noise count more: 1 / snr, from 1 to 60.
  alpha = scheduler.alphas_cumprod[TIMESTEPS]
  weights = ((1 - alpha) / alpha).clamp(1, 60)
  loss = (weights * ((prediction - inputs["noise"]) ** 2).mean((1, 2, 3))).mean()
  loss.backward()
  write("upsampler", inputs, loss, {"super_res_first": network})


# A small network of each kind of layer; it is of no checkpoint, so its weights are written as well.
AUTOREGRESSIVE = {"num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 2, "embedding_dim": 12, "num_embeddings": 7,
                  "num_components": 5, "num_buckets": 6, "num_dot_product_buckets": 4}  # fmt: skip


class AutoregressivePrior(torch.nn.Module):
  """The paper's autoregressive prior (2204.06125 §2.2) of PyTorch's own layers, as the reference has none."""

  def __init__(self, num_attention_heads, attention_head_dim, num_layers, embedding_dim, num_embeddings, num_components, num_buckets,
               num_dot_product_buckets):  # fmt: skip
    super().__init__()
    width = num_attention_heads * attention_head_dim
    self.length, self.components = num_embeddings, num_components
    self.encoder_hidden_states_proj = torch.nn.Linear(embedding_dim, width)
    self.embedding_proj = torch.nn.Linear(embedding_dim, width)
    self.positional_embedding = torch.nn.Parameter(torch.randn(1, num_embeddings + num_components + 1, width))
    self.dot_product_embedding = torch.nn.Embedding(num_dot_product_buckets + 1, width)
    self.code_embedding = torch.nn.Embedding(num_buckets, width)
    layer = {"dim_feedforward": 4 * width, "dropout": 0, "activation": "gelu", "batch_first": True, "norm_first": True}
    self.blocks = torch.nn.ModuleList(torch.nn.TransformerEncoderLayer(width, num_attention_heads, **layer) for _ in range(num_layers))
    self.norm_out = torch.nn.LayerNorm(width)
    self.to_logits = torch.nn.Linear(width, num_buckets)

  def forward(self, inputs):
    tokens = torch.cat([self.encoder_hidden_states_proj(inputs["hidden_states"]), self.embedding_proj(inputs["text_embeddings"])[:, None],
                        self.dot_product_embedding(inputs["dot_products"])[:, None], self.code_embedding(inputs["codes"][:, :-1])], 1)  # fmt: skip
    x = tokens + self.positional_embedding
    causal = torch.full((x.shape[1], x.shape[1]), -torch.inf).triu(1)
    padding = F.pad((1 - inputs["mask"]) * -1e9, (0, x.shape[1] - self.length))
    for block in self.blocks:
      x = block(x, src_mask=causal, src_key_padding_mask=padding)
    return self.to_logits(self.norm_out(x[:, -self.components :]))

  def checkpoint(self):
    """Parameters and gradients by the names that they have in a checkpoint: {name: (value, gradient)}."""
    found = {}
    for name, parameter in self.named_parameters():
      value, gradient = parameter.detach(), parameter.grad
      name = name.replace("blocks.", "transformer_blocks.").replace("linear1", "ff.net.0.proj").replace("linear2", "ff.net.2")
      name = name.replace("norm2", "norm3").replace("self_attn.out_proj", "attn1.to_out.0")
      if "self_attn.in_proj_" in name:
        for part, v, g in zip("qkv", value.chunk(3), gradient.chunk(3)):
          found[name.replace("self_attn.in_proj_", f"attn1.to_{part}.")] = (v, g)
      else:
        found[name] = (value, gradient)
    return found


def quantized(values, edges):
  """How many edges are not above each value."""
  return (values[..., None] >= edges).sum(-1)


def autoregressive_stage():
  sizes = AUTOREGRESSIVE
  network = AutoregressivePrior(**sizes)
  dim, components, buckets = sizes["embedding_dim"], sizes["num_components"], sizes["num_buckets"]
  images = torch.randn(BATCH, dim)
  codes = {"pca_mean": torch.randn(dim), "pca_components": torch.linalg.qr(torch.randn(dim, components))[0].T,
           "bucket_edges": torch.randn(components, buckets - 1).sort(1)[0], "bucket_centers": torch.randn(components, buckets).sort(1)[0],
           "dot_product_edges": torch.randn(sizes["num_dot_product_buckets"] - 1).sort()[0]}  # fmt: skip
  text = conditioning(dim, sizes["num_embeddings"])
  dot_products = quantized((images * text["text_embeddings"]).sum(1), codes["dot_product_edges"])
  numbers = quantized((images - codes["pca_mean"]) @ codes["pca_components"].T, codes["bucket_edges"])
  decoded = codes["bucket_centers"][torch.arange(components), numbers] @ codes["pca_components"] + codes["pca_mean"]
  # The last row's dot product is not known.
  inputs = {"codes": numbers, "dot_products": torch.cat([dot_products[:-1], torch.tensor([sizes["num_dot_product_buckets"]])]), **text}
  logits = network(inputs)
  loss = F.cross_entropy(logits.flatten(0, 1), numbers.flatten())
  loss.backward()
  folder = "prior_autoregressive"
  tensors = {f"in/{name}": value for name, value in inputs.items()}
  tensors |= {"in/images": images, "all_dot_products": dot_products, "decoded": decoded, "logits": logits.detach(), "loss": loss.detach().reshape(1)}
  tensors |= {f"weights/{name}": value for name, value in codes.items()}
  for name, (value, gradient) in network.checkpoint().items():
    tensors |= {f"weights/{name}": value, f"grad/{folder}/{name}": gradient}
  tensors = {name: value.contiguous().clone() for name, value in tensors.items()}
  save_file(tensors, HERE / "expected" / "autoregressive.safetensors", metadata={"config": json.dumps(sizes)})
  print(f"autoregressive: loss {loss.item():.6f}")


def main():
  torch.manual_seed(0)
  torch.set_num_threads(1)
  (HERE / "expected").mkdir(exist_ok=True)
  for stage in (clip_stage, prior_stage, decoder_stage, upsampler_stage, autoregressive_stage):
    stage()


if __name__ == "__main__":
  main()
