#include "gateway/http/body/request_fingerprint.h"

#include <cstdint>

namespace unclip::gateway {

RequestFingerprint::RequestFingerprint() : context_(EVP_MD_CTX_new()) {
  is_sound_ = context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
}

void RequestFingerprint::Add(absl::string_view piece) {
  const uint64_t size = piece.size();
  Update(&size, sizeof(size));
  Update(piece.data(), piece.size());
}

void RequestFingerprint::Update(const void* data, size_t size) {
  is_sound_ = is_sound_ && EVP_DigestUpdate(context_.get(), data, size) == 1;
}

std::string RequestFingerprint::Take() {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (!is_sound_ || EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), &size) != 1) return "";
  is_sound_ = false;
  digest.resize(size);
  return digest;
}

}  // namespace unclip::gateway
