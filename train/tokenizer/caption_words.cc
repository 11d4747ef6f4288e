#include "train/tokenizer/caption_words.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "services/clip/text_normalizer.h"
#include "services/clip/word_splitter.h"

namespace unclip::train {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::vector<fs::path>> FilesAt(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<fs::path>{path};
  std::vector<fs::path> files;
  fs::recursive_directory_iterator it(path, fs::directory_options::follow_directory_symlink, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->is_regular_file() && it->path().extension() == ".txt") files.push_back(it->path());
  }
  if (error) return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

absl::Status CountFile(const fs::path& path, const clip::WordSplitter& splitter, CaptionWords& found) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path.string(), ": no such file, or it may not be read"));
  for (std::string line; std::getline(file, line);) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    ++found.caption_count;
    splitter.Split(clip::NormalizeText(line), [&](absl::string_view word) { ++found.words[std::string(word)]; });
  }
  return file.bad() ? absl::UnavailableError(absl::StrCat(path.string(), ": cannot be read")) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<CaptionWords> CountCaptionWords(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<const clip::WordSplitter> splitter, clip::WordSplitter::Create());
  ASSIGN_OR_RETURN(const std::vector<fs::path> files, FilesAt(path));
  CaptionWords found;
  for (const fs::path& file : files) RETURN_IF_ERROR(CountFile(file, *splitter, found));
  if (found.caption_count > 0) return found;
  return absl::NotFoundError(absl::StrCat(
      path, ": no caption in it; wanted is a text file, or a folder of files that end in .txt, ", "with a caption a line"));
}

}  // namespace unclip::train
