// Tar files, sound or not, for tests.
#ifndef UNCLIP_TRAIN_DATA_TEST_TARS_H_
#define UNCLIP_TRAIN_DATA_TEST_TARS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace unclip::train {

// All bytes of a literal: zeros do not end it.
template <size_t kSize>
std::string Bytes(const char (&literal)[kSize]) {
  return std::string(literal, kSize - 1);
}

// Makes the checksum of the header in the first block of `bytes` right.
inline std::string WithChecksum(std::string bytes) {
  bytes.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (size_t i = 0; i < 512; ++i) sum += static_cast<uint8_t>(bytes[i]);
  return bytes.replace(148, 8, absl::StrFormat("%06o", sum) + Bytes("\0 "));
}

// The block that says that a member follows whose size field is `size_field`.
inline std::string TarHeaderOf(absl::string_view name, absl::string_view size_field, char type) {
  std::string header(512, '\0');
  header.replace(0, name.size(), std::string(name));
  header.replace(124, size_field.size(), std::string(size_field));
  header[156] = type;
  header.replace(257, 8, Bytes("ustar\00000"));
  return WithChecksum(header);
}

// `data`, and zeros up to the end of its last block.
inline std::string InBlocks(absl::string_view data) {
  return absl::StrCat(data, std::string((512 - data.size() % 512) % 512, '\0'));
}

inline std::string TarMemberBytes(absl::string_view name, absl::string_view data, char type = '0') {
  return absl::StrCat(TarHeaderOf(name, absl::StrFormat("%011o", data.size()), type), InBlocks(data));
}

inline std::string TarEnd() { return std::string(1024, '\0'); }

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_TEST_TARS_H_
