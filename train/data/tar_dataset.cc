#include "train/data/tar_dataset.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "common/image/image_limits.h"
#include "train/data/example_parts.h"
#include "train/data/input_file.h"
#include "train/data/shard_names.h"
#include "train/data/tar_index.h"

namespace unclip::train {
namespace {

constexpr auto kMaxPictureBytes = static_cast<int64_t>(ImageLimits().max_bytes);

// A member of an example.
struct Part {
  std::string extension;  // as it is written; empty when there is no such part
  int64_t offset = 0;
  int64_t size = 0;
};

struct TarExample {
  size_t shard = 0;
  std::string key;  // what the names of its members have in common
  Part picture;
  Part caption;
};

// The name up to the first dot of its last part, and what is behind it.
std::pair<absl::string_view, absl::string_view> SplitName(absl::string_view name) {
  const size_t slash = name.rfind('/');
  const size_t dot = name.find('.', slash == absl::string_view::npos ? 0 : slash);
  if (dot == absl::string_view::npos) return {name, ""};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

// Of several members of a kind the first one counts, but for a text, which counts before JSON.
void TakeMember(const TarMember& member, absl::string_view extension, TarExample& example) {
  const std::string kind = absl::AsciiStrToLower(extension);
  Part part{.extension = std::string(extension), .offset = member.offset, .size = member.size};
  if (IsPictureExtension(kind)) {
    if (example.picture.extension.empty()) example.picture = std::move(part);
  } else if (kind == "txt" || kind == "json") {
    const bool better = kind == "txt" && absl::EqualsIgnoreCase(example.caption.extension, "json");
    if (example.caption.extension.empty() || better) example.caption = std::move(part);
  }
}

// Adds the examples of one file, in the order of their first members.
void AddExamples(const std::vector<TarMember>& members, size_t shard, std::vector<TarExample>& examples) {
  std::vector<TarExample> groups;
  absl::flat_hash_map<absl::string_view, size_t> group_of_key;
  for (const TarMember& member : members) {
    const auto [key, extension] = SplitName(member.name);
    const auto [group, is_new] = group_of_key.try_emplace(key, groups.size());
    if (is_new) groups.push_back({.shard = shard, .key = std::string(key), .picture = {}, .caption = {}});
    TakeMember(member, extension, groups[group->second]);
  }
  for (TarExample& group : groups) {
    if (!group.picture.extension.empty()) examples.push_back(std::move(group));
  }
}

class TarDataset final : public Dataset {
 public:
  TarDataset(std::vector<std::string> shards, std::vector<TarExample> examples)
      : shards_(std::move(shards)), examples_(std::move(examples)) {}

  int64_t size() const override { return static_cast<int64_t>(examples_.size()); }

  std::string Name(int64_t index) const override {
    const TarExample& example = examples_[index];
    return absl::StrCat(shards_[example.shard], ":", PrintableName(example.key));
  }

  absl::StatusOr<Example> Read(int64_t index, uint64_t variant, const Window& window) const override {
    RETURN_IF_ERROR(CheckWindow(window));
    const TarExample& example = examples_[index];
    const absl::StatusOr<std::unique_ptr<const InputFile>> file = InputFile::Open(shards_[example.shard]);
    if (!file.ok()) return NamedError(Name(index), file.status());
    absl::StatusOr<RgbImage> image = ReadPicture(**file, example.picture, window);
    if (!image.ok()) return NamedError(PartName(index, example.picture), image.status());
    absl::StatusOr<std::string> caption = ReadCaption(**file, example.caption, variant);
    if (!caption.ok()) return NamedError(PartName(index, example.caption), caption.status());
    return Example{.image = *std::move(image), .caption = *std::move(caption)};
  }

 private:
  std::string PartName(int64_t index, const Part& part) const { return absl::StrCat(Name(index), ".", part.extension); }

  static absl::StatusOr<RgbImage> ReadPicture(const InputFile& file, const Part& part, const Window& window) {
    ASSIGN_OR_RETURN(const std::string bytes, file.Read(part.offset, part.size, kMaxPictureBytes));
    return DecodeWindow(bytes, window);
  }

  static absl::StatusOr<std::string> ReadCaption(const InputFile& file, const Part& part, uint64_t variant) {
    if (part.extension.empty()) return "";
    ASSIGN_OR_RETURN(const std::string text, file.Read(part.offset, part.size, kMaxCaptionBytes));
    return absl::EqualsIgnoreCase(part.extension, "json") ? JsonCaption(text) : CaptionLine(text, variant);
  }

  const std::vector<std::string> shards_;
  const std::vector<TarExample> examples_;
};

absl::StatusOr<std::vector<TarMember>> ListShard(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<const InputFile> file, InputFile::Open(path));
  return ListTarMembers(*file);
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Dataset>> OpenTarDataset(const std::string& pattern) {
  ASSIGN_OR_RETURN(std::vector<std::string> shards, ShardNames(pattern));
  std::vector<TarExample> examples;
  for (size_t shard = 0; shard < shards.size(); ++shard) {
    const absl::StatusOr<std::vector<TarMember>> members = ListShard(shards[shard]);
    if (!members.ok()) return NamedError(shards[shard], members.status());
    AddExamples(*members, shard, examples);
  }
  if (examples.empty()) return absl::NotFoundError(absl::StrCat(pattern, ": holds no .png, .jpg, .jpeg or .webp file"));
  return std::make_unique<const TarDataset>(std::move(shards), std::move(examples));
}

}  // namespace unclip::train
