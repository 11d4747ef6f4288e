"""The cluster's noise (model/diffusion/philox_noise), so that the reference can draw the very pictures that the cluster draws.

Noise is a function of (seed, sample index, stage, step, element). Source: Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3".
"""

import numpy

# The parts of the cascade, as model/diffusion/noise_source.h numbers them.
PRIOR = 0
DECODER = 1
SUPER_RES = 2
# The step of the draw that a run starts from; the draw after denoising step i is step i.
START = -1

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_LOW = numpy.uint64(0xFFFFFFFF)
_HALF = numpy.uint64(32)


def philox4x32(counters, key):
  """Ten rounds over counters [4, M] of 32-bit words with one key (two words); [4, M] words, all held in uint64."""
  counters = [numpy.asarray(word, numpy.uint64) for word in counters]
  key = list(key)
  for _ in range(_ROUNDS):
    product0 = numpy.uint64(_MULTIPLIERS[0]) * counters[0]
    product1 = numpy.uint64(_MULTIPLIERS[1]) * counters[2]
    counters = [
        (product1 >> _HALF) ^ counters[1] ^ numpy.uint64(key[0]),
        product1 & _LOW,
        (product0 >> _HALF) ^ counters[3] ^ numpy.uint64(key[1]),
        product0 & _LOW,
    ]
    key = [(word + weyl) & 0xFFFFFFFF for word, weyl in zip(key, _WEYL)]
  return numpy.stack(counters)


def _box_muller(a, b):
  """Two standard normal values for each pair of 32-bit words; [2, M] float64."""
  radius = numpy.sqrt(-2 * numpy.log((a + 0.5) / 2**32))
  angle = 2 * numpy.pi * ((b + 0.5) / 2**32)
  return numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)])


def normals(seed, sample, stage, step, count):
  """`count` standard normal values, float32: those of sample `sample` of a batch at one draw of a request with `seed`."""
  blocks = -(-count // 4)
  place = stage << 16 | (step + 1)
  counters = [numpy.arange(blocks), *(numpy.full(blocks, word) for word in (0, place, sample))]
  words = philox4x32(counters, (seed & 0xFFFFFFFF, seed >> 32)).astype(numpy.float64)
  values = numpy.concatenate([_box_muller(words[0], words[1]), _box_muller(words[2], words[3])])  # [4, blocks]
  return values.T.reshape(-1)[:count].astype(numpy.float32)
