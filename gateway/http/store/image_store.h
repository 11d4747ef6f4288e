// Finished pictures that are fetched by URL.
#ifndef UNCLIP_GATEWAY_HTTP_STORE_IMAGE_STORE_H_
#define UNCLIP_GATEWAY_HTTP_STORE_IMAGE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "gateway/http/store/image_folder.h"
#include "unclip/common/v1/image.pb.h"

namespace unclip::gateway {

struct ImageStoreOptions {
  int64_t max_bytes = int64_t{1} << 30;         // of all pictures; the oldest make room
  size_t max_count = 100'000;                   // likewise
  absl::Duration lifetime = absl::Minutes(60);  // of each picture
  std::string folder = {};                      // "": in memory
};

struct StoredImage {
  std::shared_ptr<const std::string> bytes = {};
  std::string content_type = {};
};

// Keeps pictures under names that cannot be guessed: who has the name may have the picture. In a folder they outlive the process,
// and processes may share it: each keeps its own bounds and finds the others' pictures. Thread-safe; no lock is held while the
// disk is at work.
class ImageStore {
 public:
  // With a folder: adopts what earlier runs left there and removes what has expired. FAILED_PRECONDITION when the folder cannot
  // be used. `clock` must outlive the store.
  static absl::StatusOr<std::unique_ptr<ImageStore>> Create(ImageStoreOptions options, const Clock* clock);

  // The new picture's name. INVALID_ARGUMENT when `format` is no file's; INTERNAL when the disk fails or the picture is larger
  // than the whole store.
  absl::StatusOr<std::string> Put(common::v1::ImageFormat format, std::string bytes) ABSL_LOCKS_EXCLUDED(mutex_);

  // NOT_FOUND when there is none of this name, be it because it never was, has expired or had to make room.
  absl::StatusOr<StoredImage> Get(absl::string_view name) ABSL_LOCKS_EXCLUDED(mutex_);

  // What is kept now.
  size_t count() const ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t bytes() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Entry {
    std::string name = {};
    int64_t bytes = 0;
    absl::Duration expiry = {};                       // by the clock
    std::shared_ptr<const std::string> content = {};  // null when it lies in the folder
  };
  using Entries = std::list<Entry>;

  ImageStore(ImageStoreOptions options, std::optional<ImageFolder> folder, const Clock* clock)
      : options_(std::move(options)), folder_(std::move(folder)), clock_(clock) {}

  absl::Status AdoptLeftovers() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<StoredImage> ReadFromFolder(absl::string_view name, bool is_ours) const;

  void Add(Entry entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(Entries::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Forgets what has expired, and the oldest until there is room for `count` more of `bytes`. Returns the names whose files have
  // to be removed.
  std::vector<std::string> MakeRoom(size_t count, int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveFiles(const std::vector<std::string>& names) const;

  const ImageStoreOptions options_;
  const std::optional<ImageFolder> folder_;
  const Clock* const clock_;

  mutable absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);  // the first to expire first
  absl::flat_hash_map<std::string, Entries::iterator> by_name_ ABSL_GUARDED_BY(mutex_);
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_STORE_IMAGE_STORE_H_
