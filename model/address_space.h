// Hands out ranges of an address space, and joins what comes back.
#ifndef UNCLIP_MODEL_ADDRESS_SPACE_H_
#define UNCLIP_MODEL_ADDRESS_SPACE_H_

#include <cstddef>
#include <map>
#include <optional>

namespace unclip::model {

// Offsets from 0 to `size`. The lowest free range that is large enough is taken, so that what is used stays together at the
// beginning; a step that asks for the same again gets the same. Not thread-safe.
class AddressSpace {
 public:
  explicit AddressSpace(size_t size) : size_(size), free_({{0, size}}) {}

  // The offset of `size` > 0 bytes; nothing if no free range is so large.
  std::optional<size_t> Take(size_t size);

  // Takes back what Take(size) gave.
  void Give(size_t offset, size_t size);

  // Where the free range at the very end begins; the size of all if there is none.
  size_t tail() const;

  // By offset: sizes. No two touch.
  const std::map<size_t, size_t>& free_ranges() const { return free_; }

 private:
  size_t size_;
  std::map<size_t, size_t> free_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_ADDRESS_SPACE_H_
