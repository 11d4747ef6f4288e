// Tells whether two requests ask for the same.
#ifndef UNCLIP_GATEWAY_HTTP_BODY_REQUEST_FINGERPRINT_H_
#define UNCLIP_GATEWAY_HTTP_BODY_REQUEST_FINGERPRINT_H_

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace unclip::gateway {

// SHA-256 of pieces, of which each keeps its bounds: "a", "bc" is another request than "ab", "c".
class RequestFingerprint {
 public:
  RequestFingerprint();

  void Add(absl::string_view piece);

  // 32 bytes; "" when OpenSSL failed. Ends the fingerprint.
  std::string Take();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };

  void Update(const void* data, size_t size);

  std::unique_ptr<EVP_MD_CTX, Free> context_;
  bool is_sound_ = false;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_BODY_REQUEST_FINGERPRINT_H_
