#include "services/clip/byte_names.h"

namespace unclip::clip {

std::array<std::string, 256> ByteNames() {
  std::array<std::string, 256> names;
  int others = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const bool is_printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    const int code_point = is_printable ? byte : 0x100 + others++;
    if (code_point < 0x80) {
      names[byte] = std::string(1, static_cast<char>(code_point));
    } else {
      names[byte] = {static_cast<char>(0xC0 | code_point >> 6), static_cast<char>(0x80 | (code_point & 0x3F))};
    }
  }
  return names;
}

}  // namespace unclip::clip
