// The configs of Karlo, the published model whose layout checkpoints here have.
#ifndef UNCLIP_TOOLS_KARLO_TEMPLATE_H_
#define UNCLIP_TOOLS_KARLO_TEMPLATE_H_

#include "tools/checkpoint_template.h"

namespace unclip {

// Every config of the text-to-image half (3.4 billion parameters), but no tokenizer, whose files are too large to be here.
CheckpointTemplate KarloTextToImageTemplate();

// What the image-variation half has of its own (0.3 billion parameters); the rest is that of the other half.
CheckpointTemplate KarloVariationTemplate();

}  // namespace unclip

#endif  // UNCLIP_TOOLS_KARLO_TEMPLATE_H_
