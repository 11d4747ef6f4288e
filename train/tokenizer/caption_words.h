// The words of the captions that a tokenizer is made for.
#ifndef UNCLIP_TRAIN_TOKENIZER_CAPTION_WORDS_H_
#define UNCLIP_TRAIN_TOKENIZER_CAPTION_WORDS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "train/tokenizer/bpe_training.h"

namespace unclip::train {

struct CaptionWords {
  WordCounts words;  // normalized and split as BpeTokenizer does it
  int64_t caption_count = 0;
};

// Of the file at `path`, or of all files in the folder and those below it whose names end in .txt: a caption a line, empty lines
// do not count. NOT_FOUND when there is no such file or folder, or no caption in it; UNAVAILABLE when one cannot be read.
absl::StatusOr<CaptionWords> CountCaptionWords(const std::string& path);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TOKENIZER_CAPTION_WORDS_H_
