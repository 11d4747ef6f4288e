// The files that a name of webdataset's kind means.
#ifndef UNCLIP_TRAIN_DATA_SHARD_NAMES_H_
#define UNCLIP_TRAIN_DATA_SHARD_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace unclip::train {

// The most files that a pattern can mean.
inline constexpr int kMaxShards = 100'000;

// The tar files that `pattern` means, in order: all *.tar files of a folder; the files of a name with one range of numbers in
// braces, such as "shard-{000..012}.tar", where numbers are as long as the first of them if that begins with a zero; else that
// one file. A file or folder that has this very name comes first. NOT_FOUND for a folder without tar files; INVALID_ARGUMENT for
// braces that hold no such range. Whether files are there is not looked at.
absl::StatusOr<std::vector<std::string>> ShardNames(const std::string& pattern);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SHARD_NAMES_H_
