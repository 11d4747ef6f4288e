#include "tools/picture_writer.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/atomic_file.h"
#include "base/status_macros.h"
#include "tools/output_path.h"
#include "tools/stage_name.h"

namespace unclip {

PictureWriter::PictureWriter(absl::string_view out, absl::string_view preview_dir, int image_count, ProgressDisplay& display)
    : out_(out), preview_dir_(preview_dir), image_count_(image_count), display_(display) {}

absl::Status PictureWriter::Prepare() const {
  for (int i = 0; i < image_count_; ++i) RETURN_IF_ERROR(CheckWritable(NumberedPath(out_, i, image_count_)));
  if (preview_dir_.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(preview_dir_, error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot make the folder ", preview_dir_));
  return CheckWritable(preview_dir_ + "/preview");
}

absl::Status PictureWriter::Handle(const gateway::v1::StreamGenerateImageResponse& event) {
  if (event.has_image()) return SaveImage(event.image());
  if (!event.has_progress()) return absl::OkStatus();
  display_.Update(event.progress());
  return event.progress().has_preview() && !preview_dir_.empty() ? SavePreview(event.progress()) : absl::OkStatus();
}

absl::Status PictureWriter::SaveImage(const gateway::v1::GeneratedImage& image) {
  const auto is_same = [&](const SavedImage& saved) { return saved.image.index() == image.index(); };
  if (image.index() < 0 || image.index() >= image_count_ || std::any_of(saved_.begin(), saved_.end(), is_same)) {
    return absl::InternalError(
        absl::StrCat("the gateway sent picture ", image.index(), " (of ", image_count_, ") twice or without being asked"));
  }
  SavedImage saved{NumberedPath(out_, image.index(), image_count_), image};
  RETURN_IF_ERROR(WriteFileAtomically(saved.file, image.image().data()));
  saved.image.mutable_image()->clear_data();
  saved_.push_back(std::move(saved));
  std::sort(saved_.begin(), saved_.end(), [](const auto& a, const auto& b) { return a.image.index() < b.image.index(); });
  return absl::OkStatus();
}

absl::Status PictureWriter::SavePreview(const gateway::v1::GenerationProgress& progress) const {
  const std::string name =
      absl::StrCat("preview-", progress.image_index(), "-", StageName(progress.progress().stage()), "-",
                   absl::Dec(progress.progress().step(), absl::kZeroPad4), SuffixOf(progress.preview().format()));
  return WriteFileAtomically(absl::StrCat(preview_dir_, "/", name), progress.preview().data());
}

}  // namespace unclip
