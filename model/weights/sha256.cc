#include "model/weights/sha256.h"

#include <openssl/evp.h>

#include "absl/strings/escaping.h"

namespace unclip::model {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  sound_ = context_ != nullptr && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1;
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::Update(absl::Span<const std::byte> bytes) {
  sound_ = sound_ && EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1;
}

void Sha256::Update(absl::string_view text) {
  Update(absl::MakeConstSpan(reinterpret_cast<const std::byte*>(text.data()), text.size()));
}

std::string Sha256::HexDigest() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  sound_ = sound_ && EVP_DigestFinal_ex(context_, digest, &size) == 1;
  return sound_ ? absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size)) : "";
}

}  // namespace unclip::model
