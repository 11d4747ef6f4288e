// Amounts of bytes as people read them.
#ifndef UNCLIP_TOOLS_BYTE_TEXT_H_
#define UNCLIP_TOOLS_BYTE_TEXT_H_

#include <cstdint>
#include <string>

namespace unclip {

// Three digits and a decimal unit: "0 B", "999 B", "2.04 GB", "12.3 MB".
std::string ByteText(uint64_t bytes);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_BYTE_TEXT_H_
