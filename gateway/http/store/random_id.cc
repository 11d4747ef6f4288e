#include "gateway/http/store/random_id.h"

#include <openssl/rand.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace unclip::gateway {

absl::StatusOr<std::string> NewRandomId() {
  unsigned char bytes[kRandomIdLength / 4 * 3];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return absl::InternalError("the system's random generator failed");
  return absl::WebSafeBase64Escape(absl::string_view(reinterpret_cast<const char*>(bytes), sizeof(bytes)));
}

bool IsRandomId(absl::string_view text) {
  return text.size() == kRandomIdLength &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
}

}  // namespace unclip::gateway
