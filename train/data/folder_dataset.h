// A folder of pictures, each with a text file of captions beside it.
#ifndef UNCLIP_TRAIN_DATA_FOLDER_DATASET_H_
#define UNCLIP_TRAIN_DATA_FOLDER_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "train/data/dataset.h"

namespace unclip::train {

// The pictures (.png, .jpg, .jpeg, .webp, in any case) in `dir` and the folders below it, in the order of their names, and the
// captions in the file of the same name that ends in .txt: one a line, empty lines do not count, `variant` picks one. A picture
// without such a file has the empty caption. NOT_FOUND when there is no such folder or no picture in it.
absl::StatusOr<std::unique_ptr<const Dataset>> OpenFolderDataset(const std::string& dir);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_FOLDER_DATASET_H_
