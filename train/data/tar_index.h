// What is in a tar file. The file is untrusted.
#ifndef UNCLIP_TRAIN_DATA_TAR_INDEX_H_
#define UNCLIP_TRAIN_DATA_TAR_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "train/data/input_file.h"

namespace unclip::train {

// A regular file in a tar file.
struct TarMember {
  std::string name;    // any bytes but zeros
  int64_t offset = 0;  // of its first byte; all of it lies in the file
  int64_t size = 0;
};

// Its regular files, in order, from its headers alone: those of POSIX (ustar), GNU (long names, base-256 sizes), pax (path and
// size) and older ones. Errors say the offset: DATA_LOSS for what is no tar file, or ends without a block of zeros; UNIMPLEMENTED
// for sparse members. Source: POSIX.1-2017, pax, "Interchange Formats"; GNU tar manual, "Basic Tar Format".
absl::StatusOr<std::vector<TarMember>> ListTarMembers(const InputFile& file);

// `name` as one line of UTF-8, for people.
std::string PrintableName(absl::string_view name);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_TAR_INDEX_H_
