// Tar files of captioned pictures, as webdataset lays them out.
#ifndef UNCLIP_TRAIN_DATA_TAR_DATASET_H_
#define UNCLIP_TRAIN_DATA_TAR_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "train/data/dataset.h"

namespace unclip::train {

// `pattern` is a tar file, a folder whose *.tar files are taken, or a name with a range of numbers in braces, as webdataset
// writes it: "data/shard-{000..012}.tar". Members of one file whose names are equal up to the first dot of their last part are
// one example: a picture (.png, .jpg, .jpeg, .webp), and a caption (.txt, one a line, or .json with the string "caption") if
// there is one. Members of other kinds do not count. The headers (ustar, GNU long names, pax paths and sizes) are read once,
// here; pictures when they are asked for. NOT_FOUND when there is no such file, or no picture in any; DATA_LOSS, naming file and
// offset, for one that is no tar file or is cut short; INVALID_ARGUMENT for braces without a range.
absl::StatusOr<std::unique_ptr<const Dataset>> OpenTarDataset(const std::string& pattern);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_TAR_DATASET_H_
