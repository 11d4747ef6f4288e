// Names that cannot be guessed.
#ifndef UNCLIP_GATEWAY_HTTP_STORE_RANDOM_ID_H_
#define UNCLIP_GATEWAY_HTTP_STORE_RANDOM_ID_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::gateway {

inline constexpr size_t kRandomIdLength = 24;

// 144 bits from the system's generator, which whoever has seen others cannot foretell, as 24 characters of base64url. INTERNAL
// when the system has no randomness to give. Thread-safe.
absl::StatusOr<std::string> NewRandomId();

// Whether `text` could be one.
bool IsRandomId(absl::string_view text);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_STORE_RANDOM_ID_H_
