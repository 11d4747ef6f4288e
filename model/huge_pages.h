// Memory in huge pages.
#ifndef UNCLIP_MODEL_HUGE_PAGES_H_
#define UNCLIP_MODEL_HUGE_PAGES_H_

#include <cstddef>
#include <utility>

namespace unclip::model {

// A range of zeros that starts at a huge page and is asked to be made of such, which the kernel clears and maps several times as
// fast as the same in small ones; its end may lie in small ones. Becomes resident as it is written to. Movable; given back when
// it dies.
class HugePages {
 public:
  static constexpr size_t kSize = size_t{1} << 21;  // of one

  HugePages() = default;
  // Rounds `byte_count` up to whole small pages. Throws std::bad_alloc.
  explicit HugePages(size_t byte_count);
  ~HugePages();
  HugePages(HugePages&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  HugePages& operator=(HugePages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_HUGE_PAGES_H_
