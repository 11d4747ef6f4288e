// Learns the merges of a byte pair encoding.
#ifndef UNCLIP_TRAIN_TOKENIZER_BPE_TRAINING_H_
#define UNCLIP_TRAIN_TOKENIZER_BPE_TRAINING_H_

#include <cstdint>
#include <map>
#include <string>

#include "services/clip/bpe_model.h"

namespace unclip::train {

// Words (bytes, as WordSplitter makes them) and how often each occurs.
using WordCounts = std::map<std::string, int64_t>;

// Merges in order of rank, at most `max_merges`: each joins the two neighbouring tokens that occur most often, as long as they do
// so twice; of equally frequent ones those that come first by their bytes. Words are of the bytes' names and end in "</w>"
// (services/clip/byte_names.h). Source: Sennrich et al. 2016, 1508.07909, §3.2.
clip::BpeMerges LearnMerges(const WordCounts& words, int max_merges);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TOKENIZER_BPE_TRAINING_H_
