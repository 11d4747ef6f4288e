#include "gateway/http/store/image_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "gateway/http/store/image_name.h"

namespace unclip::gateway {
namespace {

absl::Status NoSuchPicture() { return absl::NotFoundError("there is no such picture, or no longer"); }

}  // namespace

absl::StatusOr<std::unique_ptr<ImageStore>> ImageStore::Create(ImageStoreOptions options, const Clock* clock) {
  std::optional<ImageFolder> folder;
  if (!options.folder.empty()) {
    ASSIGN_OR_RETURN(folder, ImageFolder::Open(options.folder));
  }
  std::unique_ptr<ImageStore> store(new ImageStore(std::move(options), std::move(folder), clock));
  RETURN_IF_ERROR(store->AdoptLeftovers());
  return store;
}

absl::Status ImageStore::AdoptLeftovers() {
  if (!folder_.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<ImageFolder::File> files, folder_->List());
  std::sort(files.begin(), files.end(), [](const ImageFolder::File& a, const ImageFolder::File& b) { return a.age > b.age; });
  const absl::Duration now = clock_->Now();
  std::vector<std::string> gone;
  {
    absl::MutexLock lock(&mutex_);
    for (ImageFolder::File& file : files) {
      if (file.age >= options_.lifetime) {
        gone.push_back(std::move(file.name));
      } else if (!file.is_unfinished) {
        Add({.name = std::move(file.name), .bytes = file.bytes, .expiry = now + options_.lifetime - file.age});
      }
    }
    for (std::string& name : MakeRoom(0, 0)) gone.push_back(std::move(name));
  }
  RemoveFiles(gone);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ImageStore::Put(common::v1::ImageFormat format, std::string bytes) {
  const auto size = static_cast<int64_t>(bytes.size());
  if (size > options_.max_bytes || options_.max_count == 0) {
    return absl::InternalError(
        absl::StrCat("a picture of ", size, " bytes does not fit into the image store; it must be at most ", options_.max_bytes));
  }
  ASSIGN_OR_RETURN(std::string name, NewImageName(format));
  std::shared_ptr<const std::string> content = std::make_shared<const std::string>(std::move(bytes));
  std::vector<std::string> gone;
  {
    absl::MutexLock lock(&mutex_);
    gone = MakeRoom(1, size);
    // Before it is written, so that its room is not given away. Nobody knows its name yet.
    Add({.name = name,
         .bytes = size,
         .expiry = clock_->Now() + options_.lifetime,
         .content = folder_.has_value() ? nullptr : content});
  }
  RemoveFiles(gone);
  if (!folder_.has_value()) return name;
  const absl::Status status = folder_->Write(name, *content);
  bool is_kept = false;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = by_name_.find(name);
    is_kept = found != by_name_.end();
    if (is_kept && !status.ok()) Erase(found->second);
  }
  // What cannot be written is the operator's to mend, whatever the reason.
  if (!status.ok()) return absl::InternalError(status.message());
  // It had to make room while it was written, so that nobody else knows of the file.
  if (!is_kept) folder_->Remove(name);
  return name;
}

absl::StatusOr<StoredImage> ImageStore::Get(absl::string_view name) {
  if (!IsImageName(name)) return NoSuchPicture();
  bool is_ours = false;
  std::shared_ptr<const std::string> content;
  std::vector<std::string> gone;
  {
    absl::MutexLock lock(&mutex_);
    gone = MakeRoom(0, 0);
    if (const auto found = by_name_.find(name); found != by_name_.end()) {
      is_ours = true;
      content = found->second->content;
    }
  }
  RemoveFiles(gone);
  if (content != nullptr) return StoredImage{.bytes = std::move(content), .content_type = std::string(ContentTypeOf(name))};
  if (!folder_.has_value()) return NoSuchPicture();
  return ReadFromFolder(name, is_ours);
}

absl::StatusOr<StoredImage> ImageStore::ReadFromFolder(absl::string_view name, bool is_ours) const {
  // What this process does not know may be another's, which then is the one to remove it.
  if (!is_ours) {
    const absl::StatusOr<absl::Duration> age = folder_->AgeOf(name);
    if (!age.ok() || *age >= options_.lifetime) return NoSuchPicture();
  }
  absl::StatusOr<std::string> bytes = folder_->Read(name);
  if (absl::IsNotFound(bytes.status())) return NoSuchPicture();
  RETURN_IF_ERROR(bytes.status());
  return StoredImage{.bytes = std::make_shared<const std::string>(*std::move(bytes)),
                     .content_type = std::string(ContentTypeOf(name))};
}

size_t ImageStore::count() const {
  absl::MutexLock lock(&mutex_);
  return entries_.size();
}

int64_t ImageStore::bytes() const {
  absl::MutexLock lock(&mutex_);
  return bytes_;
}

void ImageStore::Add(Entry entry) {
  bytes_ += entry.bytes;
  const auto position = entries_.insert(entries_.end(), std::move(entry));
  by_name_.emplace(position->name, position);
}

void ImageStore::Erase(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_name_.erase(entry->name);
  entries_.erase(entry);
}

std::vector<std::string> ImageStore::MakeRoom(size_t count, int64_t bytes) {
  const absl::Duration now = clock_->Now();
  std::vector<std::string> gone;
  while (!entries_.empty() && (entries_.front().expiry <= now || entries_.size() + count > options_.max_count ||
                               bytes_ + bytes > options_.max_bytes)) {
    gone.push_back(entries_.front().name);
    Erase(entries_.begin());
  }
  return gone;
}

void ImageStore::RemoveFiles(const std::vector<std::string>& names) const {
  if (!folder_.has_value()) return;
  for (const std::string& name : names) folder_->Remove(name);
}

}  // namespace unclip::gateway
