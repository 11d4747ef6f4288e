#include "model/address_space.h"

#include <algorithm>
#include <iterator>

namespace unclip::model {

std::optional<size_t> AddressSpace::Take(size_t size) {
  const auto found = std::find_if(free_.begin(), free_.end(), [size](const auto& range) { return range.second >= size; });
  if (found == free_.end()) return std::nullopt;
  const auto [offset, range_size] = *found;
  const auto after = free_.erase(found);
  if (range_size > size) free_.emplace_hint(after, offset + size, range_size - size);
  return offset;
}

void AddressSpace::Give(size_t offset, size_t size) {
  auto after = free_.lower_bound(offset);
  if (after != free_.end() && after->first == offset + size) {
    size += after->second;
    after = free_.erase(after);
  }
  if (after != free_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == offset) {
      before->second += size;
      return;
    }
  }
  free_.emplace_hint(after, offset, size);
}

size_t AddressSpace::tail() const {
  if (free_.empty()) return size_;
  const auto& [offset, range_size] = *free_.rbegin();
  return offset + range_size == size_ ? offset : size_;
}

}  // namespace unclip::model
