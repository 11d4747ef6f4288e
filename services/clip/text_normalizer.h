// The normalization that comes first in tokenizing.
#ifndef UNCLIP_SERVICES_CLIP_TEXT_NORMALIZER_H_
#define UNCLIP_SERVICES_CLIP_TEXT_NORMALIZER_H_

#include <string>

#include "absl/strings/string_view.h"

namespace unclip::clip {

// Returns `text` in NFC, each run of white space made one space, in lower case (code point by code point: a sigma at the end of a
// word stays σ). Bytes that are not UTF-8 become U+FFFD. Equal to the normalizer of the reference, whose NFC knows the Unicode 9
// repertoire only: characters assigned later neither compose nor are reordered. Thread-safe.
std::string NormalizeText(absl::string_view text);

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_TEXT_NORMALIZER_H_
