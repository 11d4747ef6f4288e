// How a byte-level vocabulary writes bytes.
#ifndef UNCLIP_SERVICES_CLIP_BYTE_NAMES_H_
#define UNCLIP_SERVICES_CLIP_BYTE_NAMES_H_

#include <array>
#include <string>

#include "absl/strings/string_view.h"

namespace unclip::clip {

// Ends the last token of each word.
inline constexpr absl::string_view kEndOfWord = "</w>";

// A printable stand-in for each byte, as GPT-2 writes its vocabulary: itself for a printable Latin-1 character, U+0100 and up for
// the others, in order. UTF-8.
std::array<std::string, 256> ByteNames();

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_BYTE_NAMES_H_
