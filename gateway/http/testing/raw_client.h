// A client of HTTP that sends whatever a test wants it to, valid or not.
#ifndef UNCLIP_GATEWAY_HTTP_TESTING_RAW_CLIENT_H_
#define UNCLIP_GATEWAY_HTTP_TESTING_RAW_CLIENT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace unclip::gateway {

// One connection. Waits at most a minute for anything.
class RawClient {
 public:
  // `address`: HOST:PORT, IPv4. The connection is_open() if it could be made.
  explicit RawClient(const std::string& address);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool is_open() const { return socket_ >= 0; }

  // False when the server has closed the connection.
  bool Send(absl::string_view text) const;

  // Sends nothing more, and can still read.
  void EndSending() const;

  // Leaves.
  void Close();

  // What has been received up to `end`, which is part of it; all of it when the server closes before.
  std::string ReadUntil(absl::string_view end);

  // Head and body, by its Content-Length, of one answer.
  std::string ReadAnswer();

  // All that still comes until the server closes.
  std::string ReadAll() { return ReadUntil(""); }

 private:
  // Whether anything more came.
  bool Receive();
  std::string Take(size_t size);

  int socket_ = -1;
  std::string received_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_TESTING_RAW_CLIENT_H_
