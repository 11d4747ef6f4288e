// SHA-256 (FIPS 180-4) of bytes that come in pieces.
#ifndef UNCLIP_MODEL_WEIGHTS_SHA256_H_
#define UNCLIP_MODEL_WEIGHTS_SHA256_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

struct evp_md_ctx_st;

namespace unclip::model {

// Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(absl::Span<const std::byte> bytes);
  void Update(absl::string_view text);

  // The digest of all so far, 64 lower-case hexadecimal digits. Call once, last. Empty if the library failed.
  std::string HexDigest();

 private:
  evp_md_ctx_st* const context_;
  bool sound_ = true;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_SHA256_H_
