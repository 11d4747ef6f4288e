// Walks over UTF-8.
#ifndef UNCLIP_COMMON_VALIDATION_UTF8_H_
#define UNCLIP_COMMON_VALIDATION_UTF8_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace unclip {

// Length in bytes of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7: no overlong forms, no
// surrogates, nothing past U+10FFFF), with what it encodes in `*code_point`; 0 when there is none. `text` must not be empty.
size_t Utf8SequenceLength(absl::string_view text, uint32_t* code_point);

}  // namespace unclip

#endif  // UNCLIP_COMMON_VALIDATION_UTF8_H_
