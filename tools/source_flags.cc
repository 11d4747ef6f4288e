#include "tools/source_flags.h"

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip {
namespace {

// The gateway knows the limits and names them in its answer; this one keeps a wrong file from filling the memory.
constexpr uintmax_t kMaxFileBytes = uintmax_t{32} << 20;
constexpr IntLimits kAnyInt = {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};

absl::Status ReadPicture(absl::string_view flag, const std::string& path, std::string* bytes) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);  // fails for what is no plain file
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("--", flag, ": cannot read ", path));
  if (size > kMaxFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", path, " is ", size,
                                                   " bytes long; a picture's file of at most ", kMaxFileBytes, " is read"));
  }
  std::ifstream file(path, std::ios::binary);
  bytes->assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("--", flag, ": cannot read ", path));
  return absl::OkStatus();
}

absl::Status CheckFlags(const SourceFlags& flags, bool has_prompt) {
  if (!flags.variation_of.empty() && !flags.edit.empty()) return UsageError("--variation-of and --edit exclude each other");
  if (!flags.variation_of.empty() && has_prompt) return UsageError("PROMPT and --variation-of exclude each other");
  if (flags.edit.empty() && (!flags.mask.empty() || flags.resample_count || flags.jump_length)) {
    return UsageError("--mask, --resample-count and --jump-length need --edit");
  }
  return absl::OkStatus();
}

}  // namespace

void AddSourceFlags(CommandLine& command_line, SourceFlags& flags) {
  command_line.AddString("variation-of", "FILE", "Draws variations of the picture in FILE; without PROMPT.", &flags.variation_of);
  command_line.AddString("edit", "FILE", "Repaints a part of the square picture in FILE as PROMPT says.", &flags.edit);
  command_line.AddString("mask", "FILE", "With --edit: what is transparent in FILE is repainted. (default: in the picture)",
                         &flags.mask);
  command_line.AddInt("resample-count", kAnyInt, "With --edit: times each stretch of steps is gone over.", &flags.resample_count);
  command_line.AddInt("jump-length", kAnyInt, "With --edit: steps of a stretch.", &flags.jump_length);
}

absl::Status SetSource(const SourceFlags& flags, gateway::v1::GenerateImageRequest* request) {
  RETURN_IF_ERROR(CheckFlags(flags, !request->prompt().empty()));
  if (!flags.variation_of.empty()) {
    return ReadPicture("variation-of", flags.variation_of, request->mutable_variation()->mutable_image());
  }
  if (flags.edit.empty()) return absl::OkStatus();
  gateway::v1::EditSource& edit = *request->mutable_edit();
  RETURN_IF_ERROR(ReadPicture("edit", flags.edit, edit.mutable_image()));
  if (!flags.mask.empty()) RETURN_IF_ERROR(ReadPicture("mask", flags.mask, edit.mutable_mask()));
  if (flags.resample_count) edit.set_resample_count(*flags.resample_count);
  if (flags.jump_length) edit.set_jump_length(*flags.jump_length);
  return absl::OkStatus();
}

}  // namespace unclip
