#include "train/data/folder_dataset.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "common/image/image_limits.h"
#include "train/data/example_parts.h"
#include "train/data/input_file.h"

namespace unclip::train {
namespace {

namespace fs = std::filesystem;

constexpr auto kMaxPictureBytes = static_cast<int64_t>(ImageLimits().max_bytes);

absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t limit) {
  ASSIGN_OR_RETURN(const std::unique_ptr<const InputFile> file, InputFile::Open(path));
  return file->Read(0, file->size(), limit);
}

class FolderDataset final : public Dataset {
 public:
  FolderDataset(fs::path dir, std::vector<std::string> names) : dir_(std::move(dir)), names_(std::move(names)) {}

  int64_t size() const override { return static_cast<int64_t>(names_.size()); }
  std::string Name(int64_t index) const override { return (dir_ / names_[index]).string(); }

  absl::StatusOr<Example> Read(int64_t index, uint64_t variant, const Window& window) const override {
    RETURN_IF_ERROR(CheckWindow(window));
    const std::string path = Name(index);
    Example example;
    absl::StatusOr<RgbImage> image = ReadImage(path, window);
    if (!image.ok()) return NamedError(path, image.status());
    example.image = *std::move(image);
    const std::string caption_path = fs::path(path).replace_extension(".txt").string();
    absl::StatusOr<std::string> caption = ReadCaption(caption_path, variant);
    if (!caption.ok()) return NamedError(path, NamedError(caption_path, caption.status()));
    example.caption = *std::move(caption);
    return example;
  }

 private:
  static absl::StatusOr<RgbImage> ReadImage(const std::string& path, const Window& window) {
    ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxPictureBytes));
    return DecodeWindow(bytes, window);
  }

  static absl::StatusOr<std::string> ReadCaption(const std::string& path, uint64_t variant) {
    const absl::StatusOr<std::string> text = ReadFile(path, kMaxCaptionBytes);
    if (absl::IsNotFound(text.status())) return "";
    RETURN_IF_ERROR(text.status());
    return CaptionLine(*text, variant);
  }

  const fs::path dir_;
  const std::vector<std::string> names_;  // below dir_, in order
};

}  // namespace

absl::StatusOr<std::unique_ptr<const Dataset>> OpenFolderDataset(const std::string& dir) {
  std::error_code error;
  if (!fs::is_directory(dir, error)) return absl::NotFoundError(absl::StrCat(dir, ": no such folder"));
  std::vector<std::string> names;
  // Links to folders are not followed, so it ends.
  fs::recursive_directory_iterator it(dir, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string extension = it->path().extension().string();
    if (!IsPictureExtension(absl::StripPrefix(extension, "."))) continue;
    std::error_code unknown;  // a link to nothing is no picture
    if (it->is_regular_file(unknown)) names.push_back(it->path().lexically_relative(dir).string());
  }
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat(dir, ": cannot be listed"));
  if (names.empty()) return absl::NotFoundError(absl::StrCat(dir, ": holds no .png, .jpg, .jpeg or .webp file"));
  // Folders list their files in any order.
  std::sort(names.begin(), names.end());
  return std::make_unique<const FolderDataset>(dir, std::move(names));
}

}  // namespace unclip::train
